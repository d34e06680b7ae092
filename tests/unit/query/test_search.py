"""Pages of searches over small catalogues, compared with brute force."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segue.index.exact import ExactIndex
from segue.query.candidates import KnownSeeds, NearestToOne
from segue.query.rules import Drop, albums_of, artists_of
from segue.query.search import MOST_SEARCHES, Page, SimilarityQuery, SimilaritySearch
from segue.query.shown import Shown
from segue.tracks import EmbeddedTrack, LabelMatch, Track, TrackFilter, TrackMetadata
from segue.variety import Variety

SPACE = "test-v1"
NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
SEED = np.array([1.0, 0.0], dtype=np.float32)


def stored(
    track_id: str,
    degrees: float,
    artists: Sequence[str] = (),
    album: str = "",
    *,
    recording: str = "",
    at: datetime = NOW,
) -> EmbeddedTrack:
    angle = np.radians(degrees)
    metadata = TrackMetadata(artists=tuple(artists), album=album)
    track = Track(track_id, metadata, recording=recording, ingested_at=at)
    vector = np.array([np.cos(angle), np.sin(angle)], dtype=np.float32)
    return EmbeddedTrack(track, SPACE, vector)


async def opened(tracks: Sequence[EmbeddedTrack]) -> ExactIndex:
    index = ExactIndex(space=SPACE, dimension=2)
    await index.upsert(tracks)
    groups = {one.track.track_id: one.track.recording for one in tracks if one.track.recording}
    found = await index.get(list(groups))
    assert await index.recordings.assign(groups, list(found.values()))
    return index


def search() -> SimilaritySearch:
    return SimilaritySearch(None, collaborative_timeout_seconds=1.0)


async def page(
    index: ExactIndex,
    size: int,
    variety: Variety = Variety(),
    *,
    shown: Shown | None = None,
    where: TrackFilter = TrackFilter(),
    all_copies: bool = False,
    seeds: KnownSeeds | None = None,
) -> Page:
    candidates = NearestToOne(index, seeds or KnownSeeds(), SEED)
    begun = Shown.nothing(NOW) if shown is None else shown
    query = SimilarityQuery(
        candidates, size, begun, where=where, variety=variety, all_copies=all_copies
    )
    return await search().page(index, query)


async def pages(index: ExactIndex, size: int, variety: Variety) -> list[str]:
    """Ids on all pages."""
    shown = Shown.nothing(NOW)
    found: list[str] = []
    while True:
        answer = await page(index, size, variety, shown=shown)
        found += ids(answer)
        if not answer.more:
            return found
        assert answer.answers
        shown = Shown.read(shown.then(ids(answer)).cursor())


def ids(answer: Page) -> list[str]:
    return [one.neighbour.track.track_id for one in answer.answers]


def brute_force(tracks: Sequence[EmbeddedTrack], size: int, variety: Variety) -> list[str]:
    """The rules, one candidate after the other, over everything there is."""
    order = sorted(tracks, key=lambda one: (-float(one.vector @ SEED), one.track.track_id))
    artists: Counter[str] = Counter()
    albums: Counter[str] = Counter()
    recordings: set[str] = set()
    left: list[Track] = []
    for track in (one.track for one in order):
        full = (
            variety.most_per_artist
            and any(artists[name] >= variety.most_per_artist for name in artists_of(track))
        ) or (
            variety.most_per_album
            and any(albums[name] >= variety.most_per_album for name in albums_of(track))
        )
        if full or (track.recording and track.recording in recordings):
            continue
        artists.update(artists_of(track))
        albums.update(albums_of(track))
        recordings.add(track.recording)
        left.append(track)
    answers: list[Track] = []
    while left and len(answers) < size:
        recent = answers[-variety.most_in_a_row :] if variety.most_in_a_row else []
        run = frozenset[str]()
        if len(recent) == variety.most_in_a_row and recent:
            run = frozenset.intersection(*map(artists_of, recent))
        fitting = (one for one in left if artists_of(one).isdisjoint(run))
        chosen = next(fitting, left[0])
        left.remove(chosen)
        answers.append(chosen)
    return [track.track_id for track in answers]


names = st.lists(st.sampled_from(["Ada", "ADA", "Björk", "Carla", "Dee", "  "]), max_size=2)


@st.composite
def catalogues(draw: st.DrawFn) -> list[EmbeddedTrack]:
    number = draw(st.integers(0, 40))
    degrees = draw(st.permutations(range(1, number + 1)))
    return [
        stored(
            f"t{place:02d}",
            2.0 * angle,
            draw(names),
            draw(st.sampled_from(["", "One", "one", "Two"])),
            recording=draw(st.sampled_from(["", "", "", "r1", "r2"])),
        )
        for place, angle in enumerate(degrees)
    ]


varieties = st.builds(
    Variety,
    most_per_artist=st.integers(0, 3),
    most_per_album=st.integers(0, 6),
    most_in_a_row=st.integers(0, 2),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(catalogues(), varieties, st.integers(1, 12))
def test_a_page_is_what_brute_force_finds(
    tracks: list[EmbeddedTrack], variety: Variety, size: int
) -> None:
    async def found() -> Page:
        return await page(await opened(tracks), size, variety)

    assert ids(asyncio.run(found())) == brute_force(tracks, size, variety)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(catalogues(), varieties, st.integers(1, 7))
def test_pages_together_are_one_long_page(
    tracks: list[EmbeddedTrack], variety: Variety, size: int
) -> None:
    async def found() -> list[str]:
        return await pages(await opened(tracks), size, variety)

    assert asyncio.run(found()) == brute_force(tracks, 100, variety)
