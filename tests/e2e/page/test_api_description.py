"""The HTTP API does what its description says: Schemathesis makes requests up from it.

With SEGUE_API_EXAMPLES it makes as many for each operation, and for those that change the
catalogue too: ``make api-check``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HOOKS = Path(__file__).with_name("schemathesis_hooks.py")
EXAMPLES = int(os.environ.get("SEGUE_API_EXAMPLES", "0"))
# Other tests share the stack.
CHANGING = (
    *("--exclude-path-regex", "^/(session$|ingest|uploads|dead-letters:|tracks:delete)"),
    *("--exclude-method", "DELETE"),
    *("--exclude-method", "PATCH"),
)
# Whether what fits the description succeeds depends on what there is: ids, a model, a listener. And
# guests are told the same as the owner where they may ask.
NOT_ASKED = "positive_data_acceptance,ignored_auth"


def test_requests_that_are_made_up(page_stack, tmp_path):
    api = f"{page_stack.page}api/"
    done = subprocess.run(
        (
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{api}openapi.json"),
            *("--url", f"{api}v1", "--header", f"Authorization: Bearer {page_stack.token}"),
            *("--phases", "coverage,fuzzing" if EXAMPLES else "fuzzing"),
            *("--max-examples", str(EXAMPLES or 2), "--seed", "1", "--continue-on-failure"),
            *("--exclude-checks", NOT_ASKED, "--suppress-health-check", "all"),
            *("--generation-database", "none", "--no-color"),
            # Whoever fails to sign in has to wait, and the other tests with them.
            *(("--exclude-path-regex", "^/session$") if EXAMPLES else CHANGING),
        ),
        env={**os.environ, "SCHEMATHESIS_HOOKS": str(HOOKS)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=3_000 if EXAMPLES else 170,
    )
    assert done.returncode == 0, done.stdout[-10_000:] + done.stderr[-2_000:]
    assert "Tested: " in done.stdout
