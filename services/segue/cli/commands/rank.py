"""``segue rank``: a learned order of candidates, from what listeners chose to what searches use."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

import click
from rich import box
from rich.table import Table

from segue.cli.commands.rank_simulate import simulate
from segue.cli.commands.rank_train import train
from segue.cli.options import data_option
from segue.cli.queue_place import find_queue
from segue.command import SegueCommand, json_option
from segue.jobs.ranker_store import RankerStore
from segue.output import PlainConsole, say, say_json
from segue.ranker import RankerAbout

A = TypeVar("A")


@click.group()
def rank() -> None:
    """Learn how to order what a mixed search finds, and publish it."""


rank.add_command(train)
rank.add_command(simulate)


@rank.command("list", cls=SegueCommand)
@data_option
@json_option
def list_versions(data: Path | None, as_json: bool) -> None:
    """List the versions of the ranker, newest first, and which is served."""

    async def ask(store: RankerStore) -> tuple[list[RankerAbout], str]:
        return await store.versions(), await store.current_version()

    versions, current = _with_store(data, ask)
    if as_json:
        say_json({"current": current, "versions": [asdict(one) for one in versions]})
        return
    if not versions:
        say("No ranker is published. Publish one with: segue rank train")
        return
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for name in ("", "version", "space", "factors", "trees", "searches", "listeners", "KiB"):
        right = name not in ("", "version", "space", "factors")
        table.add_column(name, justify="right" if right else "left")
    for one in versions:
        table.add_row(
            "served" if one.version == current else "",
            *(one.version, one.space, one.factors_version, str(one.trees)),
            *(str(one.groups), str(one.listeners), f"{one.size_bytes / 2**10:.0f}"),
        )
    PlainConsole().print(table)


@rank.command(cls=SegueCommand)
@click.argument("version")
@data_option
@json_option
def use(version: str, data: Path | None, as_json: bool) -> None:
    """Serve VERSION from now on; every query service follows within a minute."""
    _with_store(data, lambda store: store.use(version))
    if as_json:
        say_json({"current": version})
    else:
        say(f"{version} is served from now on.")


@rank.command(cls=SegueCommand)
@click.argument("version")
@click.option("--current", is_flag=True, help="Also when it is served: then scores are fused.")
@data_option
@json_option
def remove(version: str, current: bool, data: Path | None, as_json: bool) -> None:
    """Remove VERSION."""
    _with_store(data, lambda store: store.remove(version, current=current))
    if as_json:
        say_json({"removed": version})
    else:
        say(f"{version} is removed.")


def _with_store(data: Path | None, ask: Callable[[RankerStore], Awaitable[A]]) -> A:
    async def run() -> A:
        store = RankerStore(find_queue(data))
        try:
            return await ask(store)
        finally:
            await store.close()

    return asyncio.run(run())
