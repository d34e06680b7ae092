"""Sheets within real FLAC and WavPack files, and what damaged ones do."""

import contextlib
import io

import pytest
from mutagen.apev2 import APEv2
from mutagen.flac import FLAC, CueSheet, CueSheetTrack, CueSheetTrackIndex, Picture

from malformed_audio import clean_audio, encode, melody
from segue.library.cue_sheet import CueSheetBroken
from segue.library.embedded_sheets import embedded_sheet, may_hold_sheet

SHEET = """TITLE "Album"
FILE "x.wav" WAVE
  TRACK 01 AUDIO
    TITLE "One"
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    TITLE "Two"
    INDEX 01 00:02:00
"""


@pytest.fixture
def flac(tmp_path):
    path = tmp_path / "a.flac"
    path.write_bytes(clean_audio("flac"))
    return path


def starts(path):
    with path.open("rb") as file:
        sheet = embedded_sheet(file)
    return None if sheet is None else [track.start_seconds for track in sheet.files[0].tracks]


def add_block(path, offsets, *, kinds=()):
    tags = FLAC(path)
    sheet = CueSheet(None)
    for number, offset in enumerate(offsets, start=1):
        track = CueSheetTrack(number, offset, isrc=b"GBAYE9600001")
        if number in kinds:
            track.type = 1
        track.indexes = [CueSheetTrackIndex(0, 0), CueSheetTrackIndex(1, 588)]
        sheet.tracks.append(track)
    sheet.tracks.append(CueSheetTrack(170, 44_100 * 6))
    tags.cuesheet = sheet
    tags.metadata_blocks.append(sheet)
    tags.save()


def test_a_file_without_a_sheet_has_none(flac):
    assert starts(flac) is None


@pytest.mark.parametrize("name", ["CUESHEET", "cuesheet"])
def test_a_comment_is_read_behind_pictures_and_tags(flac, name):
    tags = FLAC(flac)
    tags["title"] = "x" * 100_000
    tags[name] = SHEET
    picture = Picture()
    picture.data = b"\xff" * 1_000_000
    tags.add_picture(picture)
    tags.save()
    flac.write_bytes(b"ID3\x04\0\0\0\0\0\x0a" + b"\0" * 10 + flac.read_bytes())
    assert starts(flac) == pytest.approx([0.0, 2.0])


def test_flacs_own_block_is_read_to_the_sample(flac):
    add_block(flac, [0, 100_001])
    assert starts(flac) == pytest.approx([588 / 44_100, 100_589 / 44_100], abs=1e-9)
    with flac.open("rb") as file:
        sheet = embedded_sheet(file)
    told = sheet.metadata(sheet.files[0].tracks[1])
    assert (told.isrc, told.track_number, told.title) == ("GBAYE9600001", 2, "")


def test_a_comment_goes_before_a_block(flac):
    add_block(flac, [0, 100_001])
    tags = FLAC(flac)
    tags["CUESHEET"] = SHEET
    tags.save()
    assert starts(flac) == pytest.approx([0.0, 2.0])


def test_tracks_of_a_block_that_overlap_are_refused(flac):
    add_block(flac, [100_001, 0])
    with pytest.raises(CueSheetBroken, match="track 2 begins"):
        starts(flac)


@pytest.mark.parametrize("behind", [b"", b"TAG" + b"x" * 125])
def test_an_item_of_apev2_is_read(tmp_path, behind):
    path = tmp_path / "a.wv"
    path.write_bytes(encode(melody(), 44_100, "wv", "wavpack", "s16p"))
    tags = APEv2()
    tags["Artist"] = "x" * 300
    tags["Cuesheet"] = SHEET
    tags.save(path)
    path.write_bytes(path.read_bytes() + behind)
    assert starts(path) == pytest.approx([0.0, 2.0])


def test_a_broken_comment_says_so(flac):
    tags = FLAC(flac)
    tags["CUESHEET"] = "no sheet at all"
    tags.save()
    with pytest.raises(CueSheetBroken, match="names no track"):
        starts(flac)


def test_damage_gives_a_sheet_none_or_a_refusal(flac):
    add_block(flac, [0, 100_001])
    tags = FLAC(flac)
    tags["CUESHEET"] = SHEET
    tags.save()
    head = flac.read_bytes()[:9_000]
    for at in range(0, len(head), 7):
        for content in (head[:at], head[:at] + b"\xff" * 8 + head[at + 8 :]):
            with contextlib.suppress(CueSheetBroken):
                embedded_sheet(io.BytesIO(content))


def test_only_kinds_that_hold_sheets_are_looked_into():
    assert may_hold_sheet("/a/B.FLAC")
    assert not may_hold_sheet("/a/b.mp3")


def test_a_track_that_begins_where_no_name_reaches_is_refused(flac):
    add_block(flac, [0, 44_100 * 10**12])
    with pytest.raises(CueSheetBroken, match="track 2 begins at 1000000000000 s"):
        starts(flac)
