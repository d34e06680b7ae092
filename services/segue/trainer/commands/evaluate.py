"""``segue evaluate``: one table of baselines, models and runs."""

from __future__ import annotations

from pathlib import Path

import click

from segue.command import SegueCommand

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command(cls=SegueCommand)
@click.option("--data", type=click.Path(exists=True, path_type=Path),
              help="Labelled data set, as `segue train` takes it.")  # fmt: skip
@click.option("--split", type=click.Choice(["test", "all"]), default="test", show_default=True,
              help="Part of --data.")  # fmt: skip
@click.option("--recordings", multiple=True, type=_FOLDER,
              help="Folder of audio for the track task, repeatable.")  # fmt: skip
@click.option("--repository", type=_FOLDER,
              help="Model repository, instead of the one that comes with Segue.")  # fmt: skip
@click.option("--model", "models", multiple=True,
              help="Model of the repository, repeatable.  [default: all]")  # fmt: skip
@click.option("--run", "runs", multiple=True, type=_FOLDER,
              help="Run folder of `segue train`, repeatable.")  # fmt: skip
@click.option("--baselines/--no-baselines", default=True, show_default=True,
              help="Random vectors, MFCC, an untrained network.")  # fmt: skip
@click.option("--untrained", metavar="CONFIG", default="contrastive", show_default=True,
              help="Configuration of the untrained network.")  # fmt: skip
@click.option("--fit-data", type=click.Path(exists=True, path_type=Path),
              help="Data set whose training part MFCC is decorrelated on.  "
              "[default: the evaluated clips themselves]")  # fmt: skip
@click.option("--clips", type=click.IntRange(2, 100), default=5, show_default=True,
              help="Most clips of a track.")  # fmt: skip
@click.option("--clip-seconds", type=click.FloatRange(1, 600), default=10.0, show_default=True)
@click.option("--artist-filter/--no-artist-filter", default=False, show_default=True,
              help="Leave out the query's artist, except in the track task.")  # fmt: skip
@click.option("--genres", metavar="NAME,NAME,...", default="",
              help="Report the genre accuracy also among these only.")  # fmt: skip
@click.option("--tracks", type=click.IntRange(2), help="Most tracks of a data set.")
@click.option("--jobs", type=click.IntRange(1, 256), default=2, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), required=True,
              help="Folder for tables, numbers, plots and features.")  # fmt: skip
def evaluate(
    data: Path | None,
    split: str,
    recordings: tuple[Path, ...],
    repository: Path | None,
    models: tuple[str, ...],
    runs: tuple[Path, ...],
    baselines: bool,
    untrained: str,
    fit_data: Path | None,
    clips: int,
    clip_seconds: float,
    artist_filter: bool,
    genres: str,
    tracks: int | None,
    jobs: int,
    seed: int,
    output: Path,
) -> None:
    """Compare encoders on labelled tracks (--data) and on plain recordings (--recordings).

    evaluation.md and evaluation.json in the output folder hold all measures with their intervals.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
    from rich.table import Table

    from segue.resources import resource_folder
    from segue.tracks import normalise_labels
    from segue.trainer.configuration import find_configuration
    from segue.trainer.evaluation.comparison import (
        MARKDOWN_REPORT,
        Comparison,
        compare,
    )
    from segue.trainer.evaluation.report import summary
    from segue.trainer.evaluation.scores import ScoreSettings
    from segue.trainer.evaluation.sets import ClipPlan

    if data is None and not recordings:
        raise click.UsageError("name what to evaluate on: --data, --recordings or both")
    asked = Comparison(
        data=data,
        recordings=recordings,
        repository=repository or resource_folder("model_repository"),
        plan=ClipPlan(clips, clip_seconds),
        settings=ScoreSettings(artist_filter, normalise_labels(genres.split(",")), seed),
        models=models,
        runs=runs,
        split=split,
        baselines=baselines,
        untrained=find_configuration(untrained),
        fit_data=fit_data,
        tracks=tracks,
        jobs=jobs,
    )
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns) as bar:
        tasks: dict[str, TaskID] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done)

        results = compare(asked, output, report)
        for result in results:
            titles, *lines = summary(result)
            table = Table(*titles, title=result.evaluation_set.name)
            for line in lines:
                table.add_row(*line)
            bar.console.print(table)
    click.echo(f"tables, intervals and pictures: {output / MARKDOWN_REPORT}")
