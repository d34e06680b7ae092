import json
import os
from pathlib import Path

import pytest

from segue.library.left_out import NotAFile
from segue.library.places import path_of
from segue.library.playlist import PlaylistBroken, read_playlist


@pytest.fixture
def music(tmp_path):
    for name in ("one.mp3", "sub/zwei ü.flac", "#1 hit?.ogg", " led.mp3", "list.m3u8"):
        (tmp_path / "music" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "music" / name).touch()
    return tmp_path / "music"


def read(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_playlist(path)


def paths(playlist, folder):
    return [str(Path(path_of(uri)).relative_to(folder)) for uri in playlist.uris]


def test_entries_are_relative_to_the_playlist_and_count_once(music):
    playlist = read(
        music / "a.m3u8",
        "\ufeff#EXTM3U\r\n#EXTINF:123,Somebody - Else\r\none.mp3\r\n\r\n./one.mp3\r\n"
        f"sub/zwei ü.flac\r\n{music}/one.mp3\r\n./#1 hit?.ogg\r\n led.mp3\r\n",
    )

    assert paths(playlist, music) == ["one.mp3", "sub/zwei ü.flac", "#1 hit?.ogg", " led.mp3"]
    assert playlist.problems == []


@pytest.mark.parametrize(
    "content",
    [
        "sub/zwei ü.flac\n".encode(),
        "sub/zwei ü.flac\n".encode("cp1252"),
        "sub/zwei u\u0308.flac\r".encode(),
        "\ufeffsub\\zwei ü.flac\r\n".encode("utf-16-le"),
        b"sub\\zwei \xfc.flac\n",
        b"file://%s/sub/zwei%%20%%C3%%BC.flac\n",
    ],
)
def test_names_are_found_however_the_playlist_writes_them(music, content):
    playlist = read(
        music / "a.m3u", content.replace(b"%s", str(music).encode()).replace(b"%%", b"%")
    )

    assert paths(playlist, music) == ["sub/zwei ü.flac"]
    assert playlist.problems == []


def test_names_that_are_no_utf8_are_found_by_their_bytes(music):
    name = "caf\udce9.mp3"
    (music / name).touch()

    assert paths(read(music / "a.m3u", b"caf\xe9.mp3\n"), music) == [name]


def test_addresses_are_sources_and_objects_too(music):
    playlist = read(
        music / "a.m3u8",
        "https://example.org/a b.mp3?x=1\ns3://bucket/key.flac\nftp://example.org/a.mp3\n",
    )

    assert playlist.uris == ["https://example.org/a%20b.mp3?x=1", "s3://bucket/key.flac"]
    (problem,) = playlist.problems
    assert problem.place.endswith("a.m3u8 line 3")


def test_what_cannot_be_taken_is_named_by_its_line(music):
    playlist = read(
        music / "a.m3u",
        "one.mp3\n\ngone.mp3\nlist.m3u8\nsub\nC:\\Music\\one.mp3\nhttps://u:secret@h/\n../x/y.mp3\n",
    )

    assert paths(type(playlist)(playlist.uris[:1]), music) == ["one.mp3"]
    assert [(one.place.rpartition(" ")[2], one.reason) for one in playlist.problems] == [
        ("3", "SOURCE_NOT_FOUND"),
        ("4", "PLAYLIST_ENTRY_INVALID"),
        ("5", "PLAYLIST_ENTRY_INVALID"),
        ("6", "SOURCE_NOT_FOUND"),
        ("8", "SOURCE_NOT_FOUND"),
    ]
    assert all(one.next_step for one in playlist.problems)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.m3u8", b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:9,\npiece1.ts\n"),
        ("a.m3u", b"ID3\0\0\0junk"),
        ("a.xspf", b"no xml"),
        ("a.xspf", b"<html><track/></html>"),
        ("a.xspf", b'<!DOCTYPE p [<!ENTITY a "aa">]><playlist><location>&a;</location></playlist>'),
        ("a.xspf", b"<playlist>" + b"<a>" * 100),
    ],
)
def test_what_is_no_list_of_tracks_is_refused(music, name, content):
    with pytest.raises(PlaylistBroken) as refusal:
        read(music / name, content)

    assert refusal.value.reason == "PLAYLIST_BROKEN"


def test_a_pipe_is_not_waited_for(music):
    os.mkfifo(music / "pipe.m3u")

    with pytest.raises(NotAFile):
        read_playlist(music / "pipe.m3u")


def test_xspf_names_files_by_escaped_locations(music):
    playlist = read(
        music / "a.xspf",
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<playlist version="1" xmlns="http://xspf.org/ns/0/"><title>x</title><trackList>'
        "<track><title>One</title><location>one.mp3</location></track>"
        f"<track><location>file://{music}/sub/zwei%20%C3%BC.flac</location></track>"
        "<track><title>nowhere</title></track>"
        "<track><location>gone.mp3</location></track>"
        "<track><location>https://example.org/b.mp3</location></track>"
        "</trackList></playlist>",
    )

    assert paths(type(playlist)(playlist.uris[:2]), music) == ["one.mp3", "sub/zwei ü.flac"]
    assert playlist.uris[2:] == ["https://example.org/b.mp3"]
    (problem,) = playlist.problems
    assert problem.place.endswith("a.xspf track 4")


def test_jspf_names_files_by_escaped_locations(music):
    tracks = [
        {"title": "One", "location": ["one.mp3", "other.mp3"]},
        {"location": f"file://{music}/sub/zwei%20%C3%BC.flac"},
        {"title": "nowhere"},
        {"location": ["gone.mp3"]},
        {"location": ["https://example.org/b.mp3"]},
        {"location": ["\ud800.mp3"]},
        {"location": []},
        "no track",
    ]
    playlist = read(music / "a.jspf", json.dumps({"playlist": {"track": tracks}}))

    assert paths(type(playlist)(playlist.uris[:2]), music) == ["one.mp3", "sub/zwei ü.flac"]
    assert playlist.uris[2:] == ["https://example.org/b.mp3"]
    assert [problem.place.rpartition(" ")[2] for problem in playlist.problems] == ["4", "6"]


@pytest.mark.parametrize(
    "content", [b"", b"[1]", b'{"playlist": []}', b'{"playlist": {"track": {}}}', b"[" * 100_000]
)
def test_jspf_that_holds_no_tracks_is_refused(music, content):
    with pytest.raises(PlaylistBroken):
        read(music / "a.jspf", content)
