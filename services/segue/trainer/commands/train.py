"""``segue train``: from a configuration and a data set to a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from segue.command import SegueCommand
from segue.output import say
from segue.trainer.commands.data_options import data_options

if TYPE_CHECKING:
    from segue.trainer.data import Grouping, Kind


@click.command(cls=SegueCommand)
@click.argument("config")
@data_options(data_help="Folder of FMA, of GTZAN or of any audio; or a CSV or JSONL manifest.")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Run folder: configuration, metrics, checkpoints, features.",
)
@click.option("--budget-minutes", type=click.FloatRange(0, min_open=True), default=None)
@click.option("--resume", is_flag=True, help="Continue the run in the output folder.")
def train(
    config: str,
    data: tuple[Path, ...],
    kind: Kind,
    group_by: Grouping,
    published_split: bool,
    output: Path,
    features: Path | None,
    budget_minutes: float | None,
    resume: bool,
    jobs: int,
) -> None:
    """Train an encoder as CONFIG says: a TOML file, or the name of one that comes with Segue.

    Those are the systems (triplet, genre, contrastive, autoencoder, the halves segue-sound and
    segue-style, segue-tracks and segue-labels of the earlier segue-1, and two in the size of their
    papers) and the ablations/ of segue-1.
    """
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskID,
        TextColumn,
        TimeRemainingColumn,
    )

    from segue.trainer.configuration import find_configuration, read_configuration
    from segue.trainer.data import read_tracks
    from segue.trainer.training import check_run_folder
    from segue.trainer.training import train as run_training
    from segue.trainer.training_set import open_training_set

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    check_run_folder(output, resume=resume)
    settings = read_configuration(find_configuration(config))
    tracks = read_tracks(*data, kind=kind, group_by=group_by, published_split=published_split)
    with Progress(*columns) as bar:
        tasks: dict[str, TaskID] = {}

        def analysed(what: str, done: int, failed: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total, note="")
            bar.update(tasks[what], completed=done, note=f"{failed} left out" if failed else "")

        data_set = open_training_set(
            settings, tracks, features or output / "features", jobs=jobs, progress=analysed
        )
        steps = bar.add_task("training", total=settings.optimiser.steps, note="")

        def report(line: dict[str, float]) -> None:
            note = f"loss {line['loss']:.3f}" if "loss" in line else ""
            bar.update(steps, completed=line["step"], note=note)
            scores = [
                f"{name.removeprefix('validation_')} {value:.3f}"
                for name, value in line.items()
                if name.startswith("validation_")
            ]
            if scores:
                bar.console.print(
                    f"step {line['step']:.0f}  {note}  validation: {', '.join(scores)}"
                )

        outcome = run_training(
            settings,
            data_set,
            output,
            budget_seconds=None if budget_minutes is None else budget_minutes * 60,
            resume=resume,
            report=report,
        )
    for track_id, reason in data_set.failures[:20]:
        say(f"left out {track_id}: {reason}", err=True)
    say(
        f"{outcome.steps} steps in {outcome.seconds / 60:.1f} min; best validation score "
        f"{outcome.best:.3f} at step {outcome.best_step}; run in {output}"
    )
