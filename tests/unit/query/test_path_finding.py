"""Paths over small catalogues whose possible lengths are known."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from prometheus_client import REGISTRY

from segue.index.exact import ExactIndex
from segue.query.path_finding import PathQuery, find_path
from segue.tracks import EmbeddedTrack, Track, TrackMetadata

SPACE = "test-v1"
NOW = datetime(2026, 5, 4, tzinfo=UTC)


def stored(track_id: str, degrees: float, artist: str) -> EmbeddedTrack:
    angle = np.radians(degrees)
    return EmbeddedTrack(
        Track(track_id, TrackMetadata(artist=artist), ingested_at=NOW),
        SPACE,
        np.array([np.cos(angle), np.sin(angle)], dtype=np.float32),
    )


@pytest.fixture
async def index() -> ExactIndex:
    """Two ends, forty tracks by one artist between them, and five by as many others."""
    opened = ExactIndex(space=SPACE, dimension=2)
    await opened.upsert(
        [
            stored("start", 0, "Ann"),
            stored("end", 84, "Bob"),
            *(stored(f"cleo{n}", 4 + 1.9 * n, "Cleo") for n in range(40)),
            *(stored(f"other{n}", 12 * (n + 1), f"Other {n}") for n in range(5)),
        ]
    )
    return opened


@pytest.mark.parametrize("random_seed", range(6))
async def test_a_random_seed_makes_no_path_shorter(index: ExactIndex, random_seed: int) -> None:
    # One track of each artist: six lie between the ends, of which none may be left out.
    found = await find_path(index, PathQuery("start", "end", 8, random_seed=random_seed), ())
    assert found.shortfall == ""
    assert len({track.metadata.artist for track in found.tracks}) == len(found.tracks) == 8


async def test_a_path_that_cannot_be_longer_says_so(index: ExactIndex) -> None:
    found = await find_path(index, PathQuery("start", "end", 9, random_seed=3), ())
    assert len(found.tracks) == 8
    assert found.shortfall.startswith("the path has 8 of 9 tracks")


async def test_what_the_engine_is_asked_for_is_counted(index: ExactIndex) -> None:
    def counted() -> tuple[float, float, float]:
        asked = REGISTRY.get_sample_value
        stage = {"stage": "ann"}
        return (
            asked("segue_engine_searches_count") or 0.0,
            asked("segue_engine_searches_sum") or 0.0,
            asked("segue_query_stage_seconds_count", stage) or 0.0,
        )

    paths, searches, timed = counted()
    await find_path(index, PathQuery("start", "end", 5), ())
    # About each of the three waypoints.
    assert counted() == (paths + 1, searches + 3, timed + 1)
    await find_path(index, PathQuery("start", "end", 2), ())
    assert counted() == (paths + 1, searches + 3, timed + 1)
