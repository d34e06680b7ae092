"""Weighted measures: cases worked out by hand, scikit-learn, scipy, and repetition for weights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.metrics import average_precision_score, roc_auc_score

from segue.trainer.evaluation.labelled.weighted import (
    area_under_curve,
    calibration_error,
    rank_correlation,
    weighted_average_precision,
)
from segue.trainer.evaluation.metrics import average_precision


def once(count: int) -> np.ndarray:
    return np.ones((1, count))


@st.composite
def weighted_clips(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Few distinct scores, so that ties are frequent; both kinds have weight."""
    count = draw(st.integers(4, 20))
    whole = st.lists(st.integers(0, 4), min_size=count, max_size=count)
    scores, others = np.array(draw(whole)) / 4, np.array(draw(whole)) / 4
    weights = np.array(draw(whole), np.float64)
    relevant = np.array(draw(st.lists(st.booleans(), min_size=count, max_size=count)))
    relevant[:2] = (True, False)
    weights[:2] += 1
    return scores, others, relevant, weights


def test_area_under_curve_by_hand() -> None:
    # Of the four pairs, 0.9 beats both; 0.4 loses to 0.5 and ties with 0.4.
    scores, relevant = [0.9, 0.4, 0.5, 0.4], np.array([True, True, False, False])
    assert area_under_curve(scores, relevant, once(4)) == pytest.approx([2.5 / 4])


def test_average_precision_by_hand() -> None:
    # Relevant clips stand at ranks 1 and 3: (1/1 + 2/3) / 2; twice the second, 1/1, 3/4, 3/4.
    scores, relevant = [0.9, 0.8, 0.7, 0.6], np.array([True, False, True, False])
    weights = np.array([[1.0, 1, 1, 1], [1, 1, 2, 1]])
    found = weighted_average_precision(scores, relevant, weights)
    assert found == pytest.approx([5 / 6, (1 + 3 / 4 + 3 / 4) / 3])


def test_rank_correlation_by_hand() -> None:
    # Ranks 1 2 3 4 against 1 3 2 4: 1 - 6 * 2 / (4 * 15).
    assert rank_correlation([1, 2, 3, 4], [1, 30, 2, 40], once(4)) == pytest.approx([0.8])


def test_calibration_error_by_hand() -> None:
    # In one bin 0.6 and 0.7 of which one is so, in the last 1.0, which is not.
    probabilities, shares = [0.61, 0.69, 1.0, 0.65], [1.0, 0.0, 0.0, 0.5]
    weights = np.array([[1.0, 1, 1, 0], [0, 0, 0, 3], [0, 0, 0, 0]])
    found = calibration_error(probabilities, shares, weights)
    assert found[:2] == pytest.approx([(0.3 + 1.0) / 3, 0.15])
    assert np.isnan(found[2])
    with pytest.raises(ValueError, match="outside"):
        calibration_error([1.5], [1.0], once(1))


@given(weighted_clips())
def test_measures_are_those_of_scikit_learn(
    clips: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
) -> None:
    scores, _, relevant, weights = clips
    assert area_under_curve(scores, relevant, weights[None])[0] == pytest.approx(
        roc_auc_score(relevant, scores, sample_weight=weights)
    )
    assert weighted_average_precision(scores, relevant, weights[None])[0] == pytest.approx(
        average_precision_score(relevant, scores, sample_weight=weights)
    )
    assert weighted_average_precision(scores, relevant, once(len(scores)))[0] == pytest.approx(
        average_precision(-scores, relevant)
    )


@given(weighted_clips())
def test_a_weight_is_a_repetition(
    clips: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
) -> None:
    scores, others, _, weights = clips
    found = rank_correlation(scores, others, weights[None])[0]
    first, second = (np.repeat(one, weights.astype(int)) for one in (scores, others))
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(spearmanr(first, second).statistic)


def test_what_cannot_be_measured_is_nan() -> None:
    weights = np.array([[1.0, 1, 0, 0], [0, 0, 1, 1]])
    relevant = np.array([True, True, False, False])
    assert np.isnan(area_under_curve([1, 2, 3, 4], relevant, weights)).all()
    found = weighted_average_precision([1, 2, 3, 4], relevant, weights)
    assert found[0] == pytest.approx(1.0)
    assert np.isnan(found[1])
    assert np.isnan(rank_correlation([1, 1, 1, 1], [1, 2, 3, 4], weights)).all()


def test_scores_must_be_finite() -> None:
    with pytest.raises(ValueError, match="finite"):
        area_under_curve([np.nan, 1.0], np.array([True, False]), once(2))
