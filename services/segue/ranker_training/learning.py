"""Trees that order candidates, learned with LightGBM's LambdaMART.

Burges, "From RankNet to LambdaRank to LambdaMART: an overview" (2010).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from segue.errors import RankerNotLearned
from segue.ranker import Trees
from segue.ranker_training.searches import Search
from segue.ranking.learned_ranker import NAMES, matrix

K = 10
"""What is learned is the order of the first so many."""

LARGEST_LABEL = 30
"""LightGBM knows the gains of labels up to here: 2^label - 1."""

LEAST_SEARCHES = 20
"""With something to be found among their candidates; of fewer, trees learn by heart."""

SETTINGS: Mapping[str, Any] = {
    "objective": "lambdarank",
    "metric": "ndcg",
    "eval_at": [K],
    # Pairs count that have one of the first k: a few more, so that what stands just behind is
    # brought forward (the library's documentation advises k + 3).
    "lambdarank_truncation_level": K + 3,
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_data_in_leaf": 50,
    "feature_fraction": 0.8,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "bagging_by_query": True,
    "lambda_l2": 1.0,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}

MOST_TREES = 300
_PATIENCE = 30


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Searches as LightGBM takes them: R rows, of which those of each search lie together.

    Attributes
    ----------
    matrix
        Shape (R, len(NAMES)), float32, NaN where something is not known.
    labels
        Shape (R,).
    groups
        Number of rows of each search; their sum is R.
    listeners
        How many listeners' searches there are.
    """

    matrix: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int32]
    groups: Sequence[int]
    listeners: int

    @classmethod
    def of(cls, searches: Iterable[Search], *, seed: int = 0) -> Examples:
        """Take those searches that have something to be found among their candidates.

        The candidates of each are shuffled: they come by falling similarity, and of equal scores
        LightGBM takes the first for the better one.

        Raises
        ------
        RankerNotLearned
            When there are too few.
        ValueError
            When a label is out of range.
        """
        random = np.random.default_rng(seed)
        rows, labels, groups, listeners = [], [], [], set[int]()
        for search in searches:
            if not search.labels.any():
                continue  # every order of it is as good as any other
            order = random.permutation(len(search.labels))
            rows.append(matrix(search.features)[order].astype(np.float32))
            labels.append(search.labels[order])
            groups.append(len(order))
            listeners.add(search.listener)
        if len(groups) < LEAST_SEARCHES:
            raise RankerNotLearned(
                f"{len(groups)} searches have candidates that their listener chose later, and "
                f"{LEAST_SEARCHES} are needed"
            )
        joined = np.concatenate(labels)
        if joined.min() < 0 or joined.max() > LARGEST_LABEL:
            raise ValueError(f"a label lies outside [0, {LARGEST_LABEL}]")
        return cls(np.concatenate(rows), joined, groups, len(listeners))


def learned(train: Examples, validation: Examples | None, *, seed: int = 0) -> Trees:
    """Learn an order.

    Parameters
    ----------
    validation
        Trees are added for as long as its order gets better; None: ``MOST_TREES`` are.
    """
    import lightgbm

    def data(examples: Examples, reference: Any = None) -> Any:
        return lightgbm.Dataset(
            examples.matrix,
            label=examples.labels,
            group=examples.groups,
            feature_name=list(NAMES),
            reference=reference,
            free_raw_data=True,
        )

    first = data(train)
    stopping: dict[str, Any] = {}
    if validation is not None:
        stopping = {
            "valid_sets": [data(validation, first)],
            "callbacks": [lightgbm.early_stopping(_PATIENCE, verbose=False)],
        }
    model = lightgbm.train({**SETTINGS, "seed": seed}, first, MOST_TREES, **stopping)
    best = model.best_iteration if validation is not None else MOST_TREES
    return trees_of(model.dump_model(num_iteration=best))


def trees_of(model: Mapping[str, Any]) -> Trees:
    """Trees of a model, as ``Booster.dump_model`` gives it.

    Raises
    ------
    ValueError
        When it makes decisions that :class:`~segue.ranker.Trees` does not know: by categories, or
        with zero for what is not known.
    """
    nodes: list[_Node] = []
    roots = []
    for info in model["tree_info"]:
        roots.append(len(nodes))
        _flatten(info["tree_structure"], nodes)
    return Trees(
        roots=np.array(roots, np.int32),
        feature=np.array([one.feature for one in nodes], np.int32),
        threshold=np.array([one.threshold for one in nodes], np.float64),
        left=np.array([one.left for one in nodes], np.int32),
        right=np.array([one.right for one in nodes], np.int32),
        value=np.array([one.value for one in nodes], np.float64),
        unknown_left=np.array([one.unknown_left for one in nodes], np.bool_),
    )


@dataclass(slots=True)
class _Node:
    feature: int = -1
    threshold: float = 0.0
    left: int = -1
    right: int = -1
    value: float = 0.0
    unknown_left: bool = False


def _flatten(said: Mapping[str, Any], nodes: list[_Node]) -> int:
    place = len(nodes)
    node = _Node()
    nodes.append(node)
    if "leaf_value" in said:
        node.value = float(said["leaf_value"])
        return place
    if said["decision_type"] != "<=" or said["missing_type"] == "Zero":
        raise ValueError(
            f"a decision of type {said['decision_type']} with {said['missing_type']} for what is "
            "not known"
        )
    node.feature, node.threshold = int(said["split_feature"]), float(said["threshold"])
    # Where nothing was unknown while it learned, what is unknown counts as 0.
    node.unknown_left = (
        bool(said["default_left"]) if said["missing_type"] == "NaN" else node.threshold >= 0.0
    )
    node.left = _flatten(said["left_child"], nodes)
    node.right = _flatten(said["right_child"], nodes)
    return place
