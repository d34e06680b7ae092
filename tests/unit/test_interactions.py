"""Interactions as they are recorded, and who is hidden."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from segue.errors import InvalidArgument
from segue.interactions import (
    EARLIEST,
    NOBODY,
    EntryId,
    Forgetting,
    Interaction,
    InteractionKind,
    checked_interaction,
    milliseconds_of,
    moment_of,
)

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
PLAYED = Interaction("ann", "a", InteractionKind.PLAY, NOW, 12.5)


def test_entries_have_an_order_and_one_spelling() -> None:
    texts = ["5-0", "5-1", "5-10", "50-2", "1000-0"]
    entries = [EntryId.of(text) for text in texts]
    assert sorted(entries) == entries
    assert [str(entry) for entry in entries] == texts
    with pytest.raises(ValueError, match="invalid literal"):
        EntryId.of("5")


def test_a_moment_is_in_utc_and_whole_milliseconds() -> None:
    zone = timezone(timedelta(hours=-5))
    moment = datetime(2026, 3, 4, 0, 0, 0, 123_999, tzinfo=zone)
    checked = checked_interaction(replace(PLAYED, occurred_at=moment), now=NOW)
    assert checked.occurred_at == datetime(2026, 3, 4, 5, 0, 0, 123_000, tzinfo=UTC)
    assert checked.occurred_at.tzinfo is UTC
    assert moment_of(milliseconds_of(checked.occurred_at)) == checked.occurred_at
    assert milliseconds_of(EARLIEST) == 0


def test_the_bounds_are_taken() -> None:
    for edge in (EARLIEST, NOW + timedelta(days=1)):
        assert checked_interaction(replace(PLAYED, occurred_at=edge), now=NOW).occurred_at == edge
    for seconds in (0.0, 86_400.0):
        checked_interaction(replace(PLAYED, played_seconds=seconds), now=NOW)
    skipped = replace(PLAYED, kind=InteractionKind.SKIP)
    assert checked_interaction(skipped, now=NOW) == skipped


def test_a_field_is_named_with_its_place_and_without_the_listener() -> None:
    wrong = replace(PLAYED, user_id="marker" * 50)
    for field, path in (("", "user_id"), ("interactions[3]", "interactions[3].user_id")):
        with pytest.raises(InvalidArgument) as refused:
            checked_interaction(wrong, field, now=NOW)
        assert refused.value.field == path
        assert "marker" not in str(refused.value)


def test_who_is_hidden_up_to_where() -> None:
    hidden = Forgetting("this", {"ann": EntryId(5, 3)})
    assert [hidden.hides("ann", EntryId(5, number), "this") for number in (2, 3, 4)] == [
        *(True, True, False)
    ]
    assert hidden.hides("ann", EntryId(9, 0), "an earlier one")
    assert not hidden.hides("bob", EntryId(1, 0), "this")
    assert not NOBODY.hides("ann", EntryId(1, 0), "this")
