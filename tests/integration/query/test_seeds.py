"""Many seeds, passages and batches over real gRPC: five tracks whose order is known."""

from __future__ import annotations

import math

import grpc
import pytest

from query_service import Service
from refusals import refusal
from segue.v1 import similarity_service_pb2 as messages


def cosine(degrees: float) -> float:
    return math.cos(math.radians(degrees))


async def test_seeds_for_and_against(service: Service) -> None:
    request = messages.SearchSimilarTracksRequest(
        seeds=[
            {"seed": {"track_id": "b"}},
            {"seed": {"track_id": "d"}},
            {"seed": {"track_id": "gone"}},
        ],
        skip_unknown_seeds=True,
        highlight=True,
    )
    response = await service.similarity.SearchSimilarTracks(request)
    assert [one.track.track_id for one in response.results] == ["c", "a", "e"]
    scores = [one.score for one in response.results]
    assert scores == pytest.approx([cosine(0), cosine(20), cosine(60)], abs=1e-6)
    assert list(response.unknown_seeds) == ["track gone"]
    best = response.results[1].passage
    assert (best.start_seconds, best.similarity) == (10, pytest.approx(cosine(17)))
    request.skip_unknown_seeds = False
    refused = await refusal(service.similarity.SearchSimilarTracks(request))
    assert (refused.code, refused.reason) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "SEEDS_UNKNOWN",
    )
    assert "track gone" in refused.message


async def test_similarities_stay_cosines_whatever_the_order_follows(service: Service) -> None:
    """e is nearer to the seed against: it ranks last, and is as like a as it is."""
    request = messages.SearchSimilarTracksRequest(
        seeds=[
            {"seed": {"track_id": "a"}, "weight": 2},
            {"seed": {"track_id": "c"}, "weight": 1},
            {"seed": {"track_id": "d"}, "weight": -1},
        ],
        seed_strategy=messages.SEED_STRATEGY_BEST_SCORE,
    )
    for mix in (None, {"scores": [{"track_id": "e", "score": 1}], "weight": 0.1}):
        if mix:
            request.mix.CopyFrom(messages.HybridMix(**mix))
        results = (await service.similarity.SearchSimilarTracks(request)).results
        found = {one.track.track_id: one for one in results}
        assert list(found) == ["b", "e"]
        near, behind = found["b"], found["e"]
        assert near.acoustic_similarity == pytest.approx(cosine(10), abs=1e-6)
        # Of its seeds for, the first weighs twice as much, but the second is so much nearer.
        assert behind.acoustic_similarity == pytest.approx(cosine(60), abs=1e-6)
        if not mix:
            assert near.score == pytest.approx(cosine(10), abs=1e-6)
            assert behind.score == pytest.approx(-1 - (1 + cosine(50)) / 2, abs=1e-6)


@pytest.mark.parametrize(("leave_out", "expected"), [(False, "ba"), (True, "bc")])
async def test_passages_like_a_passage(service: Service, leave_out: bool, expected: str) -> None:
    request = messages.SearchSegmentsRequest(
        seed={"passage": {"track_id": "a", "start_seconds": 12}},
        passages_per_track=2,
        page_size=2,
        not_seed_track=leave_out,
    )
    response = await service.similarity.SearchSegments(request)
    assert "".join(one.track.track_id for one in response.results) == expected
    first = response.results[0].passages
    assert [one.similarity for one in first] == pytest.approx([cosine(4), cosine(10)])
    if not leave_out:
        (other,) = response.results[1].passages  # not the passage that is the seed
        assert (other.start_seconds, other.similarity) == (0, pytest.approx(cosine(6)))
    request.page_token = response.next_page_token
    further = await service.similarity.SearchSegments(request)
    assert further.results[0].track.track_id not in expected


async def test_a_batch_is_answered_one_by_one(service: Service) -> None:
    alone = messages.SearchSimilarTracksRequest(seed={"track_id": "a"})
    batch = messages.BatchSearchSimilarTracksRequest(
        requests=[
            alone,
            messages.SearchSimilarTracksRequest(seed={"track_id": "gone"}),
            messages.SearchSimilarTracksRequest(seed={"clip": {"audio": b"x"}}),
        ]
    )
    found, gone, clip = (await service.similarity.BatchSearchSimilarTracks(batch)).results
    whole = await service.similarity.SearchSimilarTracks(alone)
    assert found.response.results == whole.results
    assert gone.failure.reason == "TRACK_NOT_FOUND"
    assert gone.failure.next_step
    assert clip.failure.reason == "INVALID_ARGUMENT"
    refused = await refusal(
        service.similarity.BatchSearchSimilarTracks(messages.BatchSearchSimilarTracksRequest())
    )
    assert refused.reason == "INVALID_ARGUMENT"
