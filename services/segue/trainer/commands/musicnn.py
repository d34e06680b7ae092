"""``segue musicnn``: the published MusiCNN as a model that Triton serves."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import click

from segue.command import SegueCommand
from segue.output import say

PUBLISHED = "musicnn"
"""Name of the model that ships, after rectification."""


@click.command(cls=SegueCommand)
@click.option(
    "--repository",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("model_repository"),
    show_default=True,
)
@click.option(
    "--name", help="Name in the repository.  [default: musicnn; --before-rectification wants one]"
)
@click.option(
    "--python",
    default=sys.executable,
    help="Python 3.9, 3.10 or 3.11, for which TensorFlow 2.15 exists. This one by default.",
)
@click.option(
    "--before-rectification",
    is_flag=True,
    help="Embed with the penultimate layer before it is rectified, as other services do.",
)
@click.option("--replace", is_flag=True, help="Write over another graph of this name.")
def musicnn(
    repository: Path, name: str | None, python: str, before_rectification: bool, replace: bool
) -> None:
    """Make the model from the weights that its authors published.

    Fetches their wheel and TensorFlow, which reads it, into a temporary folder.
    """
    if before_rectification and name in (None, PUBLISHED):
        raise click.UsageError(
            f"--before-rectification makes another model than {PUBLISHED}: give it another --name"
        )
    name = name or PUBLISHED
    from segue.trainer.musicnn_import import import_musicnn

    difference = import_musicnn(
        repository,
        python=python,
        rectified=not before_rectification,
        name=name,
        replace=replace,
        say=partial(say, err=True),
    )
    say(
        f"{repository / name}: served as space {name}-v1; its tags differ from the original's by "
        f"{difference:.1e} at most"
    )
