"""Runs the suites that compute numbers as processors of other kinds would.

    python -m tests.processors [CORE TYPE ...]

OpenBLAS (numpy and scipy each carry one) has a kernel per kind of processor, and each sums in an
order of its own. OPENBLAS_CORETYPE makes it take another than that of the machine at hand.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

VARIABLE = "OPENBLAS_CORETYPE"
WANTS = {"Prescott": "sse3", "Haswell": "avx2", "SkylakeX": "avx512f"}
"""Core types, and what the processor must have to run their kernels."""

FLAGS = {"sse3": "pni"}
"""Names that Linux gives to instruction sets, where they differ."""

SHOWN = {"Prescott": "Katmai"}
"""What OpenBLAS calls a core type: kinds without kernels of their own share those of Prescott,
and the first of them names them all."""

SUITES = ("contract", "unit/audio", "unit/embedding", "unit/index", "unit/query", "unit/ranking")
TESTS = Path(__file__).parent


def main(asked: list[str]) -> int:
    """Run the suites with each core type that this processor has; 0 when all of them pass."""
    if unknown := set(asked) - set(WANTS):
        print(f"no core type {', '.join(sorted(unknown))}; there are {', '.join(WANTS)}")
        return 2
    outcomes = {name: tried(name) for name in asked or WANTS}
    print()
    for name, outcome in outcomes.items():
        print(f"{name}: {outcome}")
    failed = any(outcome.startswith("failed") for outcome in outcomes.values())
    return 0 if "passed" in outcomes.values() and not failed else 1


def tried(name: str) -> str:
    """What became of the suites under one core type, in words."""
    if WANTS[name] not in instruction_sets():
        return f"left out: this processor lacks {WANTS[name]}"
    environment = {**os.environ, VARIABLE: name}
    taken = architectures(environment)
    if set(taken) != {SHOWN.get(name, name)} or len(taken) < 2:
        return f"failed: numpy and scipy took {taken or 'no OpenBLAS'}"
    print(f"== {name} (shown as {taken[0]})", flush=True)
    suites = [str(TESTS / suite) for suite in SUITES]
    command = [sys.executable, "-m", "pytest", "--quiet", *suites]
    code = subprocess.run(command, env=environment, check=False).returncode
    return "passed" if code == 0 else f"failed: pytest left with {code}"


def instruction_sets() -> set[str]:
    """What the processor has of WANTS."""
    cpuinfo = Path("/proc/cpuinfo")
    words = set(cpuinfo.read_text().split()) if cpuinfo.exists() else set()
    return {name for name in WANTS.values() if FLAGS.get(name, name) in words}


def architectures(environment: dict[str, str]) -> list[str]:
    """Core type of every OpenBLAS that numpy and scipy load."""
    script = (
        "import numpy, scipy.linalg, threadpoolctl\n"
        "for one in threadpoolctl.threadpool_info():\n"
        "    if one['internal_api'] == 'openblas':\n"
        "        print(one['architecture'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
