"""Fusion against values computed by hand."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.mix import FusionMethod
from segue.ranking.fusion import (
    calibrate_distribution,
    calibrate_range,
    distribution_based,
    fuse,
    ordered,
    reciprocal_rank,
    weighted_sum,
)

ACOUSTIC = {"a": 0.9, "b": 0.7, "c": 0.5}
COLLABORATIVE = {"c": 10.0, "b": 4.0, "d": 2.0}

SCORES = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=2),
    st.floats(allow_nan=False, allow_infinity=False),
    max_size=12,
)


def test_weighted_sum_of_calibrated_scores() -> None:
    # Acoustic calibrated: a 1, b 1/2, c 0. Collaborative: c 1, b 1/4, d 0.
    fused = weighted_sum(ACOUSTIC, COLLABORATIVE, 0.4)
    assert fused == pytest.approx({"a": 0.6, "b": 0.6 / 2 + 0.4 / 4, "c": 0.4, "d": 0.0})


def test_reciprocal_ranks() -> None:
    fused = reciprocal_rank(ACOUSTIC, COLLABORATIVE, 0.5)
    half = 61 * 0.5
    assert fused == pytest.approx(
        {
            "a": half / 61,
            "b": half / 62 + half / 62,
            "c": half / 63 + half / 61,
            "d": half / 63,
        }
    )


def test_equal_scores_share_the_better_rank() -> None:
    fused = reciprocal_rank({}, {"a": 1.0, "b": 1.0, "c": 0.5}, 1.0)
    assert fused == pytest.approx({"a": 1.0, "b": 1.0, "c": 61 / 63})


def test_distribution_based_fusion() -> None:
    # Acoustic: mean 0.7, sample deviation 0.2, so 6 deviations are 1.2.
    # Collaborative: mean 16/3, squared differences (14/3)² + (4/3)² + (10/3)² = 312/9, halved 52/3.
    spread = 6 * math.sqrt(52 / 3)
    fused = distribution_based(ACOUSTIC, COLLABORATIVE, 0.5)
    assert fused == pytest.approx(
        {
            "a": 0.5 * (0.5 + 0.2 / 1.2),
            "b": 0.5 * 0.5 + 0.5 * (0.5 - (4 / 3) / spread),
            "c": 0.5 * (0.5 - 0.2 / 1.2) + 0.5 * (0.5 + (14 / 3) / spread),
            "d": 0.5 * (0.5 - (10 / 3) / spread),
        }
    )


def test_distribution_calibration_clips_an_outlier() -> None:
    scores = {f"t{n}": 0.0 for n in range(20)} | {"far": 1e9}
    calibrated = calibrate_distribution(scores)
    # (1 - 1/21) / (1/√21) = 4.36 sample deviations above the mean: beyond three.
    assert calibrated["far"] == 1.0  # cut off there, not computed
    assert 0.4 < calibrated["t0"] < 0.5


@pytest.mark.parametrize(
    ("calibrate", "constant"), [(calibrate_range, 1.0), (calibrate_distribution, 0.5)]
)
def test_constant_scores_have_a_fixed_place(calibrate, constant: float) -> None:  # type: ignore[no-untyped-def]
    # The constant itself, not a result.
    assert calibrate({"a": 3.0, "b": 3.0}) == {"a": constant, "b": constant}
    assert calibrate({"a": -7.0}) == {"a": constant}
    assert calibrate({}) == {}


def test_scores_at_the_ends_of_the_number_range_do_not_overflow() -> None:
    wide = {"a": 1.7e308, "b": 0.0, "c": -1.7e308}
    assert calibrate_range(wide) == pytest.approx({"a": 1.0, "b": 0.5, "c": 0.0})
    assert all(map(math.isfinite, calibrate_distribution(wide).values()))


@pytest.mark.parametrize("method", FusionMethod)
@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_a_full_weight_leaves_one_side_alone(method: FusionMethod, weight: float) -> None:
    acoustic = {"a": 0.9, "b": 0.7, "c": 0.5}
    collaborative = {"a": 1.0, "b": 2.0, "c": 3.0}
    fused = fuse(acoustic, collaborative, method=method, weight=weight)
    assert ordered(fused) == (["c", "b", "a"] if weight else ["a", "b", "c"])


@pytest.mark.parametrize("weight", [-0.1, 1.1, float("nan")])
def test_a_weight_outside_its_range_is_refused(weight: float) -> None:
    with pytest.raises(ValueError, match="outside"):
        fuse(ACOUSTIC, COLLABORATIVE, method=FusionMethod.WEIGHTED_SUM, weight=weight)


def test_ties_go_by_track_id() -> None:
    assert ordered({"b": 1.0, "c": 2.0, "a": 1.0}) == ["c", "a", "b"]


@pytest.mark.parametrize("method", FusionMethod)
@given(acoustic=SCORES, collaborative=SCORES, weight=st.floats(0, 1))
def test_fused_scores_cover_both_sides_within_zero_and_one(
    method: FusionMethod, acoustic: dict[str, float], collaborative: dict[str, float], weight: float
) -> None:
    fused = fuse(acoustic, collaborative, method=method, weight=weight)
    assert fused.keys() == acoustic.keys() | collaborative.keys()
    assert all(0 <= score <= 1 + 1e-12 for score in fused.values())


@pytest.mark.parametrize("method", FusionMethod)
@given(acoustic=SCORES, weight=st.floats(0, 1, exclude_max=True))
def test_without_collaborative_scores_the_acoustic_order_stays(
    method: FusionMethod, acoustic: dict[str, float], weight: float
) -> None:
    fused = fuse(acoustic, {}, method=method, weight=weight)
    order = ordered(acoustic)
    assert all(fused[first] >= fused[second] for first, second in itertools.pairwise(order))


@pytest.mark.parametrize("method", ["weighted_sum", "distribution_based", "reciprocal_rank"])
def test_scale_and_offset_of_a_side_change_no_order(method: str) -> None:
    plain = fuse(ACOUSTIC, COLLABORATIVE, method=FusionMethod(method), weight=0.5)
    scaled = {track: 1000 * score - 7 for track, score in COLLABORATIVE.items()}
    assert fuse(ACOUSTIC, scaled, method=FusionMethod(method), weight=0.5) == pytest.approx(plain)
