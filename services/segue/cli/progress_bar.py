"""A bar for what takes its time, on standard error."""

from __future__ import annotations

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from segue.output import PlainConsole


def tracks_bar(*, hidden: bool) -> Progress:
    """A bar that counts tracks."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=PlainConsole(err=True),
        disable=hidden,
    )
