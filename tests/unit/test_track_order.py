"""Orders as they are asked for, and numbers that rise as texts do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from segue.track_order import (
    LONGEST_TEXT,
    TrackOrder,
    order_number,
    order_place,
    order_text,
    text_numbers,
)
from segue.tracks import Track, TrackMetadata


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("", None), ("  ", None), ("year", TrackOrder("year")), ("album asc", TrackOrder("album")),
        ("year desc", TrackOrder("year", True)), ("  title   desc ", TrackOrder("title", True)),
    ],
)  # fmt: skip
def test_orders_are_read(text: str, order: TrackOrder | None) -> None:
    assert TrackOrder.of(text) == order


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("genre", "by 'genre': name one of title"),
        ("year down", "'down' is no direction"),
        ("year desc desc", "no direction"),
        ("artist, year", "one field"),
        ("Title", "by 'Title'"),
    ],
)
def test_what_is_no_order_is_told_of(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        TrackOrder.of(text)


@given(st.text(), st.text())
@example("!a", "#")
@example("\U0010ffff0", "\U0010fffe1")
@example("abcdefgh", "abcdefghi")
@example("", "\0")
def test_numbers_rise_as_texts_do(one: str, other: str) -> None:
    small, large = sorted((one, other))
    for count in (1, 3):
        numbers = text_numbers(small, count), text_numbers(large, count)
        assert numbers[0] <= numbers[1]
        assert all(0.0 <= number < 2.0**48 for number in (*numbers[0], *numbers[1]))
        assert numbers[0][:1] == text_numbers(small, 1)


def test_numbers_tell_the_first_letters_apart() -> None:
    texts = ["", " ", "0", "9", "a", "a a", "ab", "b", "symphonia", "symphonie", "z", "я", "夜"]
    first = [text_numbers(text, 1) for text in texts]
    assert first == sorted(first)
    assert text_numbers("symphonia", 1) == text_numbers("symphonie", 1)  # eight letters
    assert len(set(first)) == len(texts) - 1
    assert len({text_numbers(text, 2) for text in texts}) == len(texts)
    long = "symphony no 9 in d minor"
    assert text_numbers(long, 3)[0] == text_numbers("symphony", 1)[0]
    assert text_numbers(long, 3)[2] == text_numbers(long[16:], 1)[0]
    assert text_numbers("夜に駆ける", 2) > text_numbers("夜に", 2)


def test_a_track_stands_by_what_is_known_of_it() -> None:
    told = datetime(2026, 1, 2, tzinfo=UTC) + timedelta(microseconds=7)
    track = Track(
        "x",
        TrackMetadata(artist="The  Örtchen & Co.", year=0),
        source_uri="file:///m/01%20-%20Air.mp3",
        ingested_at=told,
    )
    assert order_text(track, "artist") == "the ortchen co"
    assert order_text(track, "title") == "01 air mp3"
    assert order_place(track, "album") is None
    assert order_place(track, "duration_seconds") is None
    assert order_place(track, "year") == (0, "")
    assert order_number(track, "ingested_at") == told.timestamp() // 1 * 1_000_000 + 7
    long = Track("y", TrackMetadata("word " * 100))
    assert len(order_text(long, "title")) <= LONGEST_TEXT
