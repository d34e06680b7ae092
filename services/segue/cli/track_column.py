"""The column of a table that says which track: its name, and its id on a line of its own."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from segue.cli.track_names import name_of
from segue.output import PlainConsole, lines, plain, styled
from segue.v1 import track_pb2

_OTHERS = 40
"""What the other columns need, at least: a table is rather wider than the terminal than without."""


def table_of_space(space: str) -> Table:
    """An empty table of tracks in their order, with the embedding space that compares them."""
    table = Table(
        title=f"embedding space {space}",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    table.add_column("#", justify="right")
    return table


def add_track_column(
    table: Table, tracks: Iterable[track_pb2.Track], console: PlainConsole
) -> None:
    """Add a column that holds every id whole; long names are folded, other columns give way."""
    longest_id = longest_name = 0
    for track in tracks:
        longest_id = max(longest_id, cell_len(plain(track.track_id)))
        longest_name = max(longest_name, cell_len(plain(name_of(track))))
    # A width is kept where a minimum is not. An id that is broken over lines cannot be copied.
    width = max(longest_id, min(longest_name, console.width // 2))
    table.add_column("track", overflow="fold", width=width)
    if console.width < width + _OTHERS:
        table.width = width + _OTHERS


def track_cell(track: track_pb2.Track) -> Text:
    """What stands in the column."""
    name, track_id = name_of(track), styled(track.track_id, "cyan")
    return lines(name, track_id) if name else track_id
