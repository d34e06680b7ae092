"""A forked worker process holds none of its parent's network connections."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FORK = """
import os, socket, sys
from segue.ingest.process_setup import release_connections

if sys.argv[2] == "unix":
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[3])
    listener.listen()
    mine = socket.socket(socket.AF_UNIX)
    mine.connect(sys.argv[3])
else:
    listener = socket.create_server(("127.0.0.1", 0))
    mine = socket.create_connection(listener.getsockname())
peer, _ = listener.accept()
pipe_in, pipe_out = (end.detach() for end in socket.socketpair())
told_in, told_out = os.pipe()
child = os.fork()
if child == 0:
    if sys.argv[1] == "release":
        release_connections()
    os.write(told_out, b"x")
    os.close(pipe_out)
    os.read(pipe_in, 1)  # pairs of the parent must still work: this waits for its end
    os._exit(0)
os.read(told_in, 1)
mine.close()
peer.settimeout(2)
try:
    print("closed" if peer.recv(1) == b"" else "data")
except TimeoutError:
    print("held")
os.close(pipe_out)
os.waitpid(child, 0)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks as Linux does")
@pytest.mark.parametrize(("how", "expected"), [("release", "closed"), ("keep", "held")])
@pytest.mark.parametrize("family", ["inet", "unix"])
def test_a_connection_that_the_parent_closes_is_closed(
    tmp_path: Path, how: str, expected: str, family: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORK, how, family, str(tmp_path / "socket")],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == expected
