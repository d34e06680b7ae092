"""Options that say what music a command of the trainer works on, and how it is split."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def data_options(*, data_help: str) -> Callable[[F], F]:
    """Add ``data``, ``kind``, ``group_by``, ``published_split``, ``features`` and ``jobs``."""
    options = (
        click.option("--data", type=click.Path(exists=True, path_type=Path), required=True,
                     multiple=True, help=f"{data_help} Repeatable."),
        click.option("--kind", type=click.Choice(["auto", "fma", "gtzan", "folder", "manifest"]),
                     default="auto", show_default=True, help="What the data set is."),
        click.option("--group-by", type=click.Choice(["artist", "album", "track"]),
                     default="artist", show_default=True, help="What the split keeps together."),
        click.option("--published-split", is_flag=True,
                     help="Take the split that FMA or the manifest gives."),
        click.option("--features", type=click.Path(file_okay=False, path_type=Path),
                     help="Folder of analysed audio that runs can share; features in the run "
                     "folder by default."),
        click.option("--jobs", type=click.IntRange(1, 256), default=2, show_default=True),
    )  # fmt: skip

    def added(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return added
