"""``segue export-model``: from run folders to a model that Triton serves."""

from __future__ import annotations

from pathlib import Path

import click

from segue.command import SegueCommand
from segue.output import say


@click.command("export-model", cls=SegueCommand)
@click.argument(
    "runs",
    nargs=-1,
    required=True,
    metavar="RUN...",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@click.option(
    "--repository",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("model_repository"),
    show_default=True,
)
@click.option("--name", help="Name in the repository; the configuration's when not given.")
@click.option("--version", type=click.IntRange(1), default=1, show_default=True)
@click.option(
    "--half",
    "halves",
    type=(str, click.FloatRange(0, 1, min_open=True)),
    multiple=True,
    metavar="NAME SHARE",
    help="Name and weight of the half that each RUN makes, in their order; the shares sum to 1.",
)
@click.option(
    "--space", default="", help="Name of the embedding space.  [default: <name>-v<version>]"
)
@click.option(
    "--about",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Markdown for the card: origin of the data, use and limits, licence.",
)
@click.option(
    "--evaluation",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="evaluation.json of segue evaluate, for the card.",
)
@click.option(
    "--replace",
    is_flag=True,
    help="Write over another graph of this version; catalogues made with it are to be ingested "
    "again.",
)
def export_model(
    runs: tuple[Path, ...],
    repository: Path,
    name: str | None,
    version: int,
    halves: tuple[tuple[str, float], ...],
    space: str,
    about: Path | None,
    evaluation: Path | None,
    replace: bool,
) -> None:
    """Export the best network of RUN to ONNX, with the config.pbtxt that serves it.

    Several runs become one model that needs a --name: its cosine is the mean of theirs, weighted
    by the shares of --half.
    """
    from segue.trainer.export import export_runs

    folder = export_runs(
        runs,
        repository,
        name=name,
        version=version,
        shares=dict(halves),
        space=space,
        about=about,
        evaluation=evaluation,
        replace=replace,
    )
    say(f"{folder}: served as space {space or f'{folder.name}-v{version}'}")
