"""``use`` and ``remove``: commands over the versions of what is published."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol, TypeVar

import click

from segue.cli.chosen_catalogue import catalogue_option
from segue.cli.options import data_option
from segue.cli.queue_place import find_queue
from segue.command import SegueCommand, json_option
from segue.output import say, say_json
from segue.settings import QueueSettings


class VersionStore(Protocol):
    """What holds versions, of which one is served."""

    async def use(self, version: str) -> None:
        """Serve a version from now on."""
        ...

    async def remove(self, version: str, *, current: bool = False) -> None:
        """Remove a version; ``current``: also when it is served."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


A = TypeVar("A")
S = TypeVar("S", bound=VersionStore)


def with_store(
    open_store: Callable[[QueueSettings], S], data: Path | None, ask: Callable[[S], Awaitable[A]]
) -> A:
    """What the store of the stack answers."""

    async def run() -> A:
        store = open_store(find_queue(data))
        try:
            return await ask(store)
        finally:
            await store.close()

    return asyncio.run(run())


def add_version_commands(
    group: click.Group, open_store: Callable[[QueueSettings], VersionStore], *, without: str
) -> None:
    """Add ``use`` and ``remove`` to a group of commands.

    Parameters
    ----------
    without
        What happens once the version that is served is removed, such as ``none is``.
    """

    @group.command(cls=SegueCommand)
    @click.argument("version")
    @data_option
    @catalogue_option
    @json_option
    def use(version: str, data: Path | None, as_json: bool) -> None:
        """Serve VERSION from now on; every query service follows within a minute."""
        with_store(open_store, data, lambda store: store.use(version))
        if as_json:
            say_json({"current": version})
        else:
            say(f"{version} is served from now on.")

    @group.command(cls=SegueCommand)
    @click.argument("version")
    @click.option("--current", is_flag=True, help=f"Also when it is served: then {without}.")
    @data_option
    @catalogue_option
    @json_option
    def remove(version: str, current: bool, data: Path | None, as_json: bool) -> None:
        """Remove VERSION."""
        began = time.monotonic()
        with_store(open_store, data, lambda store: store.remove(version, current=current))
        if as_json:
            say_json({"removed": version, "seconds": round(time.monotonic() - began, 3)})
        else:
            say(f"{version} is removed.")
