"""What a search compares and how it mixes, as messages and back."""

from __future__ import annotations

import pytest

from segue.errors import InvalidArgument
from segue.limits import MOST_GIVEN_SCORES
from segue.mix import DEFAULT_WEIGHT, FusionMethod, Mix, MixStatus
from segue.seeds import MatchLevel
from segue.v1 import similarity_service_pb2 as messages
from segue.wire.search import (
    level_from_message,
    level_to_message,
    mix_from_message,
    mix_status_from_message,
    mix_status_to_message,
    mix_to_message,
)


@pytest.mark.parametrize("level", [None, *MatchLevel])
def test_a_match_level_comes_back_as_it_went(level: MatchLevel | None) -> None:
    assert level_from_message(level_to_message(level)) is level


def test_an_unknown_match_level_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="match_level"):
        level_from_message(99)


@pytest.mark.parametrize("method", FusionMethod)
@pytest.mark.parametrize("scores", [None, {"a": 1.5, "b": -2.0}])
def test_a_mix_comes_back_as_it_went(method: FusionMethod, scores: dict[str, float] | None) -> None:
    mix = Mix(method, 0.25, "listener", scores)
    assert mix_from_message(mix_to_message(mix)) == mix


def test_a_mix_that_says_nothing_is_the_default() -> None:
    assert mix_from_message(messages.HybridMix()) == Mix()
    assert mix_from_message(messages.HybridMix(weight=0)).weight == 0
    assert mix_from_message(messages.HybridMix()).weight is None
    assert Mix().share == DEFAULT_WEIGHT


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"method": 99}, "mix.method"),
        ({"weight": 1.5}, "mix.weight"),
        ({"weight": float("nan")}, "mix.weight"),
        ({"scores": [{"score": 1}]}, "mix.scores[0].track_id"),
        ({"scores": [{"track_id": "a", "score": float("inf")}]}, "mix.scores[0].score"),
        ({"scores": [{"track_id": "a"}, {"track_id": "a"}]}, "mix.scores[1]"),
        ({"scores": [{"track_id": "a"}] * (MOST_GIVEN_SCORES + 1)}, "mix.scores"),
    ],
)
def test_a_wrong_mix_names_its_field(fields: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        mix_from_message(messages.HybridMix(**fields))
    assert refused.value.field == field


@pytest.mark.parametrize("status", MixStatus)
def test_what_became_of_a_mix_comes_back_as_it_went(status: MixStatus) -> None:
    assert mix_status_from_message(mix_status_to_message(status)) is status
