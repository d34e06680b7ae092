"""CSV and JSONL manifests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest

from segue.errors import InvalidRequest
from segue.trainer.data import MANIFEST, Grouping, TrainingTrack, read_tracks

ROWS = """\
track_id,path,artist,album,genres,moods,split,group,notes
a,one/a.wav,The  Birds,"First, Last",Rock;Blues | rock,calm,,,ignored
b,b.wav,The birds,Second,,,TEST,,
c,/music/c.wav,,,jazz,,train,twins,
d,d.wav,,,jazz,,valid,twins,
"""


def write(folder: Path, text: str, name: str = "manifest.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def by_id(tracks: list[TrainingTrack]) -> dict[str, TrainingTrack]:
    return {track.track_id: track for track in tracks}


def test_a_jsonl_line_that_is_reserved_for_testing_is_never_trained_on(tmp_path: Path) -> None:
    lines = [
        {"track_id": f"t{n}", "path": f"{n}.flac", "artist": "A  B", "genres": ["Rock", "rock"]}
        for n in range(30)
    ]
    for line in lines[:10]:
        line["split"] = "test"
    text = "".join(json.dumps(line) + "\n" for line in lines)
    tracks = by_id(read_tracks(write(tmp_path, text + '{"track_id": "unfin', MANIFEST)))
    assert len(tracks) == 30
    assert all(tracks[f"t{n}"].split == "test" for n in range(10))
    assert tracks["t3"].genres == ("rock",)
    assert tracks["t3"].artist == "a b"
    assert tracks["t3"].path == tmp_path / "3.flac"


def test_lines_of_the_rendered_corpus(tmp_path: Path) -> None:
    line = {
        "track_id": "r1-00000", "path": "r1-00000.flac", "title": "A\u2028B", "artist": "Glass",
        "album": "Mirror", "genres": ["rock"], "moods": ["happy"], "year": 1971,
        "duration_seconds": 45.0, "style": "casio/slowrock", "seed": 1, "split": "train",
        "tempo": 144.0, "key": "C mixolydian",
    }  # fmt: skip
    text = json.dumps(line, ensure_ascii=False) + "\n"
    (track,) = read_tracks(write(tmp_path, text, MANIFEST))
    assert track.style == "casio/slowrock"
    assert (track.artist, track.album, track.moods) == ("glass", "Mirror", ("happy",))
    assert not track.held_out
    assert track.published is None


def test_csv_columns(tmp_path: Path) -> None:
    tracks = by_id(read_tracks(write(tmp_path, ROWS)))
    assert tracks["a"].genres == ("rock", "blues")
    assert tracks["a"].moods == ("calm",)
    assert tracks["a"].album == "First, Last"
    assert tracks["a"].path == tmp_path / "one" / "a.wav"
    assert tracks["a"].artist == tracks["b"].artist == "the birds"
    assert tracks["b"].split == "test"
    assert tracks["c"].path == Path("/music/c.wav")
    assert tracks["c"].group == tracks["d"].group
    assert read_tracks(tmp_path / "manifest.csv") == list(tracks.values())


def test_the_split_of_a_manifest_is_kept_when_wanted(tmp_path: Path) -> None:
    tracks = by_id(read_tracks(write(tmp_path, ROWS), published_split=True))
    assert [tracks[name].split for name in "bcd"] == ["test", "train", "validation"]
    assert tracks["a"].published is None


@pytest.mark.parametrize("by", get_args(Grouping))
def test_tracks_that_are_added_move_no_other(tmp_path: Path, by: Grouping) -> None:
    rows = [f"t{n},t{n}.wav,artist {n % 40},album {n % 80}\n" for n in range(300)]
    header = "track_id,path,artist,album\n"
    few = by_id(read_tracks(write(tmp_path, header + "".join(rows[::3])), group_by=by))
    many = by_id(read_tracks(write(tmp_path, header + "".join(rows[::-1])), group_by=by))
    assert {track.split for track in few.values()} == {"train", "validation", "test"}
    assert all(many[name].split == track.split for name, track in few.items())


@pytest.mark.parametrize(("by", "joined"), [("artist", True), ("album", False), ("track", False)])
def test_grouping(tmp_path: Path, by: str, joined: bool) -> None:
    tracks = by_id(read_tracks(write(tmp_path, ROWS), group_by=by))
    assert (tracks["a"].group == tracks["b"].group) is joined
    assert tracks["c"].group == tracks["d"].group, "a group that is named counts before all"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id,file\n1,a.wav\n", ["track_id", "path", "columns"]),
        ("track_id,artist\n1,A\n", ["columns path"]),
        ("track_id,path\n1\n", ["line 2", "cells"]),
        ("track_id,path\n1,a.wav,more\n", ["line 2", "cells"]),
        ("track_id,path\n1,a.wav\n2,\n", ["line 3", "no path"]),
        ("track_id,path\n1,a.wav\n1,b.wav\n", ["line 3", "twice"]),
        ("track_id,path,split\n1,a.wav,tset\n", ["line 2", "tset"]),
        ('track_id,path\n1,"a.wav\n', ["line 2"]),
        ("", ["columns track_id, path"]),
    ],
)
def test_a_bad_csv_is_refused_by_line(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_tracks(write(tmp_path, text))
    assert caught.value.reason == "TRAINING_DATA_INVALID"
    assert all(word in str(caught.value) for word in words), str(caught.value)


@pytest.mark.parametrize(
    "line",
    [
        "[]",
        "not json",
        '{"track_id": "x"}',
        '{"track_id": "x", "path": 3}',
        '{"track_id": "x", "path": "a.wav", "artist": ["A"]}',
        '{"track_id": "x", "path": "a.wav", "genres": 3}',
        '{"track_id": "x", "path": "a.wav", "genres": [["rock"]]}',
        '{"track_id": "x", "path": "a.wav", "split": "hidden"}',
    ],
)
def test_a_broken_jsonl_line_is_named(tmp_path: Path, line: str) -> None:
    text = f'{{"track_id": "a", "path": "a.wav"}}\n{line}\n{{"track_id": "b", "path": "b.wav"}}\n'
    with pytest.raises(InvalidRequest, match="line 2"):
        read_tracks(write(tmp_path, text, MANIFEST))


def test_a_manifest_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(InvalidRequest, match="UTF-8"):
        read_tracks(tmp_path)
