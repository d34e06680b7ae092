import pytest

from segue.audio.formats import AUDIO_SUFFIXES
from segue.library import names


@pytest.mark.parametrize(
    "name",
    ["...And Justice for All", ".5 The Gray Chapter", ".38 Special", "..But Seriously", "Rock"],
)
def test_titles_that_begin_with_dots_are_seen(name):
    assert not names.is_hidden(name, folder=True)
    assert not names.is_hidden(f"{name}.mp3", folder=False)


@pytest.mark.parametrize(
    "name", [".git", ".Trash-1000", ".cache", ".émile", ".~lock", ".#song", ".@__thumb"]
)
def test_true_hidden_names_are_hidden(name):
    assert names.is_hidden(name, folder=True)
    assert names.is_hidden(f"{name}.mp3", folder=False)


def test_what_a_mac_leaves_beside_a_file_is_hidden_and_a_folder_of_such_a_name_is_not():
    assert names.is_hidden("._01 Song.mp3", folder=False)
    assert not names.is_hidden("._", folder=True)


@pytest.mark.parametrize("name", ["@eaDir", "__MACOSX", "lost+found", "#recycle", "$RECYCLE.BIN"])
def test_folders_of_systems(name):
    assert names.is_system_folder(name)


@pytest.mark.parametrize("name", ["Trash", "__macosx 2", "eaDir", "Lost and Found"])
def test_folders_of_people(name):
    assert not names.is_system_folder(name)


def test_every_decodable_suffix_is_audio_in_any_case():
    for suffix in AUDIO_SUFFIXES:
        assert names.is_audio(f"x{suffix.upper()}")
        assert not names.resembles_audio(f"x{suffix}")


@pytest.mark.parametrize(
    ("name", "audio", "resembles"),
    [
        ("...mp3", False, False),
        ("...And Justice.MP3", True, False),
        ("book.aax", False, True),
        ("song.mid", False, True),
        ("cover.jpg", False, False),
        ("mp3", False, False),
        ("song.mp3.part", False, False),
    ],
)
def test_what_a_suffix_says(name, audio, resembles):
    assert names.is_audio(name) is audio
    assert names.resembles_audio(name) is resembles


@pytest.mark.parametrize(
    ("name", "expected"),
    [("album", True), ("Vol. 2", True), ("cover.jpg", False), ("notes.txt", False)],
)
def test_what_may_have_been_a_folder(name, expected):
    assert names.may_be_folder(name) is expected
