"""Tables of tracks in terminals of any width."""

from __future__ import annotations

import io

import pytest

from segue.cli.track_table import TrackTable, track_cell
from segue.output import PlainConsole
from segue.v1 import track_pb2

TRACKS = [
    track_pb2.Track(
        track_id="demo-folk-1",
        metadata={
            "title": "No More Orchard",
            "artist": "Almeida Philharmonic",
            "genres": ["folk", "classical"],
            "moods": ["melancholic"],
        },
    ),
    track_pb2.Track(track_id="demo-latin-12", metadata={"genres": ["latin"]}),
]
WORDS = ["Almeida", "Philharmonic", "No", "More", "Orchard", "demo-folk-1", "demo-latin-12"]


def printed(width: int) -> str:
    written = io.StringIO()
    table = TrackTable(TRACKS, PlainConsole(file=written, width=width), space="segue-v3")
    table.add_numbers("#", "score", "acoustic", "collab.")
    table.add_track()
    table.add_labels()
    for number, track in enumerate(TRACKS):
        cells = (str(number), "0.673", "0.612", "0.91")
        table.table.add_row(*cells, track_cell(track), table.labels(track))
    table.print()
    return written.getvalue()


@pytest.mark.parametrize("width", [30, 50, 56, 60, 80, 200])
def test_no_word_and_no_id_is_broken(width: int) -> None:
    words = printed(width).replace(",", " ").split()
    assert set(WORDS) <= set(words)
    assert {"folk", "classical", "latin"} <= set(words)


def test_a_table_fits_where_folded_names_make_room() -> None:
    for width in (57, 60, 80):
        told = printed(width)
        assert max(map(len, told.splitlines())) <= width
        assert "melancholic" in told.split()


def test_moods_are_left_out_where_they_would_not_fit() -> None:
    assert "melancholic" in printed(57)
    told = printed(55)
    assert "melancholic" not in told
    assert "moods" not in told
    assert max(map(len, told.splitlines())) <= 55


def test_a_name_on_one_line_stays_so_where_there_is_room() -> None:
    assert "Almeida Philharmonic – No More Orchard" in printed(200)
    assert "classical, melancholic" in printed(200)
