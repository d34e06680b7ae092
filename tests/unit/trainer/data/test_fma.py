"""FMA: three header lines, an audio tree, a genre table."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from segue.errors import InvalidRequest
from segue.trainer.data import TrainingTrack, read_tracks
from tones import write_tone

COLUMNS = [
    ("album", "comments"), ("album", "title"), ("artist", "bio"), ("artist", "name"),
    ("set", "split"), ("set", "subset"), ("track", "genre_top"), ("track", "genres"),
    ("track", "genres_all"), ("track", "title"),
]  # fmt: skip
GENRES = """\
genre_id,#tracks,parent,title,top_level
12,32923,0,Rock,12
25,9261,12,Punk,12
15,34413,0,Electronic,15
"""
LONG = "biography " * 20_000
ROWS = [
    ["2", "0", "A Way", LONG, "AWOL", "training", "small", "Hip-Hop", "[21]", "[21]", "A"],
    ["5", "0", "A Way", "", "AWOL", "test", "small", "", "[25, 15]", "[12, 25, 15]", "B, C"],
    ["10", "0", "Constant", "", "Kurt Vile", "validation", "small", "Pop", "[10]", "[10]", "D"],
    ["140", "0", "", "", "Nobody", "training", "small", "Folk", "[17]", "[17]", "Missing"],
    ["141", "0", "", "", "Nobody", "training", "medium", "Folk", "[17]", "[17]", "Not small"],
]  # fmt: skip


def write_table(path: Path, columns: list[tuple[str, str]], rows: list[list[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["", *(group for group, _ in columns)])
        table.writerow(["", *(name for _, name in columns)])
        table.writerow(["track_id", *("" for _ in columns)])
        table.writerows(rows)


@pytest.fixture
def fma(tmp_path: Path) -> Path:
    metadata = tmp_path / "fma_metadata"
    metadata.mkdir()
    write_table(metadata / "tracks.csv", COLUMNS, ROWS)
    (metadata / "genres.csv").write_text(GENRES)
    for number in (2, 5, 10, 200):
        write_tone(tmp_path / "fma_small" / "000" / f"{number:06d}.mp3", number)
    (tmp_path / "fma_small" / "checksums").write_text("no track")
    (tmp_path / "fma_small" / "000" / "notes.mp3").write_bytes(b"no track of FMA")
    return tmp_path


def by_id(tracks: list[TrainingTrack]) -> dict[str, TrainingTrack]:
    return {track.track_id: track for track in tracks}


def test_tracks_have_the_metadata_of_the_table(fma: Path) -> None:
    tracks = by_id(read_tracks(fma))
    assert list(tracks) == ["000002", "000005", "000010", "000140", "000200"]
    first = tracks["000002"]
    assert first.path == fma / "fma_small" / "000" / "000002.mp3"
    assert (first.artist, first.album, first.genres) == ("awol", "A Way", ("hip-hop",))
    assert first.group == tracks["000005"].group
    assert first.published is None


def test_root_genres_stand_in_for_an_empty_top_genre(fma: Path) -> None:
    assert by_id(read_tracks(fma))["000005"].genres == ("rock", "electronic")
    (fma / "fma_metadata" / "genres.csv").unlink()
    assert by_id(read_tracks(fma))["000005"].genres == ()


def test_files_that_are_missing_are_given_and_files_that_are_unknown_too(fma: Path) -> None:
    tracks = by_id(read_tracks(fma))
    assert not tracks["000140"].path.exists()
    assert tracks["000200"].path.exists()
    assert tracks["000200"].artist == ""


def test_the_published_split_is_an_option(fma: Path) -> None:
    tracks = by_id(read_tracks(fma, published_split=True))
    splits = [tracks[name].split for name in ("000002", "000005", "000010")]
    assert splits == ["train", "test", "validation"]


def test_an_audio_tree_beside_its_metadata_is_enough(fma: Path) -> None:
    assert read_tracks(fma / "fma_small") == read_tracks(fma)


def test_of_several_trees_the_largest_counts(fma: Path) -> None:
    write_tone(fma / "fma_medium" / "000" / "000141.mp3")
    tracks = by_id(read_tracks(fma))
    assert tracks["000141"].path.exists()
    assert tracks["000002"].path == fma / "fma_medium" / "000" / "000002.mp3"


def test_a_table_without_the_needed_columns_is_refused(fma: Path) -> None:
    table = fma / "fma_metadata" / "tracks.csv"
    table.write_text("track_id,artist,genre\n2,AWOL,Hip-Hop\n")
    with pytest.raises(InvalidRequest, match=r"artist\.name") as caught:
        read_tracks(fma)
    assert caught.value.reason == "TRAINING_DATA_INVALID"


def test_a_table_that_is_cut_short_is_refused(fma: Path) -> None:
    table = fma / "fma_metadata" / "tracks.csv"
    table.write_bytes(table.read_bytes()[:-20])
    with pytest.raises(InvalidRequest, match="line 8"):
        read_tracks(fma)


def test_a_genre_table_of_another_form_is_refused(fma: Path) -> None:
    (fma / "fma_metadata" / "genres.csv").write_text("id,name\n12,Rock\n")
    with pytest.raises(InvalidRequest, match="top_level"):
        read_tracks(fma)
