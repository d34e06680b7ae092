"""``segue rank train``: a ranker, from what listeners chose after they had heard something else."""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich import box
from rich.table import Table

from segue.cli.chosen_catalogue import chosen_catalogue
from segue.cli.options import stack_options
from segue.cli.patience import RETRY_SECONDS, Patience
from segue.cli.queue_place import find_queue
from segue.cli.stack_address import find_stack
from segue.collaborative import require_implicit
from segue.command import SegueCommand
from segue.errors import FactorsNotFound
from segue.factors import FactorsAbout
from segue.interactions import Forgetting
from segue.jobs.factor_store import FactorStore
from segue.jobs.listener_store import ListenerStore
from segue.jobs.ranker_store import RankerStore
from segue.output import PlainConsole, say, say_json
from segue.ranker import RankerAbout, trees_to_bytes
from segue.ranker_training import require_lightgbm
from segue.settings import FactorSettings, ListenerSettings, QueueSettings, from_environment
from segue.stack.folder import StackNotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from segue.ranker_training.catalogue import Catalogue
    from segue.ranker_training.training import Learned
    from segue.tracks import EmbeddedTrack


@click.command(cls=SegueCommand)
@click.argument("files", nargs=-1,
                type=click.Path(path_type=Path, exists=True))  # fmt: skip
@click.option("--after", "share_after", type=click.FloatRange(0.02, 0.8), default=0.25,
              show_default=True, help="Share of the rows that come after the moment of the "
              "searches: what was to be found.")  # fmt: skip
@click.option("--seeds-each", type=click.IntRange(1, 50), default=3, show_default=True,
              help="Searches of each listener.")  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--export", type=click.Path(path_type=Path, exists=True),
              help="What segue export wrote.  [default: the catalogue of the stack]")  # fmt: skip
@click.option("--evaluate", is_flag=True,
              help="Compare with the plain orders, on other listeners.")  # fmt: skip
@stack_options
def train(
    files: tuple[Path, ...],
    share_after: float,
    seeds_each: int,
    seed: int,
    export: Path | None,
    evaluate: bool,
    address: str | None,
    data: Path | None,
    timeout_seconds: float,
    as_json: bool,
) -> None:
    """Learn from FILES how to order what a mixed search finds, and publish it to the stack.

    FILES are as for segue cf train, with occurred_at in every row; by default what the stack has
    recorded. Publish factors first: the ranker learns beside factors of the same kind, and is used
    for as long as those are published.
    """
    require_implicit()
    require_lightgbm()
    from segue.cli.interaction_sources import read_before_and_after, recorded_by
    from segue.ranker_training.training import knowledge, trained
    from segue.ranking.learned_ranker import NAMES

    queue = find_queue(data)
    began = time.time()
    factors, hidden = asyncio.run(_published(queue))
    before, after, moment = read_before_and_after(files or [recorded_by(data)], share_after, hidden)
    known = knowledge(
        before,
        after,
        _catalogue(export, address, data, timeout_seconds),
        model=factors.model,
        factors=factors.factors,
        year=datetime.fromtimestamp(moment, UTC).year,
        seed=seed,
    )
    found = trained(known, evaluate=evaluate, seed=seed, seeds_each=seeds_each)
    about = RankerAbout(
        version="",
        created_at=began,
        space=known.catalogue.space,
        factors_version=factors.learnt_as,
        features=NAMES,
        trees=len(found.trees.roots),
        groups=found.groups,
        listeners=found.listeners,
        measures={f"NDCG@10 {name}": round(one.mean, 4) for name, one in found.ndcg.items()},
    )
    about = asyncio.run(_publish(queue, trees_to_bytes(found.trees, NAMES), about))
    _tell(about, found, moment, as_json=as_json)


async def _published(queue: QueueSettings) -> tuple[FactorsAbout, Forgetting]:
    """The factors that are served, and whose rows are not to be read."""
    named = chosen_catalogue()
    store = FactorStore(queue, from_environment(FactorSettings), catalogue=named)
    listeners = ListenerStore(queue, from_environment(ListenerSettings), catalogue=named)
    try:
        version = await store.current_version()
        if not version:
            raise FactorsNotFound("no factors are published that a ranker could learn beside")
        return await store.about(version), await listeners.forgetting()
    finally:
        await store.close()
        await listeners.close()


async def _publish(queue: QueueSettings, trees: bytes, about: RankerAbout) -> RankerAbout:
    store = RankerStore(queue, catalogue=chosen_catalogue())
    try:
        return await store.publish(trees, about)
    finally:
        await store.close()


def _catalogue(
    export: Path | None, address: str | None, data: Path | None, timeout_seconds: float
) -> Catalogue:
    from segue.cli.learning_catalogue import of_export, of_stack
    from segue.embedding.halves import Half
    from segue.ranker_training.catalogue import gathered

    def gather(tracks: Iterator[EmbeddedTrack], space: str, dimension: int) -> Catalogue:
        same = halves if space == halves_of else ()
        return gathered(tracks, space=space, dimension=dimension, halves=same)

    halves_of, halves = "", tuple[Half, ...]()
    try:
        stack = find_stack(address, data, timeout_seconds)
    except StackNotFound:
        if export is None:
            raise
        return of_export(export, gather)  # nobody tells of halves, so they are not looked at
    with stack.client(Patience(RETRY_SECONDS)) as client:
        info = client.server_info()
        halves_of = info.embedding_space
        halves = tuple(Half(one.name, one.dimension, one.share) for one in info.halves)
        return of_stack(client, gather) if export is None else of_export(export, gather)


def _tell(about: RankerAbout, found: Learned, moment: float, *, as_json: bool) -> None:
    if as_json:
        evaluation = {name: asdict(one) for name, one in found.ndcg.items()}
        say_json({"ranker": asdict(about), "tested_listeners": found.tested, "NDCG@10": evaluation})
        return
    if found.ndcg:
        when = datetime.fromtimestamp(moment, UTC).date()
        say(f"What {found.tested} other listeners chose since {when}; means with 95 % intervals:")
        table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
        table.add_column("order")
        table.add_column("NDCG@10", justify="right")
        for name, one in found.ndcg.items():
            table.add_row(name, f"{one.mean:.4f} ({one.low:.4f}-{one.high:.4f})")
        PlainConsole(width=110).print(table)
    say(f"{about.version} is served within a minute: {about.trees} trees, learned from "
        f"{about.groups} searches by {about.listeners} listeners.")  # fmt: skip
