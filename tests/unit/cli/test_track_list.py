"""Tracks that a file lists."""

from __future__ import annotations

from pathlib import Path

import pytest

from segue.cli import track_list
from segue.cli.track_list import TrackList, TrackListUnusable, read_track_list
from segue.errors import SourceError
from segue.library.places import uri_of


def test_a_text_names_a_track_a_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_bytes("\ufeff# of June\r\none\r\n\r\n Björk – Jóga \none\n".encode())

    assert read_track_list(path) == TrackList(["one", "Björk – Jóga"])


def test_a_playlist_names_sources_and_what_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "one.mp3").touch()
    path = tmp_path / "mine.m3u8"
    path.write_text("one.mp3\ngone.mp3\nhttps://example.org/two.mp3\n")

    tracks = read_track_list(path)

    assert tracks.names == [uri_of(str(tmp_path / "one.mp3")), "https://example.org/two.mp3"]
    assert tracks.astray == ["mine.m3u8 line 2"]


@pytest.mark.parametrize(
    "content", [b"", b"# nothing\n", b"caf\xe9\n", "\n".join(map(str, range(1_001))).encode()]
)
def test_what_lists_no_tracks_or_too_many_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mine.txt"
    path.write_bytes(content)

    with pytest.raises(TrackListUnusable) as refusal:
        read_track_list(path)
    assert refusal.value.reason == "TRACK_LIST_UNUSABLE"


def test_no_more_is_read_than_a_list_can_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(track_list, "_MOST_BYTES", 3)
    path = tmp_path / "mine.txt"
    path.write_bytes(b"abcd")

    with pytest.raises(TrackListUnusable):
        read_track_list(path)


@pytest.mark.parametrize("name", ["gone.txt", "gone.m3u", "."])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError):
        read_track_list(tmp_path / name)
