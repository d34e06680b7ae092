"""Groups follow from the pairs, in whatever order they are asked for."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from segue.recordings.components import components, recording_name

NAMES = "abcdefgh"
PAIRS = st.sets(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)))


async def grouped(first: Iterable[str], pairs: set[tuple[str, str]]) -> list[set[str]]:
    async def neighbours(one: str, known: set[str]) -> set[str]:
        linked = {b for a, b in pairs if a == one} | {a for a, b in pairs if b == one}
        return linked - known

    return [group async for group in components(first, neighbours)]


def joined(pairs: set[tuple[str, str]]) -> set[frozenset[str]]:
    """The same by merging sets until nothing changes."""
    groups = [{name} for name in NAMES]
    for one, other in pairs:
        touched = [group for group in groups if one in group or other in group]
        groups = [group for group in groups if group not in touched] + [set().union(*touched)]
    return set(map(frozenset, groups))


@given(PAIRS, st.permutations(NAMES))
async def test_every_track_is_in_one_group(pairs: set[tuple[str, str]], order: list[str]) -> None:
    groups = await grouped(order, pairs)
    assert sorted(name for group in groups for name in group) == list(NAMES)
    assert set(map(frozenset, groups)) == joined(pairs)


async def test_only_groups_of_the_tracks_that_are_asked_for_are_given() -> None:
    assert await grouped("a", {("a", "b"), ("b", "c"), ("d", "e")}) == [{"a", "b", "c"}]


def test_the_name_follows_from_the_members() -> None:
    assert recording_name(["b", "a"]) == recording_name({"a", "b", "c"})
    assert recording_name(["b", "c"]) != recording_name(["a", "c"])
