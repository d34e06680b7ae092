"""CSV files of interactions: what a row says, and what is said of one that says nothing."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from segue.cli.interaction_rows import read_interactions
from segue.errors import InteractionsUnusable
from segue.interactions import Interaction, InteractionKind

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
HEADER = "user_id,track_id,kind,occurred_at,played_seconds\n"
PLAY, SKIP, LIKE, DISLIKE = InteractionKind


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "played.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def complaint(path: Path) -> str:
    with pytest.raises(InteractionsUnusable) as refused:
        read_interactions(path, now=NOW)
    assert refused.value.reason == "INTERACTIONS_UNUSABLE"
    assert refused.value.next_step
    return str(refused.value)


def test_rows_say_who_what_and_when(tmp_path: Path) -> None:
    text = HEADER + (
        'ann,"a, b",play,2026-03-01T10:00:00+01:00,12.5\n'
        "\n"
        "ann,c,like,,\n"
        "bé,d,skip,1700000000.25,3\n"
        "bob,d,dislike,2026-03-01 10:00:00,\n"
    )
    path = written(tmp_path, "\ufeff" + text)
    read = read_interactions(path, now=NOW)
    moment = datetime(2026, 3, 1, 10, tzinfo=timezone(timedelta(hours=1)))
    assert list(read.interactions) == [
        Interaction("ann", "a, b", PLAY, moment, 12.5),
        Interaction("ann", "c", LIKE, NOW),
        Interaction("bé", "d", SKIP, datetime(2023, 11, 14, 22, 13, 20, 250_000, tzinfo=UTC), 3),
        Interaction("bob", "d", DISLIKE, datetime(2026, 3, 1, 10, tzinfo=UTC)),
    ]
    assert read.content_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_columns_come_in_any_order_and_some_may_be_missing(tmp_path: Path) -> None:
    path = written(tmp_path, "kind,more,track_id,user_id\nplay,x,a,ann\n")
    assert list(read_interactions(path, now=NOW).interactions) == [
        Interaction("ann", "a", PLAY, NOW)
    ]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (",a,play,,", "user_id: must not be empty"),
        ("ann,,play,,", "track_id: must not be empty"),
        ("marker,a,listened,,", "kind: is none of play, skip, like, dislike"),
        ("marker,a,,,", "kind: is none of"),
        ("marker,a,play,yesterday,", "occurred_at: is neither a moment"),
        ("marker,a,play,1e300,", "occurred_at: is neither a moment"),
        ("marker,a,play,nan,", "occurred_at: is neither a moment"),
        ("marker,a,play,1969-01-01,", "occurred_at: lies before 1970"),
        ("marker,a,play,2026-03-06,", "occurred_at: lies before 1970, or more than a day ahead"),
        ("marker,a,play,,long", "played_seconds: is no number"),
        ("marker,a,play,,inf", "played_seconds: is no number"),
        ("marker,a,play,,-1", "played_seconds: -1 lies outside"),
        ("marker,a,like,,5", "played_seconds: only plays and skips last"),
        ("marker,a,play", "row: has another number of columns"),
        ("marker\x07,a,play,,", "user_id: holds the control character"),
    ],
)
def test_a_wrong_row_is_named_by_its_line_and_no_listener_by_anything(
    tmp_path: Path, row: str, said: str
) -> None:
    told = complaint(written(tmp_path, f"{HEADER}ann,a,play,,\n{row}\n"))
    assert "1 of 2 rows are none" in told
    assert f"line 3: {said}" in told
    assert "marker" not in told


def test_of_many_wrong_rows_ten_are_named(tmp_path: Path) -> None:
    told = complaint(written(tmp_path, HEADER + ",a,play,,\n" * 25))
    assert told.count("line ") == 10
    assert told.endswith("; and 15 more")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "lacks user_id, track_id, kind"),
        ("user_id,track_id\n", "lacks kind"),
        (b"user_id,track_id,kind\nann,\xff,play\n", "is no CSV file in UTF-8"),
        ('user_id,track_id,kind\nann,"a"b,play\n', "is no CSV file in UTF-8"),
        ('user_id,track_id,kind\nann,"a,play\n', "is no CSV file in UTF-8"),
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path: Path, text: str | bytes, said: str) -> None:
    assert said in complaint(written(tmp_path, text))


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    assert "No such file" in complaint(tmp_path / "nowhere.csv")
    assert "directory" in complaint(tmp_path)
