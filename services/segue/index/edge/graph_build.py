"""Builds the graph of one shard in a process of its own.

    python -m segue.index.edge.graph_build FOLDER LAYOUT PARENT

The engine's ``optimize`` holds the interpreter lock from start to end, so that it must never run in
a process that serves. It runs here on a copy that nobody else has open. This process dies with its
parent and gives way to everybody else on the machine.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

from segue.index.edge.engine import ShardLayout, engine_errors, load_shard

NICENESS = 15
_PR_SET_PDEATHSIG = 1


def build_graph(folder: Path, layout: ShardLayout) -> None:
    """Open the shard in ``folder``, cover its vectors with a graph, make that durable, close it.

    Raises
    ------
    IndexUnavailable
        When the engine fails.
    """
    shard = load_shard(folder, layout)
    with engine_errors("building the graph"):
        shard.optimize()
        shard.flush()
        shard.close()


def command(folder: Path, layout: ShardLayout) -> list[str]:
    """Command line that builds the graph of ``folder`` as a child of this process."""
    arguments = [str(folder), layout.to_json(), str(os.getpid())]
    return [sys.executable, "-m", "segue.index.edge.graph_build", *arguments]


def main(arguments: list[str]) -> None:
    """Run the build that ``command`` describes."""
    folder, layout, parent = arguments
    _die_with(int(parent))
    os.nice(NICENESS)
    build_graph(Path(folder), ShardLayout.from_json(layout))


def _die_with(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # Without the signal an orphan finishes its copy, which the next owner of the index removes.
    if os.getppid() != parent:
        sys.exit("the process that asked for this graph is gone")


if __name__ == "__main__":
    main(sys.argv[1:])
