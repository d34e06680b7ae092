"""Searches that know nothing of what they are to find, and the ranker that learns from them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from openmp import skip_without_openmp
from segue.collaborative.listening import Listening
from segue.errors import RankerNotLearned
from segue.ranker_training.catalogue import Catalogue, gathered
from segue.ranker_training.comparison import ACOUSTIC, COLLABORATIVE, LEARNED, compared, orders
from segue.ranker_training.searches import HEARD, LIKED, Searches
from segue.ranker_training.simulation import YEAR, World, simulate
from segue.ranker_training.training import knowledge, parts, trained
from segue.tracks import EmbeddedTrack, Segment, Track, TrackMetadata

skip_without_openmp()

WORLD = World(tracks=400, artists=60, clusters=8, scenes=8, listeners=240, before=25, after=12)


def known(world: World = WORLD, *, cold_share: float = 0.3):
    drawn = simulate(world, cold_share=cold_share, seed=3)
    return knowledge(drawn.before, drawn.after, drawn.catalogue, model="als", factors=16, year=YEAR)


def test_a_search_knows_nothing_of_what_it_is_to_find() -> None:
    told = known()
    others = known()
    # The same past with another future: every feature of every candidate is the same.
    future = others.after.weights.copy()
    future.indices = np.random.default_rng(0).permutation(future.indices)
    rewritten = replace(others, after=replace(others.after, weights=future))
    users = sorted({*Searches(told).listeners()} & {*Searches(rewritten).listeners()})[:20]
    for one, other in zip(Searches(told).of(users), Searches(rewritten).of(users), strict=True):
        np.testing.assert_array_equal(one.tracks, other.tracks)
        for name in ("acoustic", "collaborative", "popularity", "recency", "same_artist"):
            np.testing.assert_allclose(getattr(one.features, name), getattr(other.features, name))


def test_candidates_are_none_that_were_heard_before() -> None:
    told = known()
    searches = Searches(told)
    users = searches.listeners()[:10]
    before = told.before
    for search in searches.of(users):
        user = before.user_ids.index(users[search.listener])
        heard = {before.track_ids[column] for column in before.weights[[user]].indices.tolist()}
        found = [told.catalogue.track_ids[row] for row in search.tracks.tolist()]
        assert len(set(found)) == len(found) >= 200
        assert not heard & set(found)
        assert 0 < search.relevant <= 12
        assert (search.labels > 0).sum() <= search.relevant


def test_what_is_liked_counts_more() -> None:
    told = known()
    weights = told.after.weights.copy()
    weights.data[:] = 2.0
    liked = Searches(replace(told, after=replace(told.after, weights=weights)))
    users = liked.listeners()[:5]
    assert {*np.concatenate([one.labels for one in liked.of(users)])} == {0, LIKED}
    assert {*np.concatenate([one.labels for one in Searches(told).of(users)])} == {0, HEARD}


def test_anonymous_searches_have_scores_of_their_seed_alone() -> None:
    searches = Searches(known())
    users = searches.listeners()[:4]
    (own, *_), (anonymous, *_) = (
        list(searches.of(users, anonymous_share=share)) for share in (0.0, 1.0)
    )
    assert own.features.personal.all()
    assert not anonymous.features.personal.any()
    scores = anonymous.features.collaborative
    assert np.nanmax(np.abs(scores)) <= 1 + 1e-6  # cosines
    assert anonymous.features.collaborative_known.any()


def test_listeners_fall_into_parts_without_overlap() -> None:
    users = [f"u{number}" for number in range(100)]
    first, second, third = parts(users, 0)
    assert (len(first), len(second), len(third)) == (70, 15, 15)
    assert {*first, *second, *third} == {*users}


def test_the_ranker_is_better_than_either_side_alone() -> None:
    found = trained(known(), evaluate=True)
    assert found.tested == 36
    assert found.groups > 100
    assert found.ndcg[LEARNED].mean > found.ndcg[ACOUSTIC].mean
    assert found.ndcg[LEARNED].mean > 0.9 * found.ndcg[COLLABORATIVE].mean


def test_an_order_that_knows_everything_has_the_best_measures() -> None:
    searches = Searches(known())
    users = searches.listeners()[:20]

    def oracle(search):
        return search.labels.astype(float)

    found = compared(searches.of(users), {"all": oracle, **orders(None)}, k=10)
    for name, one in found.items():
        assert (one.ndcg <= found["all"].ndcg + 1e-12).all(), name
        assert one.ndcg.shape == (20,)


def test_too_few_listeners_are_refused() -> None:
    told = known(replace(WORLD, listeners=8))
    with pytest.raises(RankerNotLearned, match="8 listeners"):
        trained(told, evaluate=False)


def test_a_catalogue_without_what_was_heard_is_refused() -> None:
    told = known()
    strange = Listening(
        told.after.user_ids,
        ["somewhere else"],
        sparse.csr_array(np.ones((len(told.after.user_ids), 1), np.float32)),
    )
    with pytest.raises(RankerNotLearned, match="0 listeners"):
        trained(replace(told, after=strange), evaluate=False)


def catalogue() -> Catalogue:
    def track(name: str, vector: list[float], passages: list[list[float]], genre) -> EmbeddedTrack:
        return EmbeddedTrack(
            Track(name, TrackMetadata(title=name, artist="Ann", album="One", year=1999)),
            "m-v1",
            np.array(vector, np.float32),
            None if genre is None else np.array(genre, np.float32),
            [
                Segment(number, number, number + 1.0, np.array(one, np.float32))
                for number, one in enumerate(passages)
            ],
        )

    return gathered(
        [
            track("a", [2, 0], [[1, 0], [0, 1]], [1, 0]),
            track("b", [0, 1], [], None),
            track("c", [1, 1], [[0, 3], [-1, 0]], [0.5, 0.5]),
        ],
        space="m-v1",
        dimension=2,
    )


def test_a_catalogue_is_gathered_from_its_tracks() -> None:
    found = catalogue()
    assert found.track_ids == ["a", "b", "c"]
    np.testing.assert_allclose(found.vectors[2], [0.5**0.5] * 2, rtol=1e-6)
    assert found.artists[0] == {"ann"}
    assert found.albums[0] == "one"
    assert found.ends.tolist() == [2, 2, 4]
    assert np.isnan(found.genres[1]).all()
    assert found.cold.track_ids == found.track_ids


def test_the_best_passage_counts() -> None:
    found = catalogue()
    similarities = found.passage_similarities(1, np.array([2, 1, 0]))
    np.testing.assert_allclose(similarities, [1.0, np.nan, 1.0], atol=1e-3)
    similarities = found.passage_similarities(0, np.array([0, 2]))
    np.testing.assert_allclose(similarities, [1.0, 0.0], atol=1e-3)
