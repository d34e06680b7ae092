"""What the pages of a search have shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from segue.errors import InvalidPageToken
from segue.query.paging import PageTokens
from segue.query.shown import CLOCKS_APART, Shown
from segue.tracks import Track
from segue.v1.similarity_service_pb2 import SearchSimilarTracksRequest

NOW = datetime(2026, 5, 4, 3, 2, 1, 123_456, tzinfo=UTC)
BEGUN = Shown.nothing(NOW)


def test_it_comes_back_as_it_went() -> None:
    shown = BEGUN.then(["a", "b"]).then(["ç\ud800"])
    again = Shown.read(shown.cursor())
    assert again == shown
    assert [again.place(name) for name in ("a", "b", "ç\ud800", "d")] == [0, 1, 2, None]
    assert again.began == NOW.replace(microsecond=123_000)
    assert len(again) == 3


def test_the_token_of_the_deepest_page_can_be_read() -> None:
    shown = BEGUN.then([f"track {n}" for n in range(1_000)])
    tokens = PageTokens("secret")
    token = tokens.binding(SearchSimilarTracksRequest()).token(shown.cursor())
    assert len(token) < 7_000
    cursor = tokens.binding(SearchSimilarTracksRequest(page_token=token)).raw_cursor()
    assert cursor is not None
    assert Shown.read(cursor) == shown


@pytest.mark.parametrize("cursor", [b"", b"12345", b"123456", b"123456abcd", b"\xff" * 11])
def test_what_was_never_written_is_refused(cursor: bytes) -> None:
    with pytest.raises(InvalidPageToken):
        Shown.read(cursor)


def test_another_search_marks_the_same_track_in_another_way() -> None:
    later = Shown.nothing(NOW + timedelta(milliseconds=1))
    assert BEGUN.then(["a"]).marks != later.then(["a"]).marks


@pytest.mark.parametrize(
    ("after", "newer"),
    [
        (timedelta(0), False),
        (CLOCKS_APART - timedelta(seconds=1), False),
        (CLOCKS_APART + timedelta(seconds=1), True),
    ],
)
def test_clocks_may_differ(after: timedelta, newer: bool) -> None:
    shown = BEGUN.then(["a"])
    assert shown.is_older_than(Track("b", ingested_at=NOW + after)) is newer
    # On the first page nothing is: a clock that is ahead hides no track.
    assert not BEGUN.is_older_than(Track("b", ingested_at=NOW + after))


def test_a_track_of_no_known_time_is_not_newer() -> None:
    assert not BEGUN.then(["a"]).is_older_than(Track("b"))
