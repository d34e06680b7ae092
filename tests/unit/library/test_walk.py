import os
import socket

import pytest

from segue.library.left_out import PATHS_KEPT, LeftOut, Reason
from segue.library.walk import Walk


@pytest.fixture
def put(tmp_path):
    """Make empty files below ``music``."""

    def make(*names):
        for name in names:
            path = tmp_path / "music" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return tmp_path / "music"

    return make


def walked(*roots):
    """Files below the first root, what was left out with its reason, and the walk."""
    left_out = LeftOut(keep_all=True)
    walk = Walk([str(root) for root in roots], left_out)
    files = [os.path.relpath(file.path, roots[0]) for file in walk.files()]
    return files, {os.path.relpath(path, roots[0]): why for why, path in left_out.paths()}, walk


def test_titles_with_dots_are_taken_and_hidden_entries_named(put):
    music = put(
        "...And Justice/01.mp3", ".5 The Gray/01.mp3", ".git/x.mp3", "._01.mp3", "@eaDir/01.mp3",
        ".hidden.mp3", "cover.jpg", "ok.mp3",
    )  # fmt: skip
    files, left_out, walk = walked(music)
    assert sorted(files) == ["...And Justice/01.mp3", ".5 The Gray/01.mp3", "ok.mp3"]
    assert left_out == {
        ".git": Reason.HIDDEN,
        "._01.mp3": Reason.HIDDEN,
        ".hidden.mp3": Reason.HIDDEN,
        "@eaDir": Reason.SYSTEM_FOLDER,
        "cover.jpg": Reason.NOT_AUDIO,
    }
    assert walk.problems == []


def test_a_root_is_taken_whatever_it_is_called(put):
    music = put(".music/a.mp3")
    files, left_out, _ = walked(music / ".music")
    assert (files, left_out) == (["a.mp3"], {})


def test_a_linked_folder_is_followed_once(put, tmp_path):
    music = put("own.mp3")
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk/a.mp3").touch()
    for name in ("album", "again"):
        (music / name).symlink_to(tmp_path / "disk")
    files, left_out, _ = walked(music)
    assert files == ["own.mp3", "again/a.mp3"]
    assert left_out == {"album": Reason.COUNTED_ALREADY}


def test_a_link_beside_its_target_counts_once_under_the_targets_name(put):
    music = put("z/own.mp3")
    (music / "a.mp3").symlink_to("z/own.mp3")
    (music / "b").symlink_to("z")
    files, left_out, _ = walked(music)
    assert files == ["z/own.mp3"]
    assert left_out == {"a.mp3": Reason.COUNTED_ALREADY, "b": Reason.COUNTED_ALREADY}


def test_a_linked_file_from_elsewhere_counts_once(put, tmp_path):
    music = put()
    music.mkdir()
    (tmp_path / "far.mp3").touch()
    for name in ("1.mp3", "2.mp3"):
        (music / name).symlink_to(tmp_path / "far.mp3")
    files, left_out, _ = walked(music)
    assert files == ["1.mp3"]
    assert left_out == {"2.mp3": Reason.COUNTED_ALREADY}


def test_two_names_of_one_file_count_once(put):
    music = put("a.mp3")
    os.link(music / "a.mp3", music / "b.mp3")
    files, left_out, _ = walked(music)
    assert (files, left_out) == (["a.mp3"], {"b.mp3": Reason.COUNTED_ALREADY})


def test_loops_cost_only_themselves(put):
    music = put("album/a.mp3", "b.mp3")
    (music / "album/up").symlink_to(music)
    (music / "album/above").symlink_to(music.parent)
    (music / "self").symlink_to("self")
    (music / "ping").symlink_to("pong")
    (music / "pong").symlink_to("ping")
    files, left_out, walk = walked(music)
    assert files == ["b.mp3", "album/a.mp3"]
    assert left_out == {"album/up": Reason.LINK_LOOP, "album/above": Reason.LINK_LOOP}
    assert {problem.reason for problem in walk.problems} == {"LINK_BROKEN"}
    assert len(walk.problems) == 3


def test_a_link_that_leads_nowhere_is_named_where_it_may_have_been_music(put):
    music = put("a.mp3")
    for name in ("song.mp3", "album", "cover.jpg"):
        (music / name).symlink_to("/nowhere/at/all")
    files, left_out, walk = walked(music)
    assert files == ["a.mp3"]
    assert left_out == {"cover.jpg": Reason.NOT_AUDIO}
    assert sorted(walk.unknown) == [str(music / "album"), str(music / "song.mp3")]
    assert all(problem.reason == "LINK_BROKEN" for problem in walk.problems)


def test_overlapping_roots_count_each_file_once(put):
    music = put("a.mp3", "b/c.mp3")
    files, left_out, _ = walked(music / "b", music)
    assert sorted(files) == ["../a.mp3", "c.mp3"]
    assert left_out == {".": Reason.COUNTED_ALREADY}


def test_sound_that_is_not_decoded_and_what_is_no_file_are_problems(put):
    music = put("book.aax", "ok.mp3")
    os.mkfifo(music / "pipe.mp3")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(music / "socket.mp3"))
        files, left_out, walk = walked(music)
    assert (files, left_out) == (["ok.mp3"], {})
    assert [problem.reason for problem in walk.problems] == [
        "FORMAT_NOT_TAKEN",
        "NOT_A_FILE",
        "NOT_A_FILE",
    ]
    assert all(problem.next_step for problem in walk.problems)


def test_a_folder_that_vanishes_on_the_way_is_unknown_not_empty(put):
    music = put("a.mp3", "b/c.mp3")
    walk = Walk([str(music)], LeftOut())
    files = walk.files()
    assert next(files).path.endswith("a.mp3")
    (music / "b/c.mp3").unlink()
    (music / "b").rmdir()
    assert list(files) == []
    assert walk.unknown == [str(music / "b")]
    assert [problem.reason for problem in walk.problems] == ["SOURCE_NOT_FOUND"]


def test_names_that_are_no_utf_8_are_taken(put):
    music = put(os.fsdecode(b"caf\xe9.mp3"))
    files, _, _ = walked(music)
    assert files == [os.fsdecode(b"caf\xe9.mp3")]


def test_of_much_that_is_left_out_the_first_paths_are_kept():
    left_out = LeftOut()
    for number in range(1000):
        left_out.add(f"/m/{number}.jpg", Reason.NOT_AUDIO)
    left_out.add("/m/.git", Reason.HIDDEN)
    assert left_out.counts == {Reason.NOT_AUDIO: 1000, Reason.HIDDEN: 1}
    assert left_out.paths()[0] == (Reason.HIDDEN, "/m/.git")
    assert len(left_out.paths()) == PATHS_KEPT + 1
