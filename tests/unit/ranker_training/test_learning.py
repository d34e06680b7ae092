"""What LightGBM is given, and that published trees say what its model says."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from openmp import skip_without_openmp
from segue.errors import RankerNotLearned
from segue.ranker_training.learning import LEAST_SEARCHES, Examples, learned, trees_of
from segue.ranker_training.searches import Search
from segue.ranking.learned_ranker import NAMES
from segue.ranking.ranker import Features

skip_without_openmp()


def search(labels: list[int], *, listener: int = 0, seed: int = 0) -> Search:
    """A search whose chosen tracks are the more popular ones."""
    random = np.random.default_rng(seed)
    count = len(labels)
    values = {one.name: np.full(count, np.nan) for one in fields(Features)}
    values["acoustic"] = np.linspace(1.0, 0.0, count)
    values["popularity"] = np.array(labels) + 0.5 * random.random(count)
    values["year"] = np.where(random.random(count) < 0.4, np.nan, 2000.0)
    return Search(
        listener,
        np.arange(count),
        Features(**values),
        np.array(labels, np.int32),
        sum(label > 0 for label in labels),
    )


def searches(count: int) -> list[Search]:
    random = np.random.default_rng(count)
    return [
        search(random.permutation([0] * 25 + [1] * 4 + [2]).tolist(), listener=number, seed=number)
        for number in range(count)
    ]


def test_searches_without_anything_to_find_are_left_out() -> None:
    found = Examples.of([search([0, 0, 0], listener=9), *searches(30), search([0] * 5)])
    assert found.groups == [30] * 30
    assert found.listeners == 30
    assert found.matrix.shape == (900, len(NAMES))
    assert found.matrix.dtype == np.float32


def test_rows_of_a_search_lie_together_and_are_shuffled() -> None:
    given = searches(30)
    found = Examples.of(given)
    acoustic = found.matrix[:, NAMES.index("acoustic")].reshape(30, 30)
    labels = found.labels.reshape(30, 30)
    for number, one in enumerate(given):
        order = np.argsort(-acoustic[number])
        np.testing.assert_array_equal(labels[number][order], one.labels)
        assert not np.array_equal(order, np.arange(30))


def test_too_few_searches_are_refused() -> None:
    with pytest.raises(RankerNotLearned, match=f"{LEAST_SEARCHES} are needed"):
        Examples.of(searches(LEAST_SEARCHES - 1))


def test_a_label_out_of_range_is_refused() -> None:
    bad = [search([0, 31], seed=number) for number in range(30)]
    with pytest.raises(ValueError, match="label"):
        Examples.of(bad)


def test_an_order_is_learned() -> None:
    trees = learned(Examples.of(searches(60)), Examples.of(searches(25)))
    assert NAMES.index("popularity") in trees.used
    assert not {NAMES.index(name) for name in ("passage", "sound")} & trees.used
    (new,) = searches(1)
    examples = Examples.of([new] * LEAST_SEARCHES)
    rows, labels = examples.matrix[:30].astype(np.float64), examples.labels[:30]
    best = np.argsort(-trees.scores(rows))[:5]
    assert (labels[best] > 0).all()


@pytest.mark.parametrize("unknown", [0.0, 0.3])
def test_trees_say_what_the_model_says(unknown: float) -> None:
    random = np.random.default_rng(7)
    rows = random.normal(size=(6_000, 8))
    rows[:, 3] = np.round(rows[:, 3])
    rows[random.random(rows.shape) < unknown] = np.nan
    labels = (np.nan_to_num(rows[:, 0]) - np.nan_to_num(rows[:, 3]) > 1).astype(int)
    import lightgbm

    model = lightgbm.train(
        {"objective": "lambdarank", "num_leaves": 31, "verbosity": -1, "num_threads": 1},
        lightgbm.Dataset(rows, label=labels, group=[100] * 60),
        num_boost_round=60,
    )
    new = random.normal(size=(500, 8))
    new[random.random(new.shape) < 0.3] = np.nan
    trees = trees_of(model.dump_model())
    np.testing.assert_allclose(trees.scores(new), model.predict(new), rtol=0, atol=1e-9)
    np.testing.assert_allclose(trees.scores(rows), model.predict(rows), rtol=0, atol=1e-9)


@pytest.mark.parametrize("change", [{"decision_type": "=="}, {"missing_type": "Zero"}])
def test_decisions_of_another_kind_are_refused(change: dict[str, str]) -> None:
    leaf = {"leaf_value": 0.0}
    node = {
        "split_feature": 0,
        "threshold": 0.5,
        "decision_type": "<=",
        "missing_type": "None",
        "default_left": True,
        "left_child": leaf,
        "right_child": leaf,
    }
    assert trees_of({"tree_info": [{"tree_structure": node}]}).used == {0}
    with pytest.raises(ValueError, match="decision"):
        trees_of({"tree_info": [{"tree_structure": {**node, **change}}]})
