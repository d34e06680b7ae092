"""Playlist files: what is written, and that what reads them finds the same."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import unicodedata
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit
from xml.etree import ElementTree

import pytest

from segue.library.names import PLAYLIST_SUFFIXES
from segue.library.places import uri_of
from segue.library.playlist import read_playlist
from segue.media_fragments import Part
from segue.playlists.files import FORMATS, Entry, Place, PlaylistFormat, written
from tones import write_tone

NAMES = (
    "plain.wav",
    "ä é (live) & more.wav",
    "100% #1 who?.wav",
    "%41.wav",
    unicodedata.normalize("NFD", "zoë.wav"),
    "line\nend.wav",
    " blank at its start.wav",
    os.fsdecode(b"latin\xe9.wav"),
    "c#t=1,2.wav",
)
PLAYED = [PlaylistFormat.M3U8, PlaylistFormat.XSPF]
_SPACE = "{http://xspf.org/ns/0/}"


@pytest.fixture
def music(tmp_path: Path) -> list[Path]:
    """Half a second of sound in files of difficult names."""
    write_tone(tmp_path / NAMES[0], seconds=0.5)
    for name in NAMES[1:]:
        shutil.copy(tmp_path / NAMES[0], tmp_path / name)
    return [tmp_path / name for name in NAMES]


def entries(paths: list[Path]) -> list[Entry]:
    return [Entry(Place(path=str(path)), f"Title {path.name}", "Ann") for path in paths]


def lines(*listed: Entry, title: str = "") -> list[str]:
    return written(listed, PlaylistFormat.M3U8, title).decode().splitlines()


@pytest.mark.parametrize("form", PlaylistFormat)
def test_what_is_written_is_read_back(
    music: list[Path], tmp_path: Path, form: PlaylistFormat
) -> None:
    target = tmp_path / f"list{form.value}"
    target.write_bytes(written(entries(music), form, "Mine"))
    found = read_playlist(target)
    assert found.problems == []
    assert found.uris == [uri_of(path) for path in music]


def test_every_kind_that_is_written_is_read() -> None:
    assert FORMATS.keys() == PLAYLIST_SUFFIXES


def test_m3u_as_players_read_it() -> None:
    entry = Entry(Place(path="/music/a b.flac"), "So What", "Miles", "Kind of Blue", 561.6)
    assert lines(entry, title="Late") == [
        "#EXTM3U",
        "#PLAYLIST:Late",
        "#EXTINF:562,Miles - So What",
        "#EXTALB:Kind of Blue",
        "/music/a b.flac",
    ]


def test_m3u_of_an_unknown_length_and_name() -> None:
    assert lines(Entry(Place(path="/music/a.flac")))[1:] == ["#EXTINF:-1,a.flac", "/music/a.flac"]


def test_m3u_of_a_part_names_the_file_and_tells_vlc() -> None:
    place = Place(path="/music/album.flac", part=Part(12.5, 200.04))
    assert lines(Entry(place, "Two", "Ann", duration_seconds=187.54))[1:] == [
        "#EXTINF:188,Ann - Two",
        "#EXTVLCOPT:start-time=12.500",
        "#EXTVLCOPT:stop-time=200.040",
        "/music/album.flac",
    ]


def test_m3u_of_what_no_player_reaches() -> None:
    written_lines = lines(
        Entry(Place(address="https://host/a b%20c.mp3?x=1"), "Web"),
        Entry(Place(name="#1.mp3"), "Upload"),
        Entry(Place(), "Lost", "Ann"),
    )
    assert written_lines[1:] == [
        "#EXTINF:-1,Web",
        "https://host/a%20b%20c.mp3?x=1",
        "#EXTINF:-1,Upload",
        "./%231.mp3",
        "# no file is known of: Ann - Lost",
    ]


@pytest.mark.parametrize("form", list(PlaylistFormat))
def test_texts_stay_on_one_line_and_hold_no_controls(form: PlaylistFormat) -> None:
    entry = Entry(Place(path="/a.flac"), "a\n/etc/passwd\x1b[2J", "x\u2028y\ufffe", "\ud800")
    text = written([entry], form, "t\r\n#EXTINF:1,forged").decode()
    assert "\x1b" not in text
    assert "\u2028" not in text
    assert not re.search(r"^(?:/etc/passwd|#EXTINF:1,forged)", text, re.MULTILINE)
    if form is PlaylistFormat.XSPF:
        root = ElementTree.fromstring(text)  # our own text
        (track,) = root.iter(f"{_SPACE}track")
        assert track.findtext(f"{_SPACE}title") == "a /etc/passwd [2J"


def test_xspf_says_everything_once_encoded() -> None:
    entry = Entry(
        Place(path="/m/ä %41.flac"), "<T> & Z", "Ann", "Al", 1.5, 3, "USRC17607839", "b1a9"
    )
    content = written([entry, Entry(Place(), "Lost")], PlaylistFormat.XSPF, "A & B")
    root = ElementTree.fromstring(content)  # our own text
    assert root.tag == f"{_SPACE}playlist"
    assert root.get("version") == "1"
    assert root.findtext(f"{_SPACE}title") == "A & B"
    known, lost = root.iter(f"{_SPACE}track")
    assert [(one.tag.removeprefix(_SPACE), one.text) for one in known] == [
        ("location", "file:///m/%C3%A4%20%2541.flac"),
        ("identifier", "https://musicbrainz.org/recording/b1a9"),
        ("identifier", "isrc:USRC17607839"),
        ("title", "<T> & Z"),
        ("creator", "Ann"),
        ("album", "Al"),
        ("trackNum", "3"),
        ("duration", "1500"),
    ]
    assert [one.tag for one in lost] == [f"{_SPACE}title"]


def test_xspf_of_a_part() -> None:
    place = Place(path="/m/a.flac", part=Part(1.0, 2.5))
    content = written([Entry(place)], PlaylistFormat.XSPF).decode()
    assert "<location>file:///m/a.flac#t=1,2.5</location>" in content
    assert "<vlc:option>start-time=1.000</vlc:option>" in content


def test_jspf_by_the_rules_of_its_schema() -> None:
    entry = Entry(
        Place(path="/m/ä.flac", part=Part(3.0)), "T", "Ann", "Al", 2.0004, 1, "USRC17607839"
    )
    listed = [entry, Entry(Place(name="up.mp3")), Entry(Place())]
    found = json.loads(written(listed, PlaylistFormat.JSPF, "Mine"))
    assert found.keys() == {"playlist"}
    assert found["playlist"].keys() == {"title", "track"}
    first, named, lost = found["playlist"]["track"]
    assert first == {
        "location": ["file:///m/%C3%A4.flac#t=3"],
        "identifier": ["isrc:USRC17607839"],
        "title": "T",
        "creator": "Ann",
        "album": "Al",
        "trackNum": 1,
        "duration": 2000,
    }
    assert (named, lost) == ({"location": ["./up.mp3"]}, {})
    assert all(urlsplit(one).scheme for one in (*first["location"], *first["identifier"]))


@pytest.mark.skipif(shutil.which("mpv") is None, reason="mpv is not installed")
def test_mpv_plays_every_file_of_an_m3u(music: list[Path], tmp_path: Path) -> None:
    target = tmp_path / "list.m3u8"
    target.write_bytes(written(entries(music), PlaylistFormat.M3U8))
    command = ("mpv", "--no-config", "--ao=null", "--vo=null", "--untimed=yes", str(target))
    played = subprocess.run(command, capture_output=True, timeout=120, check=True)
    assert played.stdout.count(b"(+) Audio") == len(music)


@pytest.mark.skipif(
    shutil.which("cvlc") is None or shutil.which("runuser") is None or os.geteuid() != 0,
    reason="VLC is not installed, or cannot be run as another user",
)
@pytest.mark.parametrize("form", PLAYED)
def test_vlc_opens_every_file(form: PlaylistFormat, music: list[Path], tmp_path: Path) -> None:
    target = tmp_path / f"list{form.value}"
    target.write_bytes(written(entries(music), form))
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    command = ("cvlc", "-I", "dummy", "--aout=dummy", "--play-and-exit", "-vv", "--no-color")
    # VLC refuses to run as root.
    played = subprocess.run(
        ("runuser", "-u", "nobody", "--", *command, str(target)),
        capture_output=True,
        timeout=120,
        check=True,
        env={**os.environ, "HOME": str(tmp_path)},
    )
    opened = set(re.findall(rb"creating demux: .* location='([^']*\.wav)'", played.stderr))
    assert set(map(unquote_to_bytes, opened)) == {os.fsencode(path) for path in music}
    # Of files that are there one may be tried once more while the player ends.
    missed = set(re.findall(rb"cannot open file ([^\n]*\.wav)", played.stderr))
    assert missed <= {os.fsencode(path) for path in music}
