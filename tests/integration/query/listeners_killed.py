"""A process that writes down, or forgets, and is killed at a given point; started by the tests.

Arguments: the queue's URL, the folder, what to do, where to die.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from segue.exchange.interaction_files import InteractionFolder
from segue.jobs.listener_store import ListenerStore
from segue.query.listener_keeper import ListenerKeeper
from segue.settings import ListenerSettings, QueueSettings


def die(*_: Any, **__: Any) -> None:
    """As a machine does that loses power."""
    os.kill(os.getpid(), signal.SIGKILL)


def arrange(point: str) -> None:
    """See that the process dies there."""
    if point == "before the file has its name":
        os.replace = die
    elif point == "before the smaller file is removed":
        unlink = Path.unlink

        def unlink_staged(path: Path, missing_ok: bool = False) -> None:
            """Remove what has no name yet, and nothing else."""
            if not path.name.endswith(".incomplete"):
                die()
            unlink(path, missing_ok)

        Path.unlink = unlink_staged  # type: ignore[method-assign, assignment]
    elif point == "before the entries are removed":
        ListenerStore.remove_up_to = die  # type: ignore[method-assign, assignment]
    elif point == "before the stream is looked through":
        ListenerStore.forget_entries = die  # type: ignore[method-assign, assignment]
    elif point == "before the files are looked through":
        InteractionFolder.forget = die  # type: ignore[method-assign, assignment]
    elif point == "before it has ended":
        ListenerStore.end_forgetting = die  # type: ignore[method-assign, assignment]
    else:
        raise ValueError(point)


async def run(url: str, folder: str, doing: str) -> None:
    """Write down, or forget ann."""
    settings = ListenerSettings(listeners_folder=folder)
    keeper = ListenerKeeper(ListenerStore(QueueSettings(redis_url=url), settings), settings)
    if doing == "write":
        await keeper.compact()
    else:
        await keeper.forget("ann")
    await keeper.close()


if __name__ == "__main__":
    arrange(sys.argv[4])
    assert Path(sys.argv[2]).is_absolute()
    asyncio.run(run(*sys.argv[1:4]))
