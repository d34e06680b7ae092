"""``segue cf train``, ``refresh`` and ``publish``: factors, and those of tracks nobody heard."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from segue.cli.chosen_catalogue import chosen_catalogue
from segue.cli.commands.cf_evaluate import fields_of, table_of
from segue.cli.options import stack_options
from segue.cli.patience import RETRY_SECONDS, Patience
from segue.cli.queue_place import find_queue
from segue.cli.stack_address import find_stack
from segue.collaborative import require_implicit
from segue.command import SegueCommand
from segue.errors import FactorsNotFound
from segue.factors import MOST_FACTORS, FactorsAbout, FactorTable, ListenerFactors
from segue.interactions import NOBODY, Forgetting
from segue.jobs.factor_store import FactorStore
from segue.jobs.listener_store import ListenerStore
from segue.output import PlainConsole, say, say_json
from segue.settings import FactorSettings, ListenerSettings, QueueSettings, from_environment
from segue.stack.folder import StackNotFound

if TYPE_CHECKING:
    from segue.collaborative.cold_start import CatalogueTracks, ColdReport
    from segue.collaborative.evaluation.comparison import Line
    from segue.collaborative.listening import Listening


@click.command(cls=SegueCommand)
@click.argument("files", nargs=-1,
                type=click.Path(path_type=Path, exists=True))  # fmt: skip
@click.option("--model", "name", type=click.Choice(["als", "bpr"]), default="als",
              show_default=True)  # fmt: skip
@click.option("--factors", type=click.IntRange(1, MOST_FACTORS), default=64, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--export", type=click.Path(path_type=Path, exists=True),
              help="What segue export wrote: tracks that nobody heard get factors from their "
              "artists and their sound.  [default: the catalogue of the stack]")  # fmt: skip
@click.option("--evaluate", is_flag=True,
              help="First compare with the baselines, on a tenth of what was heard.")  # fmt: skip
@click.option("--report", is_flag=True, help="Tell where the tracks' factors come from.")
@click.option("--output", type=click.Path(path_type=Path, file_okay=False),
              help="Write the factors into this folder, and publish nothing.")  # fmt: skip
@stack_options
def train(
    files: tuple[Path, ...],
    name: str,
    factors: int,
    seed: int,
    export: Path | None,
    evaluate: bool,
    report: bool,
    output: Path | None,
    address: str | None,
    data: Path | None,
    timeout_seconds: float,
    as_json: bool,
) -> None:
    """Learn from FILES what listeners like, and publish it to the stack.

    FILES are CSV or Parquet files with user_id, track_id, kind (play, skip, like, dislike) or
    weight, and, where they are known, occurred_at and played_seconds; or folders into which a stack
    writes what listeners did, by default that of the stack.
    """
    require_implicit()
    from segue.cli.interaction_sources import read_interactions, recorded_by
    from segue.collaborative.training import learnt

    learnt_from = time.time()
    queue = None if output is not None else find_queue(data)
    hidden = NOBODY if queue is None else asyncio.run(_forgetting(queue))
    listening = read_interactions(files or [recorded_by(data)], hidden)
    lines = _compared(listening, name, factors, seed) if evaluate else []
    if lines and not as_json:
        PlainConsole(width=110).print(table_of(lines))
    tracks = _catalogue(export, address, data, timeout_seconds)
    table, listeners = learnt(listening, name, factors=factors, seed=seed)
    table, cold = _with_cold(table, tracks)
    about = FactorsAbout(
        version="",
        model=name,
        created_at=learnt_from,
        factors=factors,
        tracks=len(table.track_ids),
        listeners=len(listeners.user_ids),
        origins=table.origin_counts(),
        space=tracks.space if tracks is not None and cold is not None and cold.from_audio else "",
        measures=_measures(lines, name),
    )
    if queue is None:
        from segue.collaborative.factor_files import write_factors

        assert output is not None  # noqa: S101  # there is no queue just then
        write_factors(output, table, listeners, about)
        place = str(output)
    else:
        about = asyncio.run(_publish(queue, table, listeners, about, learnt_from))
        place = about.version
    _tell(about, place, cold, lines, report=report, as_json=as_json, published=queue is not None)


@click.command(cls=SegueCommand)
@click.option("--export", type=click.Path(path_type=Path, exists=True),
              help="What segue export wrote.  [default: the catalogue of the stack]")  # fmt: skip
@stack_options
def refresh(
    export: Path | None,
    address: str | None,
    data: Path | None,
    timeout_seconds: float,
    as_json: bool,
) -> None:
    """Give tracks factors that were added since: from their artists, or their sound.

    It publishes the version that is served once more, with the same listeners.
    """
    began = time.time()
    queue = find_queue(data)
    tracks = _catalogue(export, address, data, timeout_seconds)
    if tracks is None:
        raise StackNotFound("no stack and no export says which tracks there are")
    table, listeners, about = asyncio.run(_served(queue))
    table, cold = _with_cold(table, tracks)
    about = replace(
        about,
        created_at=began,
        space=tracks.space if cold is not None and cold.from_audio else "",
    )
    about = asyncio.run(_publish(queue, table, listeners, about, began))
    _tell(about, about.version, cold, [], report=True, as_json=as_json, published=True)


@click.command(cls=SegueCommand)
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@stack_options
def publish(
    folder: Path,
    address: str | None,
    data: Path | None,
    timeout_seconds: float,
    as_json: bool,
) -> None:
    """Publish what segue cf train --output wrote into FOLDER."""
    del address, timeout_seconds  # factors go to the queue
    from segue.collaborative.factor_files import read_factors

    queue = find_queue(data)
    table, listeners, about = read_factors(folder)
    about = asyncio.run(_publish(queue, table, listeners, about, about.created_at))
    _tell(about, about.version, None, [], report=False, as_json=as_json, published=True)


def _store(queue: QueueSettings) -> FactorStore:
    return FactorStore(queue, from_environment(FactorSettings), catalogue=chosen_catalogue())


async def _publish(
    queue: QueueSettings,
    table: FactorTable,
    listeners: ListenerFactors,
    about: FactorsAbout,
    learnt_from: float,
) -> FactorsAbout:
    store = _store(queue)
    try:
        return await store.publish(table, listeners, about, learnt_from=learnt_from)
    finally:
        await store.close()


async def _served(queue: QueueSettings) -> tuple[FactorTable, ListenerFactors, FactorsAbout]:
    store = _store(queue)
    try:
        version = await store.current_version()
        if not version:
            raise FactorsNotFound("no factors are published")
        table = await store.table(version)
        return table, await store.listeners(version), await store.about(version)
    finally:
        await store.close()


async def _forgetting(queue: QueueSettings) -> Forgetting:
    """Whose rows are not to be read; asked first, so that no queue is found out before hours."""
    settings = from_environment(ListenerSettings)
    store = ListenerStore(queue, settings, catalogue=chosen_catalogue())
    try:
        return await store.forgetting()
    finally:
        await store.close()


def _compared(listening: Listening, name: str, factors: int, seed: int) -> list[Line]:
    from segue.collaborative.evaluation.comparison import compare, models
    from segue.collaborative.evaluation.protocol import split_pairs
    from segue.errors import InteractionsUnusable

    split = split_pairs(listening.weights, shares=(0.8, 0.1, 0.1), seed=seed)
    if not split.test.nnz:
        raise InteractionsUnusable(
            "no listener has ten tracks, of which one could be held out",
            next_step="Train without --evaluate, or on more.",
        )
    every = models(factors=factors, tracks=len(listening.track_ids), seed=seed)
    other = {"als": "BPR", "bpr": "ALS"}[name]
    return compare(split, {key: one for key, one in every.items() if key != other}, tested=True)


def _measures(lines: Sequence[Line], name: str) -> Mapping[str, float]:
    return {
        f"{metric}@20": round(one.mean, 4)
        for line in lines
        if line.name == name.upper()
        for metric, one in line.measures.items()
    }


def _catalogue(
    export: Path | None, address: str | None, data: Path | None, timeout_seconds: float
) -> CatalogueTracks | None:
    from segue.cli.learning_catalogue import cold_tracks, of_export, of_stack

    if export is not None:
        return of_export(export, cold_tracks)
    try:
        stack = find_stack(address, data, timeout_seconds)
    except StackNotFound:
        return None  # factors can be learnt without one
    with stack.client(Patience(RETRY_SECONDS)) as client:
        return of_stack(client, cold_tracks)


def _with_cold(
    table: FactorTable, tracks: CatalogueTracks | None
) -> tuple[FactorTable, ColdReport | None]:
    from segue.collaborative.cold_start import with_cold_tracks

    return (table, None) if tracks is None else with_cold_tracks(table, tracks)


def _tell(
    about: FactorsAbout,
    place: str,
    cold: ColdReport | None,
    lines: Sequence[Line],
    *,
    report: bool,
    as_json: bool,
    published: bool,
) -> None:
    if as_json:
        said: dict[str, Any] = {
            "place": place,
            "published": published,
            "factors": asdict(about),
            "evaluation": fields_of(lines),
        }
        if cold is not None:
            explained = None if math.isnan(cold.explained) else cold.explained
            said["catalogue"] = {**asdict(cold), "explained": explained}
        say_json(said)
        return
    served = "is served within a minute" if published else "is written"
    say(f"{place} {served}: {about.tracks} tracks and {about.listeners} listeners, {about.model}.")
    if not report:
        return
    if cold is None:
        say("No catalogue was read: only tracks that were heard have factors.")
        return
    say(f"Of the catalogue: {cold.heard} tracks were heard, {cold.from_artist} have factors from "
        f"their artists, {cold.from_audio} from audio, {cold.without} have none.")  # fmt: skip
    if cold.new_artists:
        say(f"Of artists that nobody heard: {cold.new_artists} tracks.")
    if not math.isnan(cold.explained):
        say(f"Audio explains {cold.explained:.0%} of the variance of heard tracks' factors.")
    for note in cold.notes:
        say(f"Audio was not used: {note}.")
