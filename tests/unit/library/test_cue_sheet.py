"""Cue sheets as programs write them, and as they break."""

import time

import pytest

from segue.library.cue_sheet import LARGEST_SHEET_BYTES, CueSheetBroken, parse_sheet, read_sheet

EAC = """REM GENRE "Rock, Pop"
REM DATE 1996
REM DISCID 860B640B
REM DISCNUMBER 2
REM COMMENT "ExactAudioCopy v0.99"
PERFORMER "The Band"
TITLE "The Album"
FILE "The Band - The Album.wav" WAVE
  TRACK 01 AUDIO
    TITLE "One "quoted" title"
    PERFORMER "The Band"
    ISRC GBAYE9600001
    REM REPLAYGAIN_TRACK_GAIN -7.03 dB
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    TITLE "Two"
    PERFORMER "Guest"
    FLAGS DCP
    INDEX 00 03:10:20
    INDEX 01 03:12:37
  TRACK 03 AUDIO
    TITLE Three unquoted
    PREGAP 00:02:00
    INDEX 01 100:00:00
    INDEX 02 101:00:00
"""


def test_a_sheet_is_read():
    sheet = parse_sheet(EAC)
    (file,) = sheet.files
    assert file.name == "The Band - The Album.wav"
    assert [track.start_seconds for track in file.tracks] == pytest.approx(
        [0.0, 192 + 37 / 75, 6000.0]
    )
    one, two, three = map(sheet.metadata, file.tracks)
    assert (one.title, one.artist, one.isrc) == ('One "quoted" title', "The Band", "GBAYE9600001")
    assert (one.album, one.album_artist, one.year) == ("The Album", "The Band", 1996)
    assert (one.genres, one.disc_number, one.track_number) == (("rock", "pop"), 2, 1)
    assert one.track_gain_db == pytest.approx(-7.03)
    assert (two.artist, two.album_artist, two.track_number) == ("Guest", "The Band", 2)
    assert (three.title, three.artist, three.isrc) == ("Three unquoted", "The Band", "")


def test_a_track_belongs_to_the_file_in_which_it_begins():
    sheet = parse_sheet(
        'FILE "a.wav" WAVE\n TRACK 01 AUDIO\n  INDEX 01 00:00:00\n TRACK 02 AUDIO\n'
        '  INDEX 00 03:00:00\nFILE "b.wav" WAVE\n  INDEX 01 00:00:00\n'
        "TRACK 03 AUDIO\n INDEX 01 04:00:00\n"
    )
    assert [[track.number for track in file.tracks] for file in sheet.files] == [[1], [2, 3]]


def test_line_ends_case_and_blanks_do_not_matter():
    sheet = parse_sheet('file a.wav wave\r\rtrack 1 audio\r\n\tindex 1 0:0:0\n TITLE  "x" \n')
    assert sheet.files[0].name == "a.wav"
    assert sheet.files[0].tracks[0].title == "x"


TRACK = 'FILE "a" WAVE\nTRACK 01 AUDIO\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names no track"),
        ("\0\1\2 rubbish " * 100, "names no track"),
        ('FILE "" WAVE\n', "line 1: FILE names no file"),
        (f"{TRACK}TITLE x\n", "track 1 has no INDEX 01"),
        (f"{TRACK}INDEX 00 00:00:00\n", "track 1 has no INDEX 01"),
        (f"{TRACK}INDEX 01 00:75:00\n", "line 3: '00:75:00' is not"),
        (f"{TRACK}INDEX 01 00:00:75\n", "line 3: '00:00:75' is not"),
        (f"{TRACK}INDEX 01 soon\n", "line 3: 'soon' is not"),
        (f"{TRACK}INDEX 01 00:00:00\nINDEX 01 00:01:00\n", "line 4: track 1 has a second"),
        (
            f"{TRACK}INDEX 01 02:00:00\nTRACK 02 AUDIO\nINDEX 01 01:00:00\n",
            "track 2 begins at 60.00 s, not behind the track before it",
        ),
        (f"{TRACK}INDEX 01 00:00:00\nTRACK 02 AUDIO\nINDEX 01 00:00:00\n", "track 2 begins at"),
        ("TRACK 01 AUDIO\nINDEX 01 00:00:00\n", "line 2: INDEX before the first FILE"),
        ('FILE "a" WAVE\nINDEX 01 00:00:00\n', "line 2: INDEX before the first TRACK"),
        ('FILE "a" WAVE\nTRACK one AUDIO\n', "line 2: TRACK 'one AUDIO' has no number"),
        ('FILE "a" WAVE\n' + "TRACK 01 AUDIO\n" * 1_000, "more than 999 tracks"),
    ],
)
def test_what_is_broken_says_where(text, said):
    with pytest.raises(CueSheetBroken) as caught:
        parse_sheet(text)
    assert said in str(caught.value)
    assert caught.value.reason == "CUE_SHEET_BROKEN"


def test_junk_of_megabytes_is_refused_unread():
    with pytest.raises(CueSheetBroken, match="more than any cue sheet"):
        read_sheet(b"\xff" * (LARGEST_SHEET_BYTES + 1))


@pytest.mark.parametrize(
    "junk", [b'"' * LARGEST_SHEET_BYTES, b"INDEX 01 " * 50_000, b"\x82" * 500_000]
)
def test_junk_of_the_largest_size_costs_little(junk):
    began = time.process_time()
    with pytest.raises(CueSheetBroken):
        read_sheet(junk[:LARGEST_SHEET_BYTES])
    assert time.process_time() - began < 5


def test_texts_are_cleaned_and_cut():
    sheet = parse_sheet(f'TITLE "a\x1b[31m b"\n{TRACK}TITLE "{"x" * 9_999}"\nINDEX 01 00:00:00\n')
    told = sheet.metadata(sheet.files[0].tracks[0])
    assert told.album == "a [31m b"
    assert len(told.title) == 1_000


def test_data_is_no_track_but_ends_one():
    sheet = parse_sheet(f"{TRACK}INDEX 01 00:00:00\nTRACK 02 MODE1/2352\nINDEX 01 03:00:00\n")
    assert [track.is_audio for track in sheet.files[0].tracks] == [True, False]


def test_a_sheet_names_no_more_files_than_it_has_tracks():
    with pytest.raises(CueSheetBroken, match="more than 999 files"):
        parse_sheet(EAC + "FILE a\n" * 50_000)
