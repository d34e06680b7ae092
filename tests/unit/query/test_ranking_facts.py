"""What a ranker is told of candidates, and searches that a published ranker orders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest
from prometheus_client import REGISTRY

from segue.embedding.halves import Half
from segue.index.exact import ExactIndex
from segue.mix import FusionMethod, Mix
from segue.query.candidates import KnownSeeds, NearestToOne
from segue.query.ranking_facts import FactFinder
from segue.query.search import Page, SimilarityQuery, SimilaritySearch
from segue.query.seeds import SeedSearch
from segue.query.shown import Shown
from segue.ranking.ranker import Features, Ranker
from segue.seeds import MatchLevel, Seeds, SeedStrategy, TrackSeed, VectorSeed, WeightedSeed
from segue.tracks import EmbeddedTrack, Segment, Track, TrackMetadata

SPACE = "test-v1"
NOW = datetime(2026, 5, 4, tzinfo=UTC)
HALVES = (Half("sound", 2, 0.5), Half("style", 2, 0.5))
ROOT = 0.5**0.5


def whole(sound: float, style: float) -> np.ndarray:
    """A song vector whose halves have these angles in degrees."""
    both = [np.array([np.cos(one), np.sin(one)]) for one in np.radians([sound, style])]
    return np.concatenate(both).astype(np.float32) * np.float32(ROOT)


def stored(
    track_id: str,
    sound: float,
    style: float,
    *,
    genres: Sequence[float] | None = (1.0, 0.0),
    passage: tuple[float, float] | None = None,
    artist: str = "",
    album: str = "",
) -> EmbeddedTrack:
    return EmbeddedTrack(
        Track(track_id, TrackMetadata(artist=artist, album=album), ingested_at=NOW),
        SPACE,
        whole(sound, style),
        None if genres is None else np.array(genres, np.float32),
        [Segment(0, 0.0, 10.0, whole(*passage))] if passage else [],
    )


TRACKS = [
    stored("seed", 0, 0, artist="Ann", album="One"),
    stored("a", 60, 0, genres=(0.0, 1.0), passage=(0, 0), artist="ANN", album="Two"),
    stored("b", 0, 90, genres=None, artist="Bob feat. Ann", album="one"),
    stored("c", 90, 90, genres=(1.0, 0.0), passage=(90, 0)),
]
EVERY = frozenset({"passage", "genre", "sound", "style", "same_artist", "same_album"})


@pytest.fixture
async def index() -> ExactIndex:
    opened = ExactIndex(space=SPACE, dimension=4, genre_dimension=2)
    await opened.upsert(TRACKS)
    return opened


async def test_everything_is_told_of_one_stored_seed(index: ExactIndex) -> None:
    finder = FactFinder(index, KnownSeeds(frozenset({"seed"})), EVERY, HALVES)
    await finder.learn(["a", "b"])
    await finder.learn(["a", "b", "c"])
    facts = finder.facts
    assert facts.passage == pytest.approx({"a": 1.0, "c": 0.5}, abs=1e-6)
    assert facts.genre == pytest.approx({"a": 0.0, "c": 1.0}, abs=1e-6)
    assert facts.sound == pytest.approx({"a": 0.5, "b": 1.0, "c": 0.0}, abs=1e-6)
    assert facts.style == pytest.approx({"a": 1.0, "b": 0.0, "c": 0.0}, abs=1e-6)
    tracks = await index.get(["a", "b", "c"])
    assert [facts.same_artist(tracks[name]) for name in "abc"] == [1.0, 0.0, 0.0]
    assert [facts.same_album(tracks[name]) for name in "abc"] == [0.0, 1.0, 0.0]
    assert finder.engine_searches == 4


async def test_nothing_is_asked_that_is_not_used(index: ExactIndex) -> None:
    finder = FactFinder(index, KnownSeeds(frozenset({"seed"})), {"acoustic", "year"}, HALVES)
    await finder.learn(["a", "b", "c"])
    assert finder.engine_searches == 0
    assert not finder.facts.passage
    assert not finder.facts.sound
    assert finder.facts.seed_artists == frozenset()


async def test_of_several_seeds_only_artists_and_albums_are_known(index: ExactIndex) -> None:
    finder = FactFinder(index, KnownSeeds(frozenset({"seed", "c"})), EVERY, HALVES)
    await finder.learn(["a", "b"])
    assert (finder.facts.passage, finder.facts.genre, finder.facts.sound) == ({}, {}, {})
    assert finder.facts.seed_artists == {"ann"}


async def test_a_seed_against_is_not_the_seed(index: ExactIndex) -> None:
    seeds = KnownSeeds(
        frozenset({"seed", "c"}), against_ids=frozenset({"seed"}), several=True, vector=whole(90, 0)
    )
    finder = FactFinder(index, seeds, EVERY, HALVES)
    await finder.learn(["a", "b"])
    assert finder.facts.seed_artists == frozenset()
    assert not finder.facts.genre
    # A vector for, and one track that is against it.
    seeds = KnownSeeds(
        frozenset({"seed"}), against_ids=frozenset({"seed"}), several=True, vector=whole(90, 0)
    )
    finder = FactFinder(index, seeds, EVERY, HALVES)
    await finder.learn(["a", "b"])
    assert (finder.facts.seed_artists, finder.facts.genre) == (frozenset(), {})
    assert finder.facts.sound == pytest.approx({"a": np.cos(np.radians(30)), "b": 0.0}, abs=1e-6)


@pytest.mark.parametrize("strategy", [None, SeedStrategy.BEST_SCORE])
@pytest.mark.parametrize("level", [MatchLevel.TRACK, MatchLevel.PASSAGE])
async def test_a_ranker_is_told_the_same_in_every_view(
    index: ExactIndex, level: MatchLevel, strategy: SeedStrategy | None
) -> None:
    seeds = Seeds(
        [
            WeightedSeed(TrackSeed("c"), 1.0),
            WeightedSeed(VectorSeed(whole(10, 80)), 0.5),
            WeightedSeed(TrackSeed("seed"), -1.0),
        ],
        strategy=strategy,
        level=level,
    )
    told = []
    for full in (False, True):
        candidates = await SeedSearch().candidates(
            index, None, seeds, with_tracks=full, with_vectors=full, whole=full
        )
        finder = FactFinder(index, candidates.seeds, EVERY, HALVES)
        await finder.learn(["a", "b"])
        told.append(finder.facts)
    assert told[0] == told[1]
    assert told[0].seed_artists == frozenset()


async def test_a_vector_alone_is_compared_too(index: ExactIndex) -> None:
    finder = FactFinder(index, KnownSeeds(vector=whole(0, 0)), EVERY, HALVES)
    await finder.learn(["a", "b"])
    assert finder.facts.passage == pytest.approx({"a": 1.0}, abs=1e-6)
    assert finder.facts.sound == pytest.approx({"a": 0.5, "b": 1.0}, abs=1e-6)
    assert not finder.facts.genre


async def test_a_model_without_halves_tells_none(index: ExactIndex) -> None:
    finder = FactFinder(index, KnownSeeds(frozenset({"seed"})), EVERY, ())
    await finder.learn(["a"])
    assert not finder.facts.sound


class ByPassage:
    """A ranker that likes passages."""

    space = SPACE
    uses = frozenset({"passage"})

    def order(self, features: Features) -> Sequence[float]:
        return np.nan_to_num(features.passage, nan=-1.0).tolist()


class Held:
    version = "1"

    def __init__(self, ranker: Ranker | None, why: str = "") -> None:
        self.answer = ranker, why

    def fitting(self, space: str) -> tuple[Ranker | None, str]:
        assert space == SPACE
        return self.answer


class Liked:
    """A recommender of one opinion."""

    async def scores(self, query: object, *, timeout_seconds: float) -> dict[str, float]:
        return {"b": 1.0}

    async def close(self) -> None:
        """Nothing is held open."""


async def found(
    index: ExactIndex, held: Held, mix: Mix | None, *, whole_tracks: bool = True
) -> Page:
    search = SimilaritySearch(Liked(), collaborative_timeout_seconds=1.0, rankers=held)
    candidates = NearestToOne(index, KnownSeeds(frozenset({"seed"})), None, track_id="seed")
    return await search.page(
        index,
        SimilarityQuery(
            candidates,
            10,
            Shown.nothing(NOW),
            mix=mix,
            halves=HALVES,
            whole_tracks=whole_tracks,
        ),
    )


def ids(page: Page) -> list[str]:
    return [one.neighbour.track.track_id for one in page.answers]


async def test_a_published_ranker_orders_a_mix_that_names_no_method(index: ExactIndex) -> None:
    page = await found(index, Held(ByPassage()), Mix(user_id="u"))
    assert ids(page) == ["a", "c", "b"]
    assert (page.explanation.ranker, page.explanation.fallback) == ("learned", "")
    assert page.explanation.engine_searches == 2


@pytest.mark.parametrize(
    ("mix", "whole_tracks", "ranker"),
    [
        (None, True, "acoustic"),
        (Mix(FusionMethod.RECIPROCAL_RANK), True, "reciprocal_rank"),
        (Mix(weight=0.5), True, "weighted_sum"),
        (Mix(scores={"b": 2.0}), True, "weighted_sum"),
        (Mix(), False, "weighted_sum"),
    ],
)
async def test_what_a_ranker_has_not_learned_is_fused(
    index: ExactIndex, mix: Mix | None, whole_tracks: bool, ranker: str
) -> None:
    page = await found(index, Held(ByPassage()), mix, whole_tracks=whole_tracks)
    assert (page.explanation.ranker, page.explanation.fallback) == (ranker, "")


async def test_why_a_ranker_is_not_used_is_said(index: ExactIndex) -> None:
    labels = {"missing": "ranker"}
    before = REGISTRY.get_sample_value("segue_search_fallbacks_total", labels) or 0
    page = await found(index, Held(None, "it is of an older space"), Mix())
    assert REGISTRY.get_sample_value("segue_search_fallbacks_total", labels) == before + 1
    assert page.explanation.ranker == "weighted_sum"
    assert page.explanation.fallback == "it is of an older space"
