"""Tables of tracks that keep ids and words whole, however narrow the terminal is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from segue.cli.track_names import name_of
from segue.output import UNBOUND_CELLS, PlainConsole, lines, plain, styled
from segue.v1 import track_pb2


class TrackTable:
    """A table with a column that says which track: its name, and its id on a line of its own.

    Where the terminal is too narrow, names are folded between their words, and then moods are left
    out. A table is rather wider than the terminal than that an id or a word is broken: what is
    broken over lines cannot be copied or read.

    Parameters
    ----------
    tracks
        Those of the rows.
    space
        Embedding space that compares them, for the title; empty: no title.

    Attributes
    ----------
    table
        For columns of its own.
    """

    def __init__(
        self, tracks: Iterable[track_pb2.Track], console: PlainConsole, *, space: str = ""
    ) -> None:
        self.table = Table(
            title=f"embedding space {space}" if space else None,
            title_justify="left",
            box=box.SIMPLE_HEAD,
            padding=(0, 1, 0, 0),
            pad_edge=False,
        )
        self._console = console
        self._tracks = list(tracks)
        self._labels: list[tuple[Text, track_pb2.Track]] = []
        self._track_column = self._label_column = -1

    def add_numbers(self, *names: str) -> None:
        """Add columns of numbers or times."""
        for name in names:
            self.table.add_column(name, justify="right", no_wrap=True)

    def add_track(self) -> None:
        """Add the column of :func:`track_cell`."""
        ids = max((cell_len(plain(one.track_id)) for one in self._tracks), default=0)
        names = [plain(name_of(one)) for one in self._tracks]
        half = self._console.width // 2
        longest = max(map(cell_len, names), default=0)
        self._least_track = max(ids, min(_longest_word(names), half))
        # A width is kept where a minimum is not.
        width = max(ids, min(longest, half))
        self._track_column = len(self.table.columns)
        self.table.add_column("track", overflow="fold", width=width)

    def add_labels(self) -> None:
        """Add the column of :meth:`labels`."""
        self._label_column = len(self.table.columns)
        self.table.add_column("", overflow="fold")
        self._name_labels(moods=True)

    def labels(self, track: track_pb2.Track) -> Text:
        """Genres and moods of a track, as they are given."""
        cell = Text(plain(_labels(track, moods=True)))
        self._labels.append((cell, track))
        return cell

    def print(self) -> None:
        """Print the table."""
        track = self.table.columns[self._track_column]
        track.width = max(self._least_track, (track.width or 0) - max(0, self._excess()))
        if self._labels and self._excess() > 0:
            self._name_labels(moods=False)
            for cell, one in self._labels:
                cell.plain = plain(_labels(one, moods=False))
        if self._excess() > 0:
            self.table.width = self._console.width + self._excess()
        self._console.print(self.table, crop=False)

    def _name_labels(self, *, moods: bool) -> None:
        column = self.table.columns[self._label_column]
        column.header = "genres, moods" if moods else "genres"
        texts = [column.header, *(plain(_labels(one, moods=moods)) for one in self._tracks)]
        column.min_width = min(_longest_word(texts), self._console.width // 2)

    def _excess(self) -> int:
        """How much wider the table is than the terminal when its words are whole, in cells."""
        options = self._console.options.update(width=UNBOUND_CELLS)
        return self._console.measure(self.table, options=options).minimum - self._console.width


def track_cell(track: track_pb2.Track) -> Text:
    """What stands in the column of a track."""
    name, track_id = name_of(track), styled(track.track_id, "cyan")
    return lines(name, track_id) if name else track_id


def _labels(track: track_pb2.Track, *, moods: bool) -> str:
    metadata = track.metadata
    return ", ".join((*metadata.genres, *(metadata.moods if moods else ())))


def _longest_word(texts: Sequence[str]) -> int:
    return max((cell_len(word) for text in texts for word in text.split()), default=0)
