"""``segue evaluate``: one table of baselines, models and runs."""

from __future__ import annotations

from pathlib import Path

import click

from segue.command import SegueCommand
from segue.output import say

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command(cls=SegueCommand)
@click.option("--data", type=click.Path(exists=True, path_type=Path),
              help="Labelled data set, as `segue train` takes it.")  # fmt: skip
@click.option("--split", type=click.Choice(["test", "all"]), default="test", show_default=True,
              help="Part of --data.")  # fmt: skip
@click.option("--recordings", multiple=True, type=_FOLDER,
              help="Folder of audio for the track task, repeatable.")  # fmt: skip
@click.option("--labelled", multiple=True,
              type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="CSV of music with genres or emotions, repeatable.")  # fmt: skip
@click.option("--labelled-audio", type=_FOLDER,
              help="Folder that the paths of --labelled are relative to.  "
              "[default: that of the CSV]")  # fmt: skip
@click.option("--ratings", type=click.Path(dir_okay=False, path_type=Path),
              help="Ratings of a listening test: of segue listening export.")  # fmt: skip
@click.option("--repository", type=_FOLDER,
              help="Model repository, instead of the one that comes with Segue.")  # fmt: skip
@click.option("--model", "models", multiple=True,
              help="Model of the repository, repeatable.  [default: all]")  # fmt: skip
@click.option("--beside", multiple=True, metavar="[NAME=]FOLDER",
              help="Folder of a model that stands elsewhere, repeatable.")  # fmt: skip
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
              help="Leave out the query's artist, except in the track task; "
              "always done for --labelled.")  # fmt: skip
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
    labelled: tuple[Path, ...],
    labelled_audio: Path | None,
    ratings: Path | None,
    repository: Path | None,
    models: tuple[str, ...],
    beside: tuple[str, ...],
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
    """Compare encoders on tracks (--data), recordings (--recordings), labelled music (--labelled).

    evaluation.md and evaluation.json in the output folder hold all measures with their intervals.
    What people said in a listening test (--ratings) goes into ratings.md and ratings.json.
    """
    if ratings is not None:
        _evaluate_ratings(ratings, output, seed)
        if data is None and not recordings and not labelled:
            return
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
    from segue.trainer.evaluation.labelled.report import labelled_summary
    from segue.trainer.evaluation.report import summary
    from segue.trainer.evaluation.scores import ScoreSettings
    from segue.trainer.evaluation.sets import ClipPlan

    if data is None and not recordings and not labelled:
        raise click.UsageError(
            "name what to evaluate on: --data, --recordings, --labelled or --ratings"
        )
    asked = Comparison(
        data=data,
        recordings=recordings,
        labelled=labelled,
        labelled_audio=labelled_audio,
        repository=repository or resource_folder("model_repository"),
        plan=ClipPlan(clips, clip_seconds),
        settings=ScoreSettings(artist_filter, normalise_labels(genres.split(",")), seed),
        models=models,
        beside=_named_folders(beside),
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

        found = compare(asked, output, report)
        tables = [(one.evaluation_set.name, summary(one)) for one in found.sets]
        tables += [(one.labelled_set.name, labelled_summary(one)) for one in found.labelled]
        for title, (titles, *lines) in tables:
            table = Table(*titles, title=title)
            for line in lines:
                table.add_row(*line)
            bar.console.print(table)
    say(f"tables, intervals and pictures: {output / MARKDOWN_REPORT}")


def _evaluate_ratings(ratings: Path, output: Path, seed: int) -> None:
    from rich.table import Table

    from segue.listening_test.ratings import read_ratings
    from segue.output import PlainConsole
    from segue.trainer.evaluation.ratings import evaluate_ratings
    from segue.trainer.evaluation.ratings_report import (
        MARKDOWN_REPORT,
        agreement_text,
        heading_of,
        tables_of,
        write_ratings,
    )

    result = evaluate_ratings(read_ratings(ratings), seed=seed)
    write_ratings(result, output, seed=seed)
    say(f"{heading_of(result)}, agreement {agreement_text(result)}")
    for titles, *lines in tables_of(result):
        table = Table(*titles)
        for line in lines:
            table.add_row(*line)
        PlainConsole().print(table, crop=False)
    say(f"tables and intervals: {output / MARKDOWN_REPORT}")


def _named_folders(given: tuple[str, ...]) -> dict[str, Path]:
    """Folders of ``[NAME=]FOLDER``, each under its name."""
    folders: dict[str, Path] = {}
    for one in given:
        name, parted, folder = one.partition("=")
        if not parted or "/" in name:
            name, folder = Path(one).resolve().name, one
        path = Path(folder)
        if not name or not path.is_dir():
            raise click.BadParameter(f"{one!r} is not [NAME=]FOLDER", param_hint="--beside")
        if name in folders:
            raise click.BadParameter(
                f"two folders are called {name}: give one another name, NAME=FOLDER",
                param_hint="--beside",
            )
        folders[name] = path
    return folders
