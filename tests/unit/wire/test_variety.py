"""What varies answers and raises scores, as messages and back."""

from __future__ import annotations

from typing import Any

import pytest

from segue.errors import InvalidArgument
from segue.limits import MOST_BOOSTS
from segue.tracks import LabelMatch, TrackFilter
from segue.v1 import similarity_service_pb2 as messages
from segue.variety import (
    DEFAULT_HALF_LIFE_YEARS,
    Boost,
    LabelBoost,
    PopularityBoost,
    RecencyBoost,
    Variety,
)
from segue.wire.variety import (
    boost_to_message,
    boosts_from_messages,
    variety_from_message,
    variety_to_message,
)


@pytest.mark.parametrize(
    "variety",
    [Variety(), Variety(3, 2, 1, True, False, 0.25), Variety(not_seed_artists=True, diversity=1)],
)
def test_a_variety_comes_back_as_it_went(variety: Variety) -> None:
    assert variety_from_message(variety_to_message(variety)) == variety


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"most_per_artist": -1}, "variety.most_per_artist"),
        ({"most_per_album": -1}, "variety.most_per_album"),
        ({"most_in_a_row": -2}, "variety.most_in_a_row"),
        ({"diversity": 1.01}, "variety.diversity"),
        ({"diversity": -0.01}, "variety.diversity"),
        ({"diversity": float("nan")}, "variety.diversity"),
    ],
)
def test_a_wrong_variety_is_named(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        variety_from_message(messages.Variety(**fields))
    assert refused.value.field == field


@pytest.mark.parametrize(
    "boost",
    [
        PopularityBoost(-10.0),
        RecencyBoost(0.5, 3.0),
        LabelBoost(10.0, TrackFilter(genres=LabelMatch(any_of=("jazz",)))),
    ],
)
def test_a_boost_comes_back_as_it_went(boost: Boost) -> None:
    assert boosts_from_messages([boost_to_message(boost)]) == (boost,)


def test_the_half_life_has_a_default() -> None:
    (boost,) = boosts_from_messages([messages.Boost(recency={}, weight=1)])
    assert boost == RecencyBoost(1.0, DEFAULT_HALF_LIFE_YEARS)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"weight": 1}, "boosts[0]"),
        ({"popularity": False, "weight": 1}, "boosts[0]"),
        ({"popularity": True, "weight": 10.5}, "boosts[0].weight"),
        ({"popularity": True, "weight": float("nan")}, "boosts[0].weight"),
        ({"recency": {"half_life_years": -1}}, "boosts[0].recency.half_life_years"),
        ({"recency": {"half_life_years": 1_001}}, "boosts[0].recency.half_life_years"),
        ({"recency": {"half_life_years": float("nan")}}, "boosts[0].recency.half_life_years"),
        ({"label": {}}, "boosts[0].label.filter"),
        (
            {"label": {"filter": {"exclude_track_ids": ["a"]}}},
            "boosts[0].label.filter.exclude_track_ids",
        ),
        (
            {"label": {"filter": {"year": {"minimum": 2, "maximum": 1}}}},
            "boosts[0].label.filter.year",
        ),
    ],
)
def test_a_wrong_boost_is_named(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        boosts_from_messages([messages.Boost(**fields)])
    assert refused.value.field == field


def test_too_many_boosts_are_refused() -> None:
    many = [messages.Boost(popularity=True, weight=1)] * (MOST_BOOSTS + 1)
    assert len(boosts_from_messages(many[1:])) == MOST_BOOSTS
    with pytest.raises(InvalidArgument, match="over 20"):
        boosts_from_messages(many)
