"""Seeds mean the same on every engine: what each finds is what the oracle finds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from neighbours import TOLERANCE
from segue.index.exact import ExactIndex
from segue.index.port import TrackIndex
from segue.query.candidates import Candidates
from segue.query.seeds import SeedSearch
from segue.seeds import (
    MatchLevel,
    PassageSeed,
    PlaylistSeed,
    Seed,
    Seeds,
    SeedStrategy,
    TrackSeed,
    WeightedSeed,
)
from segue.tracks import EmbeddedTrack, LabelMatch, Neighbour, TrackFilter

Catalogue = Callable[..., list[EmbeddedTrack]]

ONE_LEVEL = [MatchLevel.TRACK, MatchLevel.PASSAGE, MatchLevel.GENRE_SPACE]
FILTERS = [TrackFilter(), TrackFilter(genres=LabelMatch(any_of=("jazz", "folk")))]


def assert_alike(found: Sequence[Neighbour], right: Sequence[Neighbour]) -> None:
    """The same tracks with the same similarities; those that lie as near may change places."""
    assert len(found) == len(right)
    np.testing.assert_allclose(
        [one.similarity for one in found], [one.similarity for one in right], atol=2 * TOLERANCE
    )
    similarities = {one.track.track_id: one.similarity for one in right}
    for one in found:
        expected = similarities.get(one.track.track_id, right[-1].similarity)
        assert one.similarity == pytest.approx(expected, abs=2 * TOLERANCE)


async def assert_same_everywhere(
    indexes: Sequence[TrackIndex], seeds: Seeds, where: TrackFilter, *, by_id: bool = False
) -> None:
    """What the first index, the oracle, finds, every one does; also among given tracks."""
    found: list[Candidates] = [
        await SeedSearch().candidates(index, None, seeds, with_vectors=not by_id)
        for index in indexes
    ]
    for limit in (1, 12, 1_000):
        right, *others = [await one.nearest(limit, where) for one in found]
        assert right
        for other in others:
            assert_alike(other, right)
    some = [one.track.track_id for one in right[::2]]
    chosen, *others = [await one.among(some, where) for one in found]
    assert [one.track.track_id for one in chosen] == some
    for other in others:
        assert_alike(other, chosen)


@pytest.fixture
async def both(
    index: TrackIndex, oracle: ExactIndex, catalogue: Catalogue
) -> tuple[list[TrackIndex], list[str]]:
    """Oracle and index with one catalogue, and ids of tracks that have all that is compared."""
    tracks = catalogue(60)
    for one in (oracle, index):
        await one.upsert(tracks)
    whole = [one.track.track_id for one in tracks if one.segments and one.genre_vector is not None]
    return [oracle, index], whole


@pytest.mark.parametrize("where", FILTERS, ids=["every", "some"])
@pytest.mark.parametrize("level", ONE_LEVEL)
async def test_a_stored_track_by_its_id(
    both: tuple[list[TrackIndex], list[str]], level: MatchLevel, where: TrackFilter
) -> None:
    indexes, names = both
    await assert_same_everywhere(indexes, Seeds.of(TrackSeed(names[3]), level), where, by_id=True)


@pytest.mark.parametrize("where", FILTERS, ids=["every", "some"])
@pytest.mark.parametrize("level", ONE_LEVEL)
@pytest.mark.parametrize("strategy", SeedStrategy)
async def test_seeds_for_and_against(
    both: tuple[list[TrackIndex], list[str]],
    level: MatchLevel,
    where: TrackFilter,
    strategy: SeedStrategy,
) -> None:
    indexes, names = both
    kinds: list[tuple[Seed, float]] = [
        (TrackSeed(names[0]), 1.0),
        (TrackSeed(names[1]), 2.5),
        (PlaylistSeed(tuple(names[2:8])), 1.0),
        (TrackSeed(names[9]), -1.0),
    ]
    if level is not MatchLevel.GENRE_SPACE:
        kinds.append((PassageSeed(names[8], 0.5, 15.0), 0.5))
    weighted = [WeightedSeed(seed, weight) for seed, weight in kinds]
    seeds = Seeds(weighted, strategy=strategy, level=level)
    await assert_same_everywhere(indexes, seeds, where)


@pytest.mark.parametrize("where", FILTERS, ids=["every", "some"])
async def test_late_interaction(
    both: tuple[list[TrackIndex], list[str]], where: TrackFilter
) -> None:
    indexes, names = both
    await assert_same_everywhere(
        indexes, Seeds.of(TrackSeed(names[3]), MatchLevel.LATE_INTERACTION), where
    )
