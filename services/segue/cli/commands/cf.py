"""``segue cf``: collaborative filtering, from what listeners did to factors that searches use."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click
from rich import box
from rich.table import Table

from segue.cli.chosen_catalogue import catalogue_option, chosen_catalogue
from segue.cli.commands.cf_evaluate import evaluate
from segue.cli.commands.cf_train import publish, refresh, train
from segue.cli.options import data_option
from segue.cli.published_versions import add_version_commands, with_store
from segue.command import SegueCommand, json_option
from segue.factors import FactorsAbout
from segue.jobs.factor_store import FactorStore
from segue.output import PlainConsole, say, say_json
from segue.settings import FactorSettings, QueueSettings, from_environment


@click.group()
def cf() -> None:
    """Learn from plays, skips and likes, and publish what searches mix in."""


cf.add_command(train)
cf.add_command(refresh)
cf.add_command(publish)
cf.add_command(evaluate)


@cf.command("list", cls=SegueCommand)
@data_option
@catalogue_option
@json_option
def list_versions(data: Path | None, as_json: bool) -> None:
    """List the versions of factors, newest first, and which is served."""

    async def ask(store: FactorStore) -> tuple[list[FactorsAbout], str]:
        return await store.versions(), await store.current_version()

    versions, current = with_store(_store, data, ask)
    if as_json:
        say_json({"current": current, "versions": [asdict(one) for one in versions]})
        return
    if not versions:
        say("No factors are published. Publish some with: segue cf train")
        return
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for name in ("", "version", "model", "factors", "tracks", "cold", "space", "listeners", "MiB"):
        left = name in ("", "version", "model", "space")
        # Who goes back to a version types its whole name.
        least = len(versions[0].version) if name == "version" else None
        table.add_column(name, justify="left" if left else "right", min_width=least)
    for one in versions:
        cold = one.tracks - one.origins.get("listened", 0)
        table.add_row(
            "served" if one.version == current else "",
            *(one.version, one.model, str(one.factors), str(one.tracks), str(cold)),
            *(one.space, str(one.listeners), f"{one.size_bytes / 2**20:.1f}"),
        )
    PlainConsole().print(table)


def _store(queue: QueueSettings) -> FactorStore:
    return FactorStore(queue, from_environment(FactorSettings), catalogue=chosen_catalogue())


add_version_commands(cf, _store, without="none is")
