"""Telling kinds apart, and plain folders with tags."""

from __future__ import annotations

from pathlib import Path

import pytest
from mutagen.flac import FLAC
from mutagen.id3 import ID3, TALB, TCON, TPE1

from segue.errors import InvalidRequest
from segue.trainer.data import Kind, read_tracks
from tones import write_tone


@pytest.fixture
def albums(tmp_path: Path) -> Path:
    flac = FLAC(write_tone(tmp_path / "one" / "a.flac"))
    flac.update({"artist": "The Birds", "album": "First", "genre": "Rock; Blues", "mood": "Calm"})
    flac.save()
    tags = ID3()
    tags.add(TPE1(text="the  birds"))
    tags.add(TALB(text="Second"))
    tags.add(TCON(text="Jazz"))
    tags.save(write_tone(tmp_path / "two" / "b.MP3"))
    write_tone(tmp_path / "untagged.wav")
    (tmp_path / "empty.ogg").touch()
    (tmp_path / "._a.flac").write_bytes(b"left by a file manager")
    (tmp_path / "cover.jpg").write_bytes(b"no music")
    return tmp_path


def test_a_folder_is_read_by_its_tags(albums: Path) -> None:
    tracks = {track.track_id: track for track in read_tracks(albums)}
    assert list(tracks) == ["empty.ogg", "one/a.flac", "two/b.MP3", "untagged.wav"]
    first, second = tracks["one/a.flac"], tracks["two/b.MP3"]
    assert (first.album, first.genres, first.moods) == ("First", ("rock", "blues"), ("calm",))
    assert (second.album, second.genres, second.moods) == ("Second", ("jazz",), ())
    assert first.artist == second.artist == "the birds"
    assert first.group == second.group
    assert tracks["untagged.wav"].group != tracks["empty.ogg"].group


def test_albums_may_be_what_stays_together(albums: Path) -> None:
    groups = {track.track_id: track.group for track in read_tracks(albums, group_by="album")}
    assert groups["one/a.flac"] != groups["two/b.MP3"]


def test_several_sets_are_read_as_one(albums: Path) -> None:
    both = read_tracks(albums / "two", albums / "one")
    assert [track.track_id for track in both] == ["a.flac", "b.MP3"]
    with pytest.raises(InvalidRequest, match=r"'a\.flac'") as caught:
        read_tracks(albums / "one", albums / "one")
    assert caught.value.reason == "TRAINING_DATA_INVALID"


def test_a_folder_without_audio_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no music")
    with pytest.raises(InvalidRequest, match="no audio") as caught:
        read_tracks(tmp_path)
    assert caught.value.reason == "TRAINING_DATA_EMPTY"


@pytest.mark.parametrize("kind", ["fma", "gtzan", "manifest"])
def test_a_folder_that_is_not_of_the_kind_named_is_refused(albums: Path, kind: Kind) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_tracks(albums, kind=kind)
    assert caught.value.reason == "TRAINING_DATA_INVALID"


def test_a_kind_that_is_named_counts_before_what_the_folder_seems_to_be(albums: Path) -> None:
    (albums / "manifest.csv").write_text("track_id,path\nx,one/a.flac\n")
    assert [track.track_id for track in read_tracks(albums)] == ["x"]
    assert len(read_tracks(albums, kind="folder")) == 4


def test_a_file_that_is_not_a_manifest_is_refused(albums: Path) -> None:
    with pytest.raises(InvalidRequest, match="not a manifest"):
        read_tracks(albums / "one" / "a.flac")
