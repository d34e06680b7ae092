"""Seeds of every kind, against brute force over a small random catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pytest

from segue.audio.front_end import FrontEnd
from segue.embedding.halves import Half
from segue.embedding.model import ModelCard
from segue.errors import (
    GenreSpaceMissing,
    HalvesMissing,
    InvalidArgument,
    InvalidVector,
    ListenerUnknown,
    PassageMissing,
    SeedsAllNegative,
    SeedsContradictory,
    SeedsUnknown,
    SegueError,
    SpaceMismatch,
    TrackNotFound,
)
from segue.index.exact import ExactIndex
from segue.interactions import InteractionKind, RecentPlay
from segue.query.late_interaction import MOST_PASSAGES, thinned
from segue.query.seeds import SeedSearch
from segue.seeds import (
    ArtistSeed,
    ListenerSeed,
    MatchLevel,
    PassageSeed,
    PlaylistSeed,
    Seed,
    Seeds,
    SeedStrategy,
    TrackSeed,
    VectorSeed,
    WeightedSeed,
)
from segue.tracks import (
    EmbeddedTrack,
    LabelMatch,
    Neighbour,
    Segment,
    Track,
    TrackFilter,
    TrackMetadata,
    genre_similarity,
)

DIMENSION = 12
HALVES = (Half("sound", 4, 0.3), Half("style", 8, 0.7))
CARD = ModelCard("m", 1, DIMENSION, FrontEnd(), genres=("a", "b", "c"), halves=HALVES)
NOW = datetime.now(UTC)
EVERY = TrackFilter()

Rows = npt.NDArray[np.float64]


def unit(rows: npt.ArrayLike) -> Rows:
    array = np.asarray(rows, dtype=np.float64)
    made: Rows = array / np.linalg.norm(array, axis=-1, keepdims=True)
    return made


def of_halves(rows: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Vectors as a model with halves makes them."""
    pieces = np.split(np.asarray(rows, dtype=np.float64), [4], axis=-1)
    made = np.concatenate(
        [np.sqrt(half.share) * unit(piece) for half, piece in zip(HALVES, pieces, strict=True)], -1
    )
    return made.astype(np.float32)


def random_track(name: str, random: np.random.Generator) -> EmbeddedTrack:
    middle = random.normal(size=DIMENSION)
    segments = [
        Segment(
            number, 10.0 * number, 10.0 * number + 10, of_halves(middle + random.normal(size=12))
        )
        for number in range(int(random.integers(2, 30)))
    ]
    shares = random.dirichlet((0.5, 0.5, 0.5)).astype(np.float32)
    metadata = TrackMetadata(
        artist=f"Artist {random.integers(12)}", genres=("even" if random.integers(2) else "odd",)
    )
    return EmbeddedTrack(
        Track(name, metadata), "m-v1", of_halves(middle), genre_vector=shares, segments=segments
    )


CATALOGUE = {
    f"t{number:03}": random_track(f"t{number:03}", np.random.default_rng(number))
    for number in range(240)
}


PLAY = InteractionKind.PLAY


@dataclass
class Plays:
    """Recent plays as a test gives them."""

    known: dict[str, list[RecentPlay]] = field(default_factory=dict)

    async def plays(self, user_id: str) -> Sequence[RecentPlay]:
        return self.known.get(user_id, [])


@pytest.fixture
async def index() -> ExactIndex:
    made = ExactIndex(space="m-v1", dimension=DIMENSION, genre_dimension=3)
    await made.upsert(list(CATALOGUE.values()))
    return made


def song(name: str) -> Rows:
    return CATALOGUE[name].vector.astype(np.float64)


def passages(name: str) -> Rows:
    return np.array([one.vector for one in CATALOGUE[name].segments], dtype=np.float64)


def similarity(query: Rows, name: str, level: MatchLevel) -> float:
    """Of one vector, or of shares of genres, to a track."""
    if level is MatchLevel.GENRE_SPACE:
        shares = CATALOGUE[name].genre_vector
        assert shares is not None
        return genre_similarity(float(np.linalg.norm(query - shares)))
    if level is MatchLevel.PASSAGE:
        return float((passages(name) @ query).max())
    return float(song(name) @ query)


def seeds_of(
    entries: Sequence[tuple[Seed, float]],
    *,
    level: MatchLevel = MatchLevel.TRACK,
    strategy: SeedStrategy | None = None,
    skip_unknown: bool = False,
    sound_weight: float | None = None,
) -> Seeds:
    return Seeds(
        [WeightedSeed(seed, weight, f"seeds[{n}]") for n, (seed, weight) in enumerate(entries)],
        strategy=strategy,
        level=level,
        skip_unknown=skip_unknown,
        sound_weight=sound_weight,
    )


async def found(
    index: ExactIndex,
    seeds: Seeds,
    limit: int = 20,
    where: TrackFilter = EVERY,
    plays: Plays | None = None,
) -> list[Neighbour]:
    candidates = await SeedSearch(plays=plays).candidates(index, CARD, seeds)
    answer = await candidates.nearest(limit, where)
    # Those of any tracks, and another filter, follow the same similarity.
    some = [one.track.track_id for one in answer[::3]]
    among = await candidates.among(some, where)
    again = {one.track.track_id: one.similarity for one in answer}
    assert sorted(one.track.track_id for one in among) == sorted(some)
    for one in among:
        assert one.similarity == pytest.approx(again[one.track.track_id], abs=1e-5)
    return answer


def assert_same(
    answer: Sequence[Neighbour], scores: dict[str, float], limit: int, seeds: set[str]
) -> None:
    """The answer holds the first of these scores, of tracks that are no seeds, in their order."""
    wanted = sorted((name for name in scores if name not in seeds), key=lambda n: -scores[n])[
        :limit
    ]
    assert len(answer) == len(wanted)
    np.testing.assert_allclose(
        [one.similarity for one in answer], [scores[name] for name in wanted], atol=2e-6
    )
    assert {one.track.track_id for one in answer} == set(wanted)


LEVELS = [MatchLevel.TRACK, MatchLevel.PASSAGE, MatchLevel.GENRE_SPACE]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("with_vectors", [False, True])
async def test_a_stored_track(index: ExactIndex, level: MatchLevel, with_vectors: bool) -> None:
    seeds = Seeds.of(TrackSeed("t007"), level)
    candidates = await SeedSearch().candidates(index, CARD, seeds, with_vectors=with_vectors)
    answer = await candidates.nearest(20, EVERY)
    shares = CATALOGUE["t007"].genre_vector
    assert shares is not None
    query = shares.astype(np.float64) if level is MatchLevel.GENRE_SPACE else song("t007")
    scores = {name: similarity(query, name, level) for name in CATALOGUE}
    assert_same(answer, scores, 20, {"t007"})
    assert candidates.seeds.track_ids == {"t007"}
    assert [one.track_id for one in candidates.seeds.tracks] == ["t007"]
    assert candidates.engine_searches == 1


def points_of(level: MatchLevel) -> dict[str, Rows]:
    if level is not MatchLevel.GENRE_SPACE:
        return {name: song(name) for name in CATALOGUE}
    return {name: np.asarray(one.genre_vector, np.float64) for name, one in CATALOGUE.items()}


WEIGHTS = {"t001": 1.0, "t002": 3.0, "t003": 0.5, "t004": -1.0, "t005": -2.5}


@pytest.mark.parametrize("level", LEVELS)
async def test_the_average_of_seeds_for_and_against(index: ExactIndex, level: MatchLevel) -> None:
    rows = points_of(level)

    def mean(names: list[str]) -> Rows:
        made: Rows = np.average(
            [rows[name] for name in names], axis=0, weights=[abs(WEIGHTS[name]) for name in names]
        )
        return made

    query = 2 * mean(["t001", "t002", "t003"]) - mean(["t004", "t005"])
    if level is MatchLevel.GENRE_SPACE:
        query = np.maximum(query, 0)
        query /= query.sum()
    else:
        query = unit(query)
    seeds = seeds_of([(TrackSeed(name), weight) for name, weight in WEIGHTS.items()], level=level)
    answer = await found(index, seeds)
    scores = {name: similarity(query, name, level) for name in CATALOGUE}
    assert_same(answer, scores, 20, set(WEIGHTS))


def best_score(
    rows: dict[str, Rows], weights: dict[str, float], name: str, level: MatchLevel
) -> float:
    towards = {one: similarity(rows[one], name, level) for one in weights if weights[one] > 0}
    away = [similarity(rows[one], name, level) for one in weights if weights[one] < 0]
    if away and max(away) > max(towards.values()):
        return -1 - (1 + max(away)) / 2
    largest = max(weights.values())
    return max(weights[one] / largest * value for one, value in towards.items())


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("limit", [1, 20, 500])
@pytest.mark.parametrize("against", [False, True])
@pytest.mark.parametrize("where", [EVERY, TrackFilter(genres=LabelMatch(any_of=("odd",)))])
async def test_the_best_score_of_seeds(
    index: ExactIndex, level: MatchLevel, limit: int, against: bool, where: TrackFilter
) -> None:
    weights = {name: one for name, one in WEIGHTS.items() if one > 0 or against}
    rows = points_of(level)
    seeds = seeds_of(
        [(TrackSeed(name), weight) for name, weight in weights.items()],
        level=level,
        strategy=SeedStrategy.BEST_SCORE,
    )
    answer = await found(index, seeds, limit, where)
    scores = {
        name: best_score(rows, weights, name, level)
        for name, one in CATALOGUE.items()
        if where.matches(one.track)
    }
    if against or limit < 500:
        assert_same(answer, scores, limit, set(weights))
    else:
        assert len(answer) == len(scores.keys() - weights)


async def test_a_seed_against_beside_one_for_is_looked_past(index: ExactIndex) -> None:
    """All that is near the seed for is nearer to the one against: the answer lies far behind."""
    towards = song("t010")
    away = unit(towards + 0.05 * unit(np.random.default_rng(1).normal(size=DIMENSION)))
    seeds = seeds_of(
        [
            (VectorSeed(towards.astype(np.float32)), 1.0),
            (VectorSeed(away.astype(np.float32)), -1.0),
        ],
        strategy=SeedStrategy.BEST_SCORE,
    )
    answer = await found(index, seeds, 5)
    rows = {"for": towards, "against": away}
    scores = {
        name: best_score(rows, {"for": 1.0, "against": -1.0}, name, MatchLevel.TRACK)
        for name in CATALOGUE
    }
    assert_same(answer, scores, 5, set())
    assert all(one.similarity > -1 for one in answer)


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("strategy", list(SeedStrategy))
async def test_sound_and_style_are_weighed(
    index: ExactIndex, share: float, strategy: SeedStrategy
) -> None:
    names = ["t020", "t021"]

    def mean_of_halves(query: Rows, name: str) -> float:
        sound = unit(query[:4]) @ unit(song(name)[:4])
        style = unit(query[4:]) @ unit(song(name)[4:])
        return float(share * sound + (1 - share) * style)

    seeds = seeds_of(
        [(TrackSeed(name), 1.0) for name in names], strategy=strategy, sound_weight=share
    )
    if strategy is SeedStrategy.AVERAGE:
        middle = song("t020") + song("t021")
        scores = {name: mean_of_halves(middle, name) for name in CATALOGUE}
    else:
        scores = {name: max(mean_of_halves(song(one), name) for one in names) for name in CATALOGUE}
    assert_same(await found(index, seeds), scores, 20, set(names))


async def test_sound_and_style_of_a_single_track_and_of_passages(index: ExactIndex) -> None:
    seeds = Seeds((WeightedSeed(TrackSeed("t030")),), single=True, sound_weight=0.8)
    scores = {
        name: 0.8 * float(unit(song("t030")[:4]) @ unit(song(name)[:4]))
        + 0.2 * float(unit(song("t030")[4:]) @ unit(song(name)[4:]))
        for name in CATALOGUE
    }
    assert_same(await found(index, seeds), scores, 20, {"t030"})
    with pytest.raises(HalvesMissing, match="sound_weight"):
        await SeedSearch().candidates(index, ModelCard("m", 1, 12, FrontEnd()), seeds)


def late(rows: Rows, name: str) -> float:
    return float((rows @ passages(name).T).max(axis=1).mean())


@pytest.mark.parametrize("limit", [1, 10, 60, 500])
async def test_late_interaction(index: ExactIndex, limit: int) -> None:
    seeds = Seeds.of(TrackSeed("t040"), MatchLevel.LATE_INTERACTION)
    rows = thinned(passages("t040").astype(np.float32)).astype(np.float64)
    scores = {name: late(rows, name) for name in CATALOGUE}
    answer = await found(index, seeds, limit)
    assert_same(answer, scores, limit, {"t040"})
    best = answer[0]
    assert best.passage is not None
    expected = float((rows @ passages(best.track.track_id).T).max())
    assert best.passage.similarity == pytest.approx(expected, abs=1e-6)


def test_a_seed_of_many_passages_is_thinned_evenly() -> None:
    rows = np.arange(100, dtype=np.float32)[:, None]
    kept = thinned(rows)[:, 0]
    assert len(kept) == MOST_PASSAGES
    assert (kept[0], kept[-1]) == (0, 99)
    assert set(np.diff(kept)) == {9.0}
    np.testing.assert_array_equal(thinned(rows[:5]), rows[:5])


async def test_a_passage_is_the_mean_of_what_it_overlaps(index: ExactIndex) -> None:
    name = next(one for one in CATALOGUE if len(CATALOGUE[one].segments) > 5)
    rows = passages(name)
    query = of_halves((5 * rows[1] + 10 * rows[2] + 2 * rows[3]) / 17).astype(np.float64)
    answer = await found(index, Seeds.of(PassageSeed(name, 15.0, 17.0), MatchLevel.PASSAGE))
    scores = {one: similarity(query, one, MatchLevel.PASSAGE) for one in CATALOGUE}
    assert_same(answer, scores, 20, {name})
    alone = await found(index, Seeds.of(PassageSeed(name, 25.0)))
    scores = {one: similarity(rows[2], one, MatchLevel.TRACK) for one in CATALOGUE}
    assert_same(alone, scores, 20, {name})
    several = await found(
        index, Seeds.of(PassageSeed(name, 5.0, 20.0), MatchLevel.LATE_INTERACTION)
    )
    assert_same(several, {one: late(rows[:3], one) for one in CATALOGUE}, 20, {name})
    for start, length in [(1e6, 0.0), (1e6, 10.0)]:
        with pytest.raises(PassageMissing, match="no passage at"):
            await found(index, Seeds.of(PassageSeed(name, start, length)))


def two_tastes() -> list[EmbeddedTrack]:
    random = np.random.default_rng(5)
    middles = of_halves(random.normal(size=(2, DIMENSION)))
    return [
        EmbeddedTrack(
            Track(f"p{side}{number}", TrackMetadata(artist="Two Sides")),
            "m-v1",
            of_halves(middles[side] + 0.05 * random.normal(size=DIMENSION)),
        )
        for side in (0, 1)
        for number in range(6 - 3 * side)
    ]


@pytest.mark.parametrize("kind", ["playlist", "artist", "listener"])
async def test_tracks_of_two_tastes_are_two_seeds(kind: str) -> None:
    index = ExactIndex(space="m-v1", dimension=DIMENSION, genre_dimension=3)
    tracks = two_tastes()
    await index.upsert([*CATALOGUE.values(), *tracks])
    names = [one.track.track_id for one in tracks]
    plays = Plays({"u": [RecentPlay(name, NOW, PLAY) for name in names]})
    seed: Seed = {
        "playlist": PlaylistSeed(tuple(reversed(names))),
        "artist": ArtistSeed("two SIDES"),
        "listener": ListenerSeed("u"),
    }[kind]
    sides = [
        of_halves(np.mean([one.vector for one in part], axis=0))
        for part in (tracks[:6], tracks[6:])
    ]
    answer = await found(index, Seeds.of(seed), plays=plays)
    scores = {name: max(float(side @ song(name)) for side in sides) for name in CATALOGUE}
    assert_same(answer, scores, 20, set(names))
    # A mean is asked for: the seed weighs once, each side by its share.
    averaged = Seeds((WeightedSeed(seed),), single=True, strategy=SeedStrategy.AVERAGE)
    middle = unit(sides[0] * 6 / 9 + sides[1] * 3 / 9)
    answer = await found(index, averaged, plays=plays)
    scores = {name: float(middle @ song(name)) for name in CATALOGUE}
    assert_same(answer, scores, 20, set(names))


async def test_what_was_played_long_ago_weighs_less(index: ExactIndex) -> None:
    plays = Plays(
        {
            "u": [
                RecentPlay("t050", NOW, PLAY),
                RecentPlay("t051", NOW - timedelta(days=20), PLAY),
                RecentPlay("t052", NOW, InteractionKind.SKIP),
                RecentPlay("gone", NOW, PLAY),
            ]
        }
    )
    seeds = Seeds(
        (WeightedSeed(ListenerSeed("u", 10.0)),), single=True, strategy=SeedStrategy.AVERAGE
    )
    middle = unit(of_halves((song("t050") + 0.25 * song("t051")) / 1.25))
    answer = await found(index, seeds, plays=plays)
    scores = {name: float(middle @ song(name)) for name in CATALOGUE}
    wanted = sorted(scores.keys() - {"t050", "t051"}, key=lambda name: -scores[name])[:20]
    assert [one.track.track_id for one in answer] == wanted
    np.testing.assert_allclose(
        [one.similarity for one in answer], [scores[name] for name in wanted], atol=1e-4
    )


@pytest.mark.parametrize(
    ("seeds", "error", "said"),
    [
        (Seeds.of(TrackSeed("x")), TrackNotFound, "'x'"),
        (Seeds.of(PassageSeed("x")), TrackNotFound, "'x'"),
        (Seeds.of(TrackSeed("x"), MatchLevel.GENRE_SPACE), TrackNotFound, "'x'"),
        (Seeds.of(ListenerSeed("x")), ListenerUnknown, "this listener"),
        (Seeds.of(ArtistSeed("Nobody")), SeedsUnknown, "artist Nobody"),
        (Seeds.of(PlaylistSeed(("t001", "x", "y"))), SeedsUnknown, "track x, track y"),
        (
            seeds_of([(TrackSeed("x"), 1), (ListenerSeed("secret"), 1), (TrackSeed("t001"), -1)]),
            SeedsUnknown,
            r"track x, listener of seeds\[1\]$",
        ),
        (
            seeds_of([(TrackSeed("x"), 1), (TrackSeed("t001"), -1)], skip_unknown=True),
            SeedsUnknown,
            "track x",
        ),
        (
            Seeds.of(VectorSeed(np.ones(12, np.float32), "other-v1")),
            SpaceMismatch,
            "seed.embedding is of the space 'other-v1'",
        ),
        (Seeds.of(VectorSeed(np.ones(3, np.float32))), InvalidVector, "seed.embedding"),
        (
            seeds_of(
                [(TrackSeed("t001"), 1), (TrackSeed("t002"), 1)], level=MatchLevel.LATE_INTERACTION
            ),
            InvalidArgument,
            "one seed",
        ),
        (
            Seeds.of(ArtistSeed("Artist 1"), MatchLevel.LATE_INTERACTION),
            InvalidArgument,
            "one seed with passages",
        ),
        (
            Seeds.of(PassageSeed("t001"), MatchLevel.GENRE_SPACE),
            InvalidArgument,
            "whole tracks",
        ),
        (
            seeds_of([(TrackSeed("t001"), 1)], level=MatchLevel.GENRE_SPACE, sound_weight=0.5),
            InvalidArgument,
            "sound_weight",
        ),
        (
            seeds_of([(TrackSeed("t001"), 1), (VectorSeed(CATALOGUE["t001"].vector), -2)]),
            None,
            "",
        ),
    ],
)
async def test_seeds_that_cannot_be_searched_by(
    index: ExactIndex, seeds: Seeds, error: type[SegueError] | None, said: str
) -> None:
    if error is None:  # 2 v - v is v
        assert await found(index, seeds)
        return
    with pytest.raises(error, match=said):
        await found(index, seeds)


async def test_unknown_seeds_are_passed_over_where_that_is_asked_for(index: ExactIndex) -> None:
    seeds = seeds_of(
        [(TrackSeed("t001"), 1), (TrackSeed("x"), 1), (PlaylistSeed(("y", "t002")), 1)],
        skip_unknown=True,
    )
    candidates = await SeedSearch().candidates(index, CARD, seeds)
    assert candidates.seeds.unknown == ("track x", "track y")
    assert candidates.seeds.track_ids == {"t001", "t002"}
    assert len(await candidates.nearest(5, EVERY)) == 5


async def test_tracks_without_passages_or_shares(index: ExactIndex) -> None:
    bare = ExactIndex(space="m-v1", dimension=DIMENSION, genre_dimension=3)
    await bare.upsert([EmbeddedTrack(Track("bare"), "m-v1", CATALOGUE["t001"].vector)])
    for seed in (TrackSeed("bare"), PassageSeed("bare")):
        with pytest.raises(PassageMissing):
            await found(bare, Seeds.of(seed, MatchLevel.LATE_INTERACTION))
    with pytest.raises(GenreSpaceMissing):
        await found(bare, Seeds.of(TrackSeed("bare"), MatchLevel.GENRE_SPACE))


async def test_seeds_that_cancel_out_leave_nothing_to_look_for(index: ExactIndex) -> None:
    v = CATALOGUE["t001"].vector
    with pytest.raises(InvalidVector, match="cancel out"):
        await found(index, seeds_of([(VectorSeed(v), 1), (VectorSeed(-v), 1)]))


def test_seeds_for_and_against_at_once() -> None:
    with pytest.raises(SeedsContradictory, match=r"seeds\[0\] \(track t001\)"):
        seeds_of([(TrackSeed("t001"), 1), (TrackSeed("t001"), -1)])
    with pytest.raises(SeedsContradictory, match="artist"):
        seeds_of([(ArtistSeed("Ann"), 1), (ArtistSeed("ANN"), -1)])
    with pytest.raises(SeedsAllNegative):
        seeds_of([(TrackSeed("t001"), -1)])


async def test_seeds_of_many_tracks_are_kept_out_by_the_filter(index: ExactIndex) -> None:
    names = tuple(sorted(CATALOGUE))[:100]
    answer = await found(index, Seeds.of(PlaylistSeed(names)), 500)
    assert {one.track.track_id for one in answer} == CATALOGUE.keys() - set(names)
