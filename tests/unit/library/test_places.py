import os

import pytest

from segue.library.places import (
    lies_below,
    path_below,
    path_of,
    place_of,
    uri_of,
    uri_of_place,
)


@pytest.mark.parametrize(
    "name", [b"plain.mp3", b"caf\xe9.mp3", "café #1?.mp3".encode(), b"a%20b.mp3", b"new\nline.mp3"]
)
def test_any_name_comes_back(name):
    path = os.fsdecode(b"/music/" + name)
    uri = uri_of(path)
    assert uri.isascii()
    assert path_of(uri) == path


@pytest.mark.parametrize("uri", ["https://host/a.mp3", "spool://x", "", "http://[", "/music/a.mp3"])
def test_other_uris_are_no_paths(uri):
    assert path_of(uri) is None


@pytest.mark.parametrize("fragment", ["", "#t=12.5,200", "#t=0"])
def test_any_part_comes_back(fragment):
    place = os.fsdecode(b"/music/caf\xe9 #1?.flac") + fragment
    uri = uri_of_place(place)
    assert uri.isascii()
    assert uri.endswith(fragment)
    assert place_of(uri) == place
    assert path_of(uri) == place.removesuffix(fragment)


def test_a_whole_file_whose_name_ends_like_a_part_has_no_place():
    uri = uri_of("/music/a.flac#t=1,2")
    assert path_of(uri) == "/music/a.flac#t=1,2"
    assert place_of(uri) is None
    assert place_of("https://host/a.flac#t=1,2") is None


def test_links_stay_as_they_are_unless_the_path_climbs(tmp_path):
    (tmp_path / "disk/album").mkdir(parents=True)
    (tmp_path / "album").symlink_to("disk/album")
    assert path_below(tmp_path, "album/./a.mp3") == f"{tmp_path}/album/a.mp3"
    assert path_below(tmp_path, "album/../a.mp3") == f"{tmp_path}/disk/a.mp3"
    assert path_below(tmp_path, "/elsewhere/a.mp3") == "/elsewhere/a.mp3"


@pytest.mark.parametrize(
    ("path", "folder", "expected"),
    [
        ("/music/a", "/music", True),
        ("/music", "/music", True),
        ("/music2/a", "/music", False),
        ("/music/a", "/", True),
    ],
)
def test_what_lies_below(path, folder, expected):
    assert lies_below(path, folder) is expected
