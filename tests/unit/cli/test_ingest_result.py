"""What a person is told of an ingest run."""

from __future__ import annotations

from segue.cli.ingest_result import left_out_fields, left_out_lines
from segue.library.left_out import LeftOut, Reason


def test_what_is_not_audio_is_counted_and_named_only_as_json() -> None:
    left_out = LeftOut(keep_all=True)
    left_out.add("/music/LICENSE", Reason.NOT_AUDIO)
    left_out.add("/music/cover.jpg", Reason.NOT_AUDIO)
    assert list(left_out_lines(left_out)) == ["2 left out: 2 not audio; see all with --json."]
    entries = left_out_fields(left_out)["entries"]
    assert entries == [
        {"path": "/music/LICENSE", "reason": "NOT_AUDIO"},
        {"path": "/music/cover.jpg", "reason": "NOT_AUDIO"},
    ]


def test_other_entries_are_named_beside_it() -> None:
    left_out = LeftOut()
    left_out.add("/music/LICENSE", Reason.NOT_AUDIO)
    left_out.add("/music/.git", Reason.HIDDEN)
    assert list(left_out_lines(left_out)) == [
        "left out: /music/.git (hidden)",
        "2 left out: 1 hidden, 1 not audio; see all with --json.",
    ]


def test_where_all_are_named_nothing_more_is_promised() -> None:
    left_out = LeftOut()
    left_out.add("/music/.git", Reason.HIDDEN)
    assert list(left_out_lines(left_out))[-1] == "1 left out: 1 hidden."


def test_a_folder_of_which_all_is_taken_is_told_nothing_of() -> None:
    assert list(left_out_lines(LeftOut())) == []
