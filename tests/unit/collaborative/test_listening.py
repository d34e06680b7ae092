"""What plays, skips and likes weigh, and that bad rows are named and nobody is."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from segue.collaborative.listening import Gathering, Listening, csv_rows
from segue.errors import InteractionsUnusable


def gathered(*rows: dict[str, Any]) -> Listening:
    gathering = Gathering()
    gathering.add("rows", enumerate(rows, start=1))
    return gathering.listening()


def row(kind: str = "play", *, user: str = "ann", track: str = "a", **more: Any) -> dict[str, Any]:
    return {"user_id": user, "track_id": track, "kind": kind, **more}


@pytest.mark.parametrize(
    ("rows", "weight"),
    [
        ([row()], 1.0),
        ([row(), row(), row()], 1.0),
        ([row(played_seconds=15)], 0.585),  # log2(1.5)
        ([row(played_seconds="300.5")], 1.0),
        ([row(), row("skip")], 0.5),
        ([row("like")], 1.0),
        ([row("like"), row()], 2.0),
        ([row("like"), row("skip")], 0.5),
        ([row("dislike", occurred_at=10), row("like", occurred_at="1970-01-01T00:00:20")], 1.0),
        ([row(), row("like", occurred_at=5), row("dislike", occurred_at=4)], 2.0),
        ([{"user_id": "ann", "track_id": "a", "weight": "0.5"}], 0.585),
        ([{"user_id": "ann", "track_id": "a", "weight": 250, "kind": None}], 1.0),
    ],
)
def test_weights(rows: list[dict[str, Any]], weight: float) -> None:
    listening = gathered(*rows, row(user="bob"))
    assert listening.weights.toarray()[0, 0] == pytest.approx(weight, abs=1e-3)


@pytest.mark.parametrize(
    "rows", [[row("skip")], [row(), row("dislike")], [row(), row("skip"), row("skip"), row("skip")]]
)
def test_what_is_not_liked_is_not_there(rows: list[dict[str, Any]]) -> None:
    listening = gathered(*rows, row(user="bob", track="b"))
    assert (listening.user_ids, listening.track_ids) == (["bob"], ["b"])


def test_listeners_and_tracks_are_sorted_and_counted() -> None:
    listening = gathered(
        row(user="é", track="b"), row(user="ann", track="b"), row(user="é", track="a")
    )
    assert (listening.user_ids, listening.track_ids) == (["ann", "é"], ["a", "b"])
    assert listening.listeners.tolist() == [1, 2]


BAD = {
    "user_id: must": row(user=""),
    "track_id: must": row(track=""),
    "control character": row(track="a\x00"),
    "256": row(user="u" * 300),
    "none of": row("heard"),
    "not both": row(weight=3),
    "is to be given": row(""),
    "weight: lies outside": {"user_id": "ann", "track_id": "a", "weight": "-1"},
    "weight: is no number": {"user_id": "ann", "track_id": "a", "weight": "much"},
    "weight: is not finite": {"user_id": "ann", "track_id": "a", "weight": "inf"},
    "played_seconds": row(played_seconds=1e6),
    "occurred_at": row(occurred_at="yesterday"),
}


@pytest.mark.parametrize("reason", BAD)
def test_a_row_that_is_none_is_named_by_its_number(reason: str) -> None:
    with pytest.raises(InteractionsUnusable, match="rows:2: ") as caught:
        gathered(row(), BAD[reason], row(track="b"))
    assert reason in str(caught.value)
    assert "1 of 3 rows" in str(caught.value)
    assert "ann" not in str(caught.value)


def test_of_many_bad_rows_the_first_are_named() -> None:
    with pytest.raises(InteractionsUnusable, match=r"40 of 40 rows.*rows:10: .*and 30 more"):
        gathered(*[row("heard")] * 40)


def test_nothing_to_learn_from_is_told() -> None:
    with pytest.raises(InteractionsUnusable, match="0 rows"):
        gathered()


def test_a_moment_may_be_a_date_with_a_zone() -> None:
    moments = ["2026-01-01T01:00:00+01:00", datetime(2026, 1, 1, tzinfo=UTC), 1767225600]
    for later in moments:
        listening = gathered(row("dislike", occurred_at=1767225599), row("like", occurred_at=later))
        assert listening.weights.nnz == 1


def test_csv_files(tmp_path: Path) -> None:
    path = tmp_path / "likes.csv"
    path.write_text(
        '\ufeffuser_id,of,track_id,kind\nann,x,"a, b",play\n\nbob,x,c,like\n', encoding="utf-8"
    )
    gathering = Gathering()
    gathering.add("likes.csv", csv_rows(path))
    assert gathering.listening().track_ids == ["a, b", "c"]
    path.write_text("user_id,track_id,kind\nann,a\n")
    gathering.add("likes.csv", csv_rows(path))
    with pytest.raises(InteractionsUnusable, match=r"likes\.csv:2: user_id"):
        gathering.listening()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "lacks columns: user_id, track_id, kind or weight"),
        (b"user_id,score\n", "lacks columns: track_id, kind or weight"),
        (b"user_id,track_id,kind\n\xff,a,play\n", "no CSV"),
        (b'user_id,track_id,kind\n"a"b,a,play\n', "no CSV"),
    ],
)
def test_files_that_are_none(tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(data)
    with pytest.raises(InteractionsUnusable, match=reason):
        list(csv_rows(path))
    with pytest.raises(InteractionsUnusable, match="cannot be read"):
        list(csv_rows(tmp_path / "none.csv"))
