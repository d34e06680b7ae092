"""The limit on open files is raised as far as it goes, in a process that has it lowered."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import resource, sys
from segue.query.open_files import room_for_connections
soft, hard, wanted = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
print(room_for_connections(wanted), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.parametrize(
    ("soft", "hard", "wanted", "room", "raised"),
    [
        (256, 1_024, 100, 100, 612),
        (1_024, 1_024, 100, 100, 1_024),
        (256, 600, 1_000, 300, 600),
    ],
)
def test_the_limit_is_raised_as_far_as_it_goes(
    soft: int, hard: int, wanted: int, room: int, raised: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *map(str, (soft, hard, wanted))],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [str(room), str(raised)]
