"""Where a command finds the queue of a stack, in which factors are published."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from segue.cli.stack_address import data_folder
from segue.settings import QueueSettings, from_environment, variable_name
from segue.stack.valkey import SOCKET, USER


def find_queue(data: Path | None) -> QueueSettings:
    """The queue that ``SEGUE_REDIS_URL`` names, else that of the stack in the data folder.

    Raises
    ------
    StackNotFound
        When neither is there.
    """
    settings = from_environment(QueueSettings)
    if data is None and os.environ.get(variable_name("redis_url")):
        return settings
    folder = data_folder(data)
    socket = Path(folder.running().socket_folder) / SOCKET
    return replace(
        settings,
        redis_url=f"unix://{USER}@{socket}?db=0",
        redis_password_file=os.fspath(folder.queue_password_file),
    )
