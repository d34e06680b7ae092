"""Splits lose nothing and share nothing; rankings leave out what is known."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from segue.collaborative.evaluation.protocol import ranked, split_items, split_pairs, top


def weights(users: int = 40, tracks: int = 50) -> sparse.csr_array:
    random = np.random.default_rng(2)
    return sparse.csr_array((random.random((users, tracks)) < 0.5).astype(np.float32))


def test_pairs_are_split_within_each_listener() -> None:
    whole = weights()
    split = split_pairs(whole, shares=(0.8, 0.1, 0.1), seed=3)
    parts = [split.train, split.validation, split.test]
    assert (sum(part.toarray() for part in parts) == whole.toarray()).all()
    counts = np.diff(whole.indptr)
    for part in parts[1:]:
        assert np.diff(part.indptr).tolist() == (counts // 10).tolist()
    again = split_pairs(whole, shares=(0.8, 0.1, 0.1), seed=3)
    other = split_pairs(whole, shares=(0.8, 0.1, 0.1), seed=4)
    assert (again.test.toarray() == split.test.toarray()).all()
    assert (other.test.toarray() != split.test.toarray()).any()


def test_items_are_split_whole() -> None:
    whole = weights()
    split = split_items(whole, shares=(0.7, 0.2, 0.1), seed=3)
    tracks = [
        set(np.unique(part.indices).tolist())
        for part in (split.train, split.validation, split.test)
    ]
    assert [len(one) for one in tracks] == [35, 10, 5]
    assert len(set.union(*tracks)) == 50


class _Given:
    def __init__(self, scores: np.ndarray) -> None:
        self._scores = scores

    def fit(self, weights: object) -> None:
        """Nothing is learnt."""

    def scores(self, users: np.ndarray) -> np.ndarray:
        return self._scores[users].copy()


def test_rankings_leave_out_what_is_known_and_who_wants_nothing() -> None:
    known = sparse.csr_array(np.array([[1, 0, 0, 0], [0, 0, 0, 1], [1, 1, 0, 0]], np.float32))
    wanted = sparse.csr_array(np.array([[0, 0, 1, 0], [0, 0, 0, 0], [0, 0, 1, 1]], np.float32))
    model = _Given(np.array([[9, 3, 2, 1]] * 3, np.float32))
    found = ranked(model, known=known, wanted=wanted, k=2)
    assert found.recall.tolist() == [1.0, 1.0]
    assert found.map.tolist() == [0.5, 1.0]
    # Of one track that may be ranked there is one place; what fills up counts for nothing.
    found = ranked(model, known=known, wanted=wanted, k=3, among=np.array([2]))
    assert found.recall.tolist() == [1.0, 0.5]


def test_the_best_come_first_and_ties_by_place() -> None:
    scores = np.array([[1, 3, 3, 2], [0, 0, 0, 0]], np.float32)
    assert top(scores, 3).tolist() == [[1, 2, 3], [0, 1, 2]]
    assert top(scores, 9).shape == (2, 4)
