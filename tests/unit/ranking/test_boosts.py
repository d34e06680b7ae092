"""What is added to scores."""

from __future__ import annotations

import pytest

from segue.ranking.boosts import boost, recency
from segue.tracks import LabelMatch, LabelSource, Track, TrackFilter, TrackMetadata
from segue.variety import LabelBoost, PopularityBoost, RecencyBoost

NEW = Track("new", TrackMetadata(genres=("jazz",), year=2026), predicted_genres={"folk": 0.8})
OLD = Track("old", TrackMetadata(year=2006))
UNKNOWN = Track("unknown")


@pytest.mark.parametrize(
    ("released", "share"),
    [(2026, 1.0), (2030, 1.0), (2016, 0.5), (2006, 0.25), (1000, 0.0), (None, None)],
)
def test_recency_halves(released: int | None, share: float | None) -> None:
    assert recency(released, 2026, 10.0) == pytest.approx(share)


def test_popularity_counts_where_it_is_known() -> None:
    boosts = [PopularityBoost(2.0)]
    assert boost(NEW, boosts, popularity={"new": 0.25}, year=2026) == pytest.approx(0.5)
    assert boost(OLD, boosts, popularity={"new": 0.25}, year=2026) == 0


def test_a_label_counts_where_the_filter_is_satisfied() -> None:
    given = LabelBoost(0.5, TrackFilter(genres=LabelMatch(any_of=("jazz",))))
    heard = LabelBoost(
        -1.0, TrackFilter(genres=LabelMatch(any_of=("folk",), source=LabelSource.PREDICTED))
    )
    assert boost(NEW, [given], popularity={}, year=2026) == 0.5
    assert boost(NEW, [given, heard], popularity={}, year=2026) == -0.5
    assert boost(OLD, [given, heard], popularity={}, year=2026) == 0


def test_boosts_are_added_up() -> None:
    boosts = [RecencyBoost(1.0), PopularityBoost(1.0), RecencyBoost(-0.5, 20.0)]
    assert boost(OLD, boosts, popularity={"old": 1.0}, year=2026) == pytest.approx(1.0)
    assert boost(UNKNOWN, boosts, popularity={}, year=2026) == 0
