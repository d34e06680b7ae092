"""What a search compares where its request leaves that open."""

from __future__ import annotations

import pytest

from segue.seeds import MatchLevel
from segue.v1 import similarity_service_pb2 as messages
from segue.wire.seeds import seeds_from_message

CLIP = messages.Seed(clip=messages.ClipSeed(audio=b"RIFF"))
TRACK = messages.Seed(track_id="a")


def level(request: messages.SearchSimilarTracksRequest) -> MatchLevel:
    return seeds_from_message(request).level


@pytest.mark.parametrize(
    ("seed", "expected"), [(CLIP, MatchLevel.PASSAGE), (TRACK, MatchLevel.TRACK)]
)
def test_the_only_seed_decides_wherever_it_stands(
    seed: messages.Seed, expected: MatchLevel
) -> None:
    entry = messages.WeightedSeed(seed=seed, weight=0.5)
    assert level(messages.SearchSimilarTracksRequest(seed=seed)) is expected
    assert level(messages.SearchSimilarTracksRequest(seeds=[entry])) is expected


def test_a_clip_beside_others_is_one_of_several_wholes() -> None:
    seeds = [messages.WeightedSeed(seed=CLIP), messages.WeightedSeed(seed=TRACK, weight=-1.0)]
    assert level(messages.SearchSimilarTracksRequest(seeds=seeds)) is MatchLevel.TRACK


def test_what_is_asked_for_is_compared() -> None:
    seeds = [messages.WeightedSeed(seed=CLIP)]
    request = messages.SearchSimilarTracksRequest(
        seeds=seeds, match_level=messages.MATCH_LEVEL_TRACK
    )
    assert level(request) is MatchLevel.TRACK
