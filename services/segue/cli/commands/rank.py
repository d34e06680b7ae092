"""``segue rank``: a learned order of candidates, from what listeners chose to what searches use."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click
from rich import box
from rich.table import Table

from segue.cli.chosen_catalogue import catalogue_option, chosen_catalogue
from segue.cli.commands.rank_simulate import simulate
from segue.cli.commands.rank_train import train
from segue.cli.options import data_option
from segue.cli.published_versions import add_version_commands, with_store
from segue.command import SegueCommand, json_option
from segue.jobs.ranker_store import RankerStore
from segue.output import PlainConsole, say, say_json
from segue.ranker import RankerAbout
from segue.settings import QueueSettings


@click.group()
def rank() -> None:
    """Learn how to order what a mixed search finds, and publish it."""


rank.add_command(train)
rank.add_command(simulate)


@rank.command("list", cls=SegueCommand)
@data_option
@catalogue_option
@json_option
def list_versions(data: Path | None, as_json: bool) -> None:
    """List the versions of the ranker, newest first, and which is served."""

    async def ask(store: RankerStore) -> tuple[list[RankerAbout], str]:
        return await store.versions(), await store.current_version()

    versions, current = with_store(_store, data, ask)
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


def _store(queue: QueueSettings) -> RankerStore:
    return RankerStore(queue, catalogue=chosen_catalogue())


add_version_commands(rank, _store, without="scores are fused")
