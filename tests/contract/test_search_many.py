"""Several searches at once, by vectors and by stored tracks, over songs, passages and genres."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from neighbours import TOLERANCE, as_asked, assert_same, clear_query, ids, is_clear
from segue.errors import GenreSpaceMissing, InvalidVector, TrackNotFound
from segue.index.exact import ExactIndex
from segue.index.port import TrackIndex
from segue.index.queries import IndexQuery
from segue.tracks import (
    EmbeddedTrack,
    Granularity,
    LabelMatch,
    NumberRange,
    Segment,
    Track,
    TrackFilter,
    TrackMetadata,
    Vector,
)

Catalogue = Callable[..., list[EmbeddedTrack]]
SPACE = "test-v1"
DIMENSION = 16
GENRES = ("ambient", "blues", "drum and bass", "folk", "jazz", "métal")


def axis(*values: float) -> Vector:
    return np.pad(np.array(values, np.float32), (0, DIMENSION - len(values)))


def make(
    track_id: str, vector: Vector, parts: list[Vector], genres: Vector | None = None
) -> EmbeddedTrack:
    segments = [Segment(n, 10.0 * n, 10.0 * n + 10.0, part) for n, part in enumerate(parts)]
    return EmbeddedTrack(Track(track_id, TrackMetadata()), SPACE, vector, genres, segments)


def random_queries(
    oracle: ExactIndex, tracks: list[EmbeddedTrack], number: int, seed: int
) -> list[IndexQuery]:
    """Queries of all kinds whose answers hang on no engine's rounding."""
    rng = np.random.default_rng(seed)

    def some(labels: tuple[str, ...], chance: float) -> tuple[str, ...]:
        return tuple(label for label in labels if rng.random() < chance)

    def own_vector(one: EmbeddedTrack, granularity: Granularity) -> Vector:
        wanted = one.genre_vector if granularity is Granularity.GENRES else one.vector
        assert wanted is not None
        return wanted

    queries: list[IndexQuery] = []
    while len(queries) < number:
        granularity = list(Granularity)[len(queries) % 3]
        track_id, vector = "", None
        if rng.random() < 0.5:
            one = tracks[rng.integers(len(tracks))]
            if not is_clear(oracle, own_vector(one, granularity), granularity):
                continue
            track_id = one.track.track_id
        else:
            vector = as_asked(clear_query(oracle, rng), granularity)
        low = float(rng.integers(1988, 2000))
        queries.append(
            IndexQuery(
                vector,
                limit=int(rng.choice([1, 5, 12, 400])),
                track_id=track_id,
                where=TrackFilter(
                    genres=LabelMatch(some(GENRES, 0.1), (), some(GENRES, 0.1)),
                    year=NumberRange(low, low + 6) if rng.random() < 0.2 else NumberRange(),
                    exclude_track_ids=some(tuple(t.track.track_id for t in tracks), 0.02),
                ),
                granularity=granularity,
                exact=bool(rng.random() < 0.3),
                passages_each=int(rng.integers(1, 4)),
                with_vectors=bool(rng.random() < 0.5),
            )
        )
    return queries


async def test_several_searches_are_answered_in_their_order(
    index: TrackIndex, oracle: ExactIndex, catalogue: Catalogue
) -> None:
    tracks = catalogue(150, seed=7)
    rng = np.random.default_rng(8)
    # Mixes, whose passages crowd out those of others.
    for number, size in enumerate((200, 60)):
        near = tracks[number].vector + 0.3 * rng.standard_normal((size, DIMENSION))
        parts = [part.astype(np.float32) for part in near]
        tracks.append(make(f"mix-{number}", tracks[number].vector + 0.01, parts))
    await index.upsert(tracks)
    await oracle.upsert(tracks)
    queries = random_queries(oracle, tracks[:150], 60, seed=9)
    right = await oracle.search_many(queries)
    found = await index.search_many(queries)
    for one, other in zip(found, right, strict=True):
        assert_same(one, other)
    assert sum(map(len, right)) > 1_000
    assert sum(len(one.passages) > 1 for answer in right for one in answer) > 200
    # In any company, and alone.
    for asked, together in list(zip(queries, found, strict=True))[:12]:
        (alone,) = await index.search_many([asked])
        assert_same(alone, together)
    assert await index.search_many([]) == []


async def test_a_stored_track_is_never_among_its_own_answers(
    index: TrackIndex, catalogue: Catalogue
) -> None:
    tracks = catalogue(40)
    await index.upsert(tracks)
    stored = await index.vectors(["track-0003"])
    for granularity in Granularity:
        for where in (TrackFilter(), TrackFilter(only_track_ids=("track-0003", "track-0005"))):
            (found,) = await index.search_many(
                [IndexQuery(None, 40, track_id="track-0003", where=where, granularity=granularity)]
            )
            assert "track-0003" not in ids(found)
    (found,) = await index.search_many([IndexQuery(None, 40, track_id="track-0003")])
    by_vector = await index.search(stored["track-0003"], limit=40)
    assert len(found) == 39
    assert {one.track.track_id: one.similarity for one in found} == {
        one.track.track_id: pytest.approx(one.similarity, abs=TOLERANCE)
        for one in by_vector
        if one.track.track_id != "track-0003"
    }


async def test_equal_tracks_are_told_apart_by_their_ids_around_a_stored_one(
    index: TrackIndex,
) -> None:
    names = [f"copy-{number:02d}" for number in range(20)]
    shares = as_asked(axis(1), Granularity.GENRES)
    await index.upsert([make(name, axis(1), [axis(1)], shares) for name in reversed(names)])
    for granularity in Granularity:
        for limit in (1, 5, 19, 30):
            (found,) = await index.search_many(
                [IndexQuery(None, limit, track_id="copy-07", granularity=granularity)]
            )
            rest = [name for name in names if name != "copy-07"]
            # The vectors lie on an axis: each similarity is exact, and ties are ties.
            assert ids(found) == rest[:limit]


async def test_brief_answers_lack_no_more_than_they_may(
    index: TrackIndex, oracle: ExactIndex, catalogue: Catalogue
) -> None:
    tracks = catalogue(40)
    await index.upsert(tracks)
    await oracle.upsert(tracks)
    query = clear_query(oracle, np.random.default_rng(3))
    for granularity in Granularity:
        asked = IndexQuery(
            as_asked(query, granularity), 20, granularity=granularity, with_vectors=True
        )
        (right,) = await oracle.search_many([asked])
        (brief,) = await index.search_many([replace(asked, whole=False)])
        (whole,) = await index.search_many([asked])
        assert_same(whole, right)
        assert ids(brief) == ids(right)
        for one, other in zip(brief, right, strict=True):
            left_out = {
                name: getattr(one.track, name)
                for name in (
                    *("predicted_genres", "predicted_moods", "predicted_descriptors"),
                    "layers",
                )
            }
            assert one.track == replace(other.track, **left_out)


async def test_unknown_stored_tracks_are_named(index: TrackIndex, catalogue: Catalogue) -> None:
    await index.upsert(catalogue(3))
    nothing = TrackFilter(only_track_ids=())
    for granularity in Granularity:
        for where, limit in ((TrackFilter(), 5), (nothing, 5), (TrackFilter(), 0)):
            asked = IndexQuery(None, limit, track_id="nobody", where=where, granularity=granularity)
            known = replace(asked, track_id="track-0001")
            with pytest.raises(TrackNotFound, match="nobody"):
                await index.search_many([known, asked])
            (answer,) = await index.search_many([known])
            assert len(answer) <= limit


async def test_vectors_are_checked_before_anything_is_searched(
    index: TrackIndex, catalogue: Catalogue
) -> None:
    await index.upsert(catalogue(3))
    good = IndexQuery(axis(1), 2)
    for bad in (
        IndexQuery(np.ones(3, np.float32), 2),
        IndexQuery(axis(0), 2, granularity=Granularity.PASSAGES),
        IndexQuery(axis(1), 2, granularity=Granularity.GENRES),
        IndexQuery(np.full(4, np.nan, np.float32), 2, granularity=Granularity.GENRES),
    ):
        with pytest.raises(InvalidVector):
            await index.search_many([good, bad])


async def test_similarity_in_the_genre_space(index: TrackIndex) -> None:
    shares = {
        "same": [0.5, 0.5, 0, 0],
        "near": [0.5, 0.25, 0.25, 0],
        "other": [0, 0, 0, 1],
        "opposite": [0, 0, 1, 0],
    }
    await index.upsert(
        [make(name, axis(1), [axis(1)], np.array(one, np.float32)) for name, one in shares.items()]
    )
    await index.upsert([make("unheard", axis(1), [axis(1)])])
    wanted = np.array([0.5, 0.5, 0, 0], np.float32)
    (found,) = await index.search_many(
        [IndexQuery(wanted, 9, granularity=Granularity.GENRES, with_vectors=True)]
    )
    assert ids(found) == ["same", "near", "opposite", "other"]
    distances = [np.linalg.norm(np.array(shares[name]) - wanted) for name in ids(found)]
    assert [one.similarity for one in found] == pytest.approx(
        [1 - one / np.sqrt(2) for one in distances], abs=TOLERANCE
    )
    assert all(one.passages == () for one in found)
    for one in found:
        np.testing.assert_allclose(one.vector, axis(1), atol=TOLERANCE)
    pole = np.array([0, 0, 0, 1], np.float32)
    (found,) = await index.search_many([IndexQuery(pole, 1, granularity=Granularity.GENRES)])
    assert (ids(found), found[0].similarity) == (["other"], pytest.approx(1.0, abs=TOLERANCE))


async def test_tracks_without_shares_are_no_seeds_in_the_genre_space(index: TrackIndex) -> None:
    heard = as_asked(axis(1), Granularity.GENRES)
    await index.upsert([make("a", axis(1), [], heard), make("unheard", axis(1), [])])
    with pytest.raises(GenreSpaceMissing, match="unheard"):
        await index.search_many(
            [
                IndexQuery(None, 1, track_id=name, granularity=Granularity.GENRES)
                for name in ("a", "unheard")
            ]
        )
    found = await index.genre_vectors(["a", "unheard", "nobody"])
    assert set(found) == {"a"}
    assert found["a"].dtype == np.float32
    np.testing.assert_allclose(found["a"], heard, atol=TOLERANCE)


async def test_a_model_without_genres_has_no_genre_space(without_genres: TrackIndex) -> None:
    await without_genres.upsert([make("a", axis(1), [axis(1)], np.ones(4, np.float32) / 4)])
    for asked in (
        IndexQuery(np.ones(4, np.float32) / 4, 1, granularity=Granularity.GENRES),
        IndexQuery(None, 1, track_id="a", granularity=Granularity.GENRES),
    ):
        with pytest.raises(GenreSpaceMissing):
            await without_genres.search_many([asked])
    assert await without_genres.genre_vectors(["a"]) == {}
    assert ids(await without_genres.search(axis(1), limit=1)) == ["a"]


async def test_the_best_passages_of_each_track_are_shown(index: TrackIndex) -> None:
    def parts(*cosines: float) -> list[Vector]:
        return [axis(one, float(np.sqrt(1 - one * one))) for one in cosines]

    await index.upsert(
        [
            make("a", axis(1), parts(0.1, 0.9, 0.5, 0.8)),
            make("b", axis(1), parts(0.7)),
            make("song only", axis(1), []),
        ]
    )
    for each in (1, 2, 3, 9):
        (found,) = await index.search_many(
            [IndexQuery(axis(1), 5, granularity=Granularity.PASSAGES, passages_each=each)]
        )
        assert ids(found) == ["a", "b"]
        starts = [[one.start_seconds for one in answer.passages] for answer in found]
        assert starts == [[10.0, 30.0, 20.0, 0.0][:each], [0.0]]
        assert [one.similarity for one in found[0].passages] == pytest.approx(
            [0.9, 0.8, 0.5, 0.1][:each], abs=TOLERANCE
        )


async def test_a_number_of_passages_is_asked_for_whichever_tracks_they_are_of(
    index: TrackIndex, oracle: ExactIndex, catalogue: Catalogue
) -> None:
    tracks = [*catalogue(60), make("crowd", axis(1), [axis(1, 0.01 * n) for n in range(40)])]
    await index.upsert(tracks)
    await oracle.upsert(tracks)
    excluded = tracks[3].track.track_id
    stored = sum(len(one.segments) for one in tracks if one.track.track_id != excluded)
    for limit in (1, 7, 33, 50, 1_000):
        asked = [
            IndexQuery(
                vector,
                limit,
                where=TrackFilter(exclude_track_ids=(excluded,)),
                granularity=Granularity.PASSAGES,
                exact=True,
                only_ids=True,
                counts_passages=True,
            )
            for vector in (axis(1), tracks[5].vector)
        ]
        answers = await index.search_many(asked)
        for found, right in zip(answers, await oracle.search_many(asked), strict=True):
            shown, best = (
                sorted(at.similarity for one in answer for at in one.passages)
                for answer in (found, right)
            )
            assert len(shown) == min(limit, stored)
            assert shown == pytest.approx(best, abs=TOLERANCE)
            assert excluded not in ids(found)
        # One crowds the others out.
        assert (ids(answers[0]) == ["crowd"]) == (limit <= 33)


async def test_a_loop_hides_no_passage_of_another_track(index: TrackIndex) -> None:
    steps = [axis(1, 0.5 + 0.01 * n) for n in range(6)]
    await index.upsert(
        [
            make("loop", axis(1), [axis(1)] * 700),
            make("mix", axis(1), [axis(1, 0.001 * n) for n in range(300)]),
            *(make(f"other-{n}", axis(1), steps[n:]) for n in range(4)),
        ]
    )
    (found,) = await index.search_many(
        [IndexQuery(axis(1), 5, granularity=Granularity.PASSAGES, passages_each=3)]
    )
    assert ids(found) == ["loop", "mix", "other-0", "other-1", "other-2"]
    # Equally similar ones in order of time.
    for answer in found:
        assert [one.start_seconds for one in answer.passages] == [0.0, 10.0, 20.0]


async def test_passages_come_with_their_vectors_in_order_of_time(
    index: TrackIndex, oracle: ExactIndex, catalogue: Catalogue
) -> None:
    tracks = [*catalogue(80), make("long", axis(1), [axis(1, n + 1) for n in range(700)])]
    await index.upsert(tracks)
    await oracle.upsert(tracks)
    asked = [one.track.track_id for one in tracks] + ["nobody"]
    found, right = await index.passages(asked), await oracle.passages(asked)
    assert {key for key, segments in found.items() if segments} == set(right)
    assert "nobody" not in found
    for key, segments in right.items():
        assert [replace(one, vector=None) for one in found[key]] == [
            replace(one, vector=None) for one in segments
        ]
        for one, other in zip(found[key], segments, strict=True):
            np.testing.assert_allclose(one.vector, other.vector, atol=TOLERANCE)
    assert await index.passages([]) == {}
