"""Which file a sheet divides, and into what."""

import gc
import math
import os
import pathlib
import tracemalloc

import pytest
from mutagen.flac import FLAC

from malformed_audio import clean_audio
from segue.library.divisions import divide, read_back, written
from segue.library.left_out import LeftOut
from segue.library.walk import Walk
from segue.media_fragments import Part
from segue.tracks import TrackMetadata


def sheet(*starts, file="album.wav", album="Album"):
    lines = [f'TITLE "{album}"', 'PERFORMER "Ann"', f'FILE "{file}" WAVE']
    for number, start in enumerate(starts, start=1):
        lines += [f"TRACK {number:02d} AUDIO", f'TITLE "T{number}"', f"INDEX 01 {start}"]
    return "\n".join(lines)


TWO = ("00:00:00", "00:30:00")


class Folder:
    """A folder of empty files; sheets are written."""

    def __init__(self, root):
        self.root = root

    def put(self, *names):
        for name in names:
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()

    def sheet(self, name, text):
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)

    def divide(self, seconds=math.inf):
        walk = Walk([str(self.root)], LeftOut())
        files = {file.path: file for file in walk.files()}
        self.asked = []

        def seconds_of(file):
            self.asked.append(file.path)
            return seconds

        return divide(walk.sheets, files, seconds_of=seconds_of)

    def divided(self, **options):
        """Names of the divided files with the starts of their parts."""
        return {
            str(path).removeprefix(f"{self.root}/"): [
                track.part.start_seconds for track in division.tracks
            ]
            for path, division in self.divide(**options).files.items()
        }


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


@pytest.mark.parametrize(
    ("audio", "named"),
    [
        ("album.wav", "album.wav"),
        ("Album.FLAC", "album.wav"),
        ("album.flac", r"C:\Rips\Old\album.wav"),
        ("album.flac", "/home/ann/album.wav"),
        ("album.flac", "../elsewhere/album.wav"),
        ("CD 1/album.ape", r"CD 1\album.wav"),
        ("A\u0301lbum.wv", "Álbum.wav"),
    ],
)
def test_a_file_is_found_by_what_a_sheet_calls_it(folder, audio, named):
    folder.put(audio, "other.flac")
    folder.sheet("sheet.cue", sheet(*TWO, file=named))
    assert folder.divided() == {audio: [0.0, 30.0]}


@pytest.mark.parametrize("name", ["Ann - Album.cue", "Ann - Album.flac.cue"])
def test_a_renamed_file_is_found_by_the_name_of_its_sheet(folder, name):
    folder.put("Ann - Album.flac", "bonus.flac")
    folder.sheet(name, sheet(*TWO, file="CDImage.wav"))
    assert folder.divided() == {"Ann - Album.flac": [0.0, 30.0]}


def test_files_outside_of_the_folder_are_never_followed(folder):
    folder.put("a/secret.flac", "b/other.flac")
    for number, named in enumerate(
        ("../a/secret.flac", f"{folder.root}/a/secret.flac", "/etc/passwd", r"..\a\secret.flac")
    ):
        folder.sheet(f"b/{number}.cue", sheet(*TWO, file=named))
    made = folder.divide()
    assert made.files == {}
    assert len(made.unused) == 4


def test_what_each_track_is_called(folder):
    folder.put("album.flac")
    folder.sheet("album.cue", sheet(*TWO))
    (division,) = folder.divide().files.values()
    assert division.sheet == str(folder.root / "album.cue")
    one, two = division.tracks
    assert (one.part, two.part) == (Part(0.0, 30.0), Part(30.0))
    assert two.metadata == TrackMetadata(
        title="T2", artist="Ann", album="Album", album_artist="Ann", track_number=2
    )


def test_files_that_are_tracks_already_are_not_divided_nor_looked_into(folder):
    folder.put("01.flac", "02.flac")
    folder.sheet(
        "album.cue",
        'FILE "01.wav" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\nTRACK 02 AUDIO\n'
        'INDEX 00 03:00:00\nFILE "02.wav" WAVE\nINDEX 01 00:00:00\n',
    )
    made = folder.divide()
    assert (made.files, made.problems) == ({}, [])
    assert made.unused == [str(folder.root / "album.cue")]
    assert folder.asked == []


def test_each_of_several_long_files_is_divided(folder):
    folder.put("a.flac", "b.flac")
    side = "TRACK {} AUDIO\nINDEX 01 00:00:00\nTRACK {} AUDIO\nINDEX 01 10:00:00\n"
    text = f'FILE "a.wav" WAVE\n{side.format(1, 2)}FILE "b.wav" WAVE\n{side.format(3, 4)}'
    folder.sheet("album.cue", text)
    assert folder.divided() == {"a.flac": [0.0, 600.0], "b.flac": [0.0, 600.0]}


def test_a_hidden_track_before_the_first_is_one(folder):
    folder.put("album.flac")
    folder.sheet("album.cue", sheet("03:00:00", "06:00:00"))
    (division,) = folder.divide().files.values()
    hidden, first, _ = division.tracks
    assert (hidden.part, first.part) == (Part(0.0, 180.0), Part(180.0, 360.0))
    assert (hidden.metadata.title, hidden.metadata.album) == ("", "Album")
    assert hidden.metadata.track_number is None


def test_a_pause_before_the_first_track_is_none(folder):
    folder.put("album.flac")
    folder.sheet("album.cue", sheet("00:02:00", "06:00:00"))
    assert folder.divided() == {"album.flac": [2.0, 360.0]}


def test_data_ends_the_track_before_it(folder):
    folder.put("album.flac")
    text = sheet("00:00:00", "01:00:00", "02:00:00").replace(
        "TRACK 03 AUDIO", "TRACK 03 MODE1/2352"
    )
    folder.sheet("album.cue", text)
    (division,) = folder.divide().files.values()
    assert [track.part for track in division.tracks] == [Part(0.0, 60.0), Part(60.0, 120.0)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (sheet("00:00:00", "02:00:00"), "behind the end of its file"),
        (sheet("01:00:00", "00:30:00"), "not behind the track before it"),
        ("rubbish " * 100_000, "more than any cue sheet"),
        ("rubbish", "names no track"),
    ],
)
def test_a_broken_sheet_leaves_its_file_whole_and_says_why(folder, text, said):
    folder.put("album.flac", "other.flac")
    folder.sheet("album.cue", text)
    made = folder.divide(seconds=100.0)
    assert made.files == {}
    (problem,) = made.problems
    assert problem.place == str(folder.root / "album.cue")
    assert problem.reason == "CUE_SHEET_BROKEN"
    assert said in problem.message
    assert made.unsettled == {str(folder.root / "album.flac")}


def test_a_sheet_that_cannot_be_read_is_told(folder):
    folder.put("album.flac")
    os.mkfifo(folder.root / "album.cue")
    path = str(folder.root / "album.cue")
    walk = Walk([str(folder.root)], LeftOut())
    files = {file.path: file for file in walk.files()}
    made = divide([path], files, seconds_of=lambda _: math.inf)
    assert [(problem.place, problem.reason) for problem in made.problems] == [(path, "NOT_A_FILE")]
    (folder.root / "album.cue").unlink()
    made = divide([path], files, seconds_of=lambda _: math.inf)
    assert [problem.reason for problem in made.problems] == ["SOURCE_NOT_FOUND"]


def test_a_sheet_beside_a_file_goes_before_the_one_within(folder):
    path = folder.root / "album.flac"
    path.write_bytes(clean_audio("flac"))
    tags = FLAC(path)
    tags["CUESHEET"] = sheet("00:00:00", "00:01:00")
    tags.save()
    assert folder.divided() == {"album.flac": [0.0, 1.0]}
    folder.sheet("album.cue", sheet("00:00:00", "00:02:00"))
    assert folder.divided() == {"album.flac": [0.0, 2.0]}
    folder.sheet("album.cue", "broken")
    made = folder.divide()
    assert [division.sheet for division in made.files.values()] == [str(path)]
    assert made.unsettled == set()
    assert len(made.problems) == 1


def test_a_broken_sheet_within_a_file_is_told(folder):
    path = folder.root / "album.flac"
    path.write_bytes(clean_audio("flac"))
    tags = FLAC(path)
    tags["CUESHEET"] = sheet("00:00:00", "99:00:00")
    tags.save()
    made = folder.divide(seconds=6.0)
    assert made.files == {}
    assert [(one.place, one.reason) for one in made.problems] == [(str(path), "CUE_SHEET_BROKEN")]
    assert made.unsettled == {str(path)}


def test_tracks_are_remembered_as_they_were(folder):
    folder.put("album.flac")
    folder.sheet("album.cue", f"REM GENRE Rock\nREM DATE 1996\n{sheet(*TWO)}")
    (division,) = folder.divide().files.values()
    assert read_back(written(division.tracks)) == division.tracks
    assert read_back(written(())) == ()


def test_folders_that_are_not_there_take_no_memory(folder):
    folder.put("album.flac")
    names = "\n".join(f'FILE "{number}/{"x" * 500}/a.wav" WAVE' for number in range(900))
    for number in range(30):
        folder.sheet(f"{number}.cue", f"{names.replace('x/', f'x{number}/')}\n{sheet(*TWO)}")
    tracemalloc.start()
    try:
        made = folder.divide()
        gc.collect()
        taken = tracemalloc.take_snapshot()
    finally:
        tracemalloc.stop()
    assert list(made.files) == [str(folder.root / "album.flac")]
    # Where pathlib interns names, Python's table of them may have grown just now.
    taken = taken.filter_traces(
        [tracemalloc.Filter(inclusive=False, filename_pattern=pathlib.__file__)]
    )
    left = sum(one.size for one in taken.traces)
    assert left < 4_000_000  # the names alone have 13 MB
