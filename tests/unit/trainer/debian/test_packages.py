"""The list of packages and the lock."""

import pytest

from segue.errors import InvalidRequest
from segue.trainer.debian.packages import (
    LOCK,
    Release,
    differences,
    read_lock,
    read_packages,
    write_lock,
)

LISTED = """
development = "b"
split_seed = 3

[[packages]]
name = "a"
music = ["*/sounds/*"]
artists = { "*" = "Ada" }

[[packages]]
name = "b"
"""


def test_the_list_that_comes_with_segue_can_be_read_and_is_locked():
    listed = read_packages()
    assert len(listed.packages) == 36
    assert set(read_lock(LOCK)) == {package.name for package in listed.packages}


def test_a_list_of_one_s_own(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(LISTED)
    listed = read_packages(path)
    assert [package.name for package in listed.packages] == ["a", "b"]
    assert listed.packages[0].music == ("*/sounds/*",)
    assert (listed.development, listed.split_seed) == ("b", 3)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "b"', 'name = "a"', "listed twice: a"),
        ('development = "b"', 'development = "c"', "'c' is not listed"),
        ("split_seed = 3", "", "split_seed"),
        ('["*/sounds/*"]', '"*/sounds/*"', "not a list"),
        ('"*" = "Ada"', '"*" = 3', "not a table of texts"),
        ("music", "musik", "musik"),
        ("[[packages]]", "[[packages", "TOMLDecodeError"),
    ],
)
def test_a_wrong_list_is_refused_with_what_is_wrong(tmp_path, old, new, said):
    path = tmp_path / "own.toml"
    path.write_text(LISTED.replace(old, new))
    with pytest.raises(InvalidRequest, match=said) as caught:
        read_packages(path)
    assert caught.value.reason == "PACKAGE_LIST_INVALID"
    assert caught.value.next_step


def test_a_lock_is_read_as_it_was_written(tmp_path):
    releases = {"b": Release("2:1.1-3", "ab" * 32), "a": Release("1.0", "cd" * 32)}
    write_lock(tmp_path / "x.lock.json", releases)
    assert read_lock(tmp_path / "x.lock.json") == releases


@pytest.mark.parametrize("text", ["{", "[]", '{"a": {"version": "1"}}', '{"a": 1}'])
def test_a_damaged_lock_is_refused(tmp_path, text):
    path = tmp_path / "x.lock.json"
    path.write_text(text)
    with pytest.raises(InvalidRequest) as caught:
        read_lock(path)
    assert caught.value.reason == "PACKAGE_LIST_INVALID"


def test_every_difference_from_the_lock_is_said():
    locked = {"a": Release("1", "aa"), "b": Release("1", "bb"), "c": Release("1", "cc")}
    used = {
        "a": Release("1", "aa"),
        "b": Release("2", "bb"),
        "c": Release("1", "xx"),
        "d": Release("5", "dd"),
    }
    assert differences(locked, used) == [
        "b: 2 in place of 1",
        "c 1: the same version with other contents",
        "d 5: not in the lock",
    ]
