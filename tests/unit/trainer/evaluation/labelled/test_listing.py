"""Lists of labelled music: what is read, and what is refused with a next step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segue.trainer.evaluation.labelled.listing import EmptyListing, InvalidListing, read_listing

MOODS = ("calm", "happy")


def written(folder: Path, text: str, name: str = "music.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_files_genres_artists_and_emotions(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "File,Genre,artist,raters,Calm,tension,arousal\n"
        "a.ogg,Hip-Hop; rock,The  Band,17,0.25,1,6.5\n\n"
        '"b, live.ogg",hiphop|,the band,19,,0,-1\n'
        "c.ogg,,,3,1,0,\n",
    )
    listing = read_listing(path, labels=MOODS)
    assert listing.name == "music"
    assert [track.track_id for track in listing.tracks] == ["a.ogg", "b, live.ogg", "c.ogg"]
    assert listing.tracks[0].path == tmp_path / "a.ogg"
    assert [track.genres for track in listing.tracks] == [("hip-hop", "rock"), ("hip-hop",), ()]
    assert [track.artist for track in listing.tracks] == ["the band", "the band", ""]
    assert list(listing.emotions) == ["calm", "tension", "arousal"]
    assert listing.emotions["calm"] == pytest.approx([0.25, np.nan, 1.0], nan_ok=True)
    assert listing.emotions["arousal"] == pytest.approx([6.5, -1.0, np.nan], nan_ok=True)
    assert listing.unused == ("raters",)


def test_paths_may_be_relative_to_another_folder(tmp_path: Path) -> None:
    path = written(tmp_path, f"path,genre\nx/a.ogg,rock\n{tmp_path}/b.ogg,pop\n")
    listing = read_listing(path, audio=tmp_path / "audio")
    assert [track.path for track in listing.tracks] == [
        tmp_path / "audio" / "x" / "a.ogg",
        tmp_path / "b.ogg",
    ]


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    path = written(tmp_path, "\ufefffile,genre\na.ogg,rock\n")
    assert read_listing(path).tracks[0].track_id == "a.ogg"


@pytest.mark.parametrize(
    ("text", "said", "next_step"),
    [
        ("", "is empty", "header"),
        ("file,genre\n", "lists no files", "line for every file"),
        ("track,genre\na.ogg,rock\n", "no column of files, only track, genre", "file or path"),
        ("file;genre\na.ogg;rock\n", "no column of files", "parted by commas"),
        ("file,mood\na.ogg,nice\n", "neither genres nor an emotion", "column genre"),
        ("file,genre,Genre\na.ogg,rock,pop\n", "several columns genre", "its own name"),
        ("file,genre\na.ogg,rock\n,pop\n", "line 3: no file", "every line a file"),
        ("file,genre\na.ogg,rock\na.ogg,pop\n", "line 3: a.ogg is listed twice", "once"),
        ("file,genre\na.ogg,rock,pop\n", "line 2: 3 cells under 2 titles", "quotation marks"),
        ('file,genre\n"a.ogg,rock\n', "line 2", "as CSV"),
        ("file,genre,calm\na.ogg,rock,often\n", "line 2: calm is 'often'", "between 0 and 1"),
        ("file,genre,calm\na.ogg,rock,35\n", "line 2: calm is '35'", "between 0 and 1"),
        ("file,genre,calm\na.ogg,rock,nan\n", "line 2: calm is 'nan'", "leave the cell empty"),
        ("file,genre,arousal\na.ogg,rock,inf\n", "line 2: arousal is 'inf'", "as numbers"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, said: str, next_step: str) -> None:
    with pytest.raises(InvalidListing) as caught:
        read_listing(written(tmp_path, text), labels=MOODS)
    assert said in str(caught.value)
    assert next_step in caught.value.next_step
    empty = "is empty" in said or "lists no files" in said
    assert isinstance(caught.value, EmptyListing) == empty
    assert caught.value.reason == ("LABELS_EMPTY" if empty else "LABELS_INVALID")


def test_text_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes("file,genre\ncafé.ogg,rock\n".encode("latin-1"))
    with pytest.raises(InvalidListing, match="UTF-8"):
        read_listing(path)


def test_a_column_that_nothing_is_read_for_may_hold_anything(tmp_path: Path) -> None:
    path = written(tmp_path, "file,genre,comment\na.ogg,rock,what?\n")
    assert read_listing(path).unused == ("comment",)
