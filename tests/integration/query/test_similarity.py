"""Searches over real gRPC: five tracks whose order is known."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import math
import wave
from pathlib import Path

import grpc
import numpy as np
import pytest
from google.rpc import error_details_pb2

from query_service import DIMENSION, Service, direction, embedded, serve
from refusals import refusal
from segue.errors import CollaborativeUnavailable
from segue.limits import MOST_SEARCH_ANSWERS
from segue.v1 import similarity_service_pb2 as messages
from segue.v1 import track_pb2

USED = messages.COLLABORATIVE_STATUS_USED
UNAVAILABLE = messages.COLLABORATIVE_STATUS_UNAVAILABLE
NO_SCORES = messages.COLLABORATIVE_STATUS_NO_SCORES

ROUNDED_UP = 1.02
"""gRPC rounds the time that a call may take up, on its way to the server, by less than this."""


def request(seed: str = "a", **fields: object) -> messages.SearchSimilarTracksRequest:
    return messages.SearchSimilarTracksRequest(seed={"track_id": seed}, **fields)


def ids(response: messages.SearchSimilarTracksResponse) -> list[str]:
    return [result.track.track_id for result in response.results]


def tone(hz: float, seconds: float = 8.0, rate: int = 22_050) -> bytes:
    """A WAV file with one tone."""
    time = np.arange(int(seconds * rate)) / rate
    samples = (8_000 * np.sin(2 * np.pi * hz * time)).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(samples.tobytes())
    return file.getvalue()


async def test_the_neighbours_of_a_track_in_their_order(service: Service) -> None:
    response = await service.similarity.SearchSimilarTracks(request())
    assert ids(response) == ["b", "c", "d", "e"]
    expected = [math.cos(math.radians(degrees)) for degrees in (10, 20, 30, 80)]
    assert [one.acoustic_similarity for one in response.results] == pytest.approx(expected)
    assert [one.score for one in response.results] == pytest.approx(expected)
    assert response.embedding_space == "bands-v1"
    assert response.next_page_token == ""
    assert response.collaborative_status == messages.COLLABORATIVE_STATUS_UNSPECIFIED
    assert not response.results[0].HasField("collaborative_score")
    assert not response.results[0].HasField("passage")
    track = response.results[0].track
    assert (track.metadata.title, track.metadata.year, track.duration_seconds) == ("B", 1970, 70)


@pytest.mark.parametrize(
    ("view", "titled", "sourced"),
    [
        (track_pb2.TRACK_VIEW_ID, False, False),
        (track_pb2.TRACK_VIEW_BASIC, True, False),
        (track_pb2.TRACK_VIEW_FULL, True, True),
    ],
)
async def test_a_view_shows_as_much_as_asked(
    service: Service, view: track_pb2.TrackView, titled: bool, sourced: bool
) -> None:
    for _ in range(2):
        response = await service.similarity.SearchSimilarTracks(request(view=view))
        for result in response.results:
            assert bool(result.track.metadata.title) == titled
            assert bool(result.track.source_uri) == sourced
            assert bool(result.track.predicted_genres) == sourced


async def test_corrected_metadata_shows_at_once(service: Service) -> None:
    await service.similarity.SearchSimilarTracks(request())
    await service.index.correct("b", {"title": "Corrected"})
    response = await service.similarity.SearchSimilarTracks(request())
    assert response.results[0].track.metadata.title == "Corrected"


async def test_a_vector_as_a_seed_excludes_nothing(service: Service) -> None:
    seed = {"embedding": {"values": (3 * direction(12)).tolist(), "space": "bands-v1"}}
    response = await service.similarity.SearchSimilarTracks(
        messages.SearchSimilarTracksRequest(seed=seed)
    )
    assert ids(response) == ["b", "c", "a", "d", "e"]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"genres": {"any_of": ["METAL"]}}, ["c", "d"]),
        ({"genres": {"all_of": ["jazz", "blues"]}}, ["b"]),
        ({"genres": {"none_of": ["jazz"]}, "moods": {"any_of": ["calm"]}}, ["d"]),
        ({"artists": {"any_of": ["ANN"]}}, ["c"]),
        ({"year": {"minimum": 1975}}, ["c", "d"]),
        ({"duration": {"maximum_seconds": 80}}, ["b", "c"]),
        ({"exclude_track_ids": ["b", "c"]}, ["d", "e"]),
    ],
)
async def test_filters(service: Service, where: dict[str, object], expected: list[str]) -> None:
    response = await service.similarity.SearchSimilarTracks(request(filter=where))
    assert ids(response) == expected
    assert not response.unknown_labels


async def test_labels_that_no_track_carries_are_named(service: Service) -> None:
    where = {
        "genres": {"any_of": ["jazz", "Polka"]},
        "moods": {"all_of": ["silly"], "none_of": ["never"]},
        "artists": {"any_of": ["Nobody"]},
    }
    response = await service.similarity.SearchSimilarTracks(request(filter=where))
    assert not response.results
    assert list(response.unknown_labels) == ["polka", "silly", "nobody"]
    await service.index.upsert([embedded("p", 5, genres=("polka",))])
    response = await service.similarity.SearchSimilarTracks(
        request(filter={"genres": {"any_of": ["polka"]}})
    )
    assert ids(response) == ["p"]
    assert not response.unknown_labels


async def test_pages_give_every_track_once(service: Service) -> None:
    await service.index.upsert([embedded(f"x{n:02d}", 40 + n % 7) for n in range(40)])
    whole = await service.similarity.SearchSimilarTracks(request(page_size=100))
    paged: list[str] = []
    token, sizes = "", [1, 7, 30, 30]
    for size in sizes:
        page = await service.similarity.SearchSimilarTracks(
            request(page_size=size, page_token=token)
        )
        paged += ids(page)
        token = page.next_page_token
    assert paged == ids(whole)
    assert len(paged) == 44
    assert token == ""


async def test_a_token_of_another_search_is_refused(service: Service) -> None:
    page = await service.similarity.SearchSimilarTracks(request(page_size=1))
    refused = await refusal(
        service.similarity.SearchSimilarTracks(request("b", page_token=page.next_page_token))
    )
    assert refused.reason == "PAGE_TOKEN_INVALID"
    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("cursor", [b"1", b"9900", b"999999", b"x", b""])
async def test_a_forged_token_costs_no_search(
    service: Service, monkeypatch: pytest.MonkeyPatch, cursor: bytes
) -> None:
    async def never(*_: object, **__: object) -> None:
        raise AssertionError("the index was asked")

    monkeypatch.setattr(service.index, "search_many", never)
    content = request().SerializeToString(deterministic=True)
    guessed = hashlib.blake2b(b"SearchSimilarTracksRequest\x1fbands-v1\x1f" + content).digest()
    for key in (b"", guessed):
        for size in (12, 16):
            mark = hashlib.blake2b(cursor, key=key, digest_size=size).digest()
            token = base64.urlsafe_b64encode(mark + cursor).decode()
            refused = await refusal(
                service.similarity.SearchSimilarTracks(request(page_token=token))
            )
            assert refused.reason == "PAGE_TOKEN_INVALID"
            assert refused.code is grpc.StatusCode.INVALID_ARGUMENT


async def test_pages_end_at_a_depth_that_a_search_can_pay(service: Service) -> None:
    await service.index.upsert([embedded(f"x{n:04d}", 40 + n / 100) for n in range(1_100)])
    token, found = "", 0
    while found == 0 or token:
        page = await service.similarity.SearchSimilarTracks(
            request(page_size=100, page_token=token)
        )
        found += len(page.results)
        token = page.next_page_token
    assert found == MOST_SEARCH_ANSWERS == 1_000


async def test_pages_of_a_search_by_clip_belong_to_the_clip(service: Service) -> None:
    clip, other = ({"clip": {"audio": tone(hz)}} for hz in (440, 880))
    first = await service.similarity.SearchSimilarTracks(
        messages.SearchSimilarTracksRequest(seed=clip, page_size=1), timeout=300
    )
    token = first.next_page_token
    assert token
    second = await service.similarity.SearchSimilarTracks(
        messages.SearchSimilarTracksRequest(seed=clip, page_size=1, page_token=token), timeout=300
    )
    assert ids(second) != ids(first)
    refused = await refusal(
        service.similarity.SearchSimilarTracks(
            messages.SearchSimilarTracksRequest(seed=other, page_size=1, page_token=token),
            timeout=300,
        )
    )
    assert refused.reason == "PAGE_TOKEN_INVALID"


async def test_passages(service: Service) -> None:
    response = await service.similarity.SearchSimilarTracks(
        request(match_level=messages.MATCH_LEVEL_PASSAGE, page_size=2)
    )
    assert ids(response) == ["b", "c"]
    passage = response.results[0].passage
    assert (passage.start_seconds, passage.end_seconds) == (0, 10)
    assert passage.similarity == pytest.approx(math.cos(math.radians(7)))
    assert response.results[0].score == pytest.approx(passage.similarity)


async def test_a_clip_finds_the_track_that_it_was_cut_from(service: Service) -> None:
    for name, hz in (("low", 220.0), ("high", 5_000.0)):
        answer = await service.similarity.SearchSimilarTracks(
            messages.SearchSimilarTracksRequest(seed={"clip": {"audio": tone(hz)}}, page_size=1)
        )
        assert answer.results[0].HasField("passage"), "a clip is compared with passages"
        del name
    vectors = await asyncio.gather(*(clip_vector(service, hz) for hz in (220.0, 5_000.0)))
    await service.index.upsert([with_vector("low", vectors[0]), with_vector("high", vectors[1])])
    for name, hz in (("low", 230.0), ("high", 5_100.0)):
        response = await service.similarity.SearchSimilarTracks(
            messages.SearchSimilarTracksRequest(
                seed={"clip": {"audio": tone(hz), "start_seconds": 1, "length_seconds": 4}},
                match_level=messages.MATCH_LEVEL_TRACK,
            )
        )
        assert ids(response)[0] == name


async def clip_vector(service: Service, hz: float) -> np.ndarray:
    from segue.audio.analysis import analyse

    card = await service.embedder.card()

    async def batches():  # type: ignore[no-untyped-def]
        for batch in analyse(tone(hz), card.front_end):
            yield batch.mels

    answers = [one.vectors async for one in service.embedder.embed_stream(batches())]
    return np.concatenate(answers).mean(axis=0)


def with_vector(track_id: str, vector: np.ndarray):  # type: ignore[no-untyped-def]
    from dataclasses import replace

    return replace(embedded(track_id, 0), vector=vector.astype(np.float32))


@pytest.mark.parametrize(
    ("audio", "reason"),
    [
        (b"", "AUDIO_EMPTY"),
        (b"no music at all" * 100, "AUDIO_NOT_AUDIO"),
        (tone(220, seconds=1.0), "AUDIO_TOO_SHORT"),
        (tone(0.0), "AUDIO_SILENT"),
    ],
)
async def test_a_clip_that_is_no_music_is_refused(
    service: Service, audio: bytes, reason: str
) -> None:
    refused = await refusal(
        service.similarity.SearchSimilarTracks(
            messages.SearchSimilarTracksRequest(seed={"clip": {"audio": audio}})
        )
    )
    assert refused.reason == reason
    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT


async def test_without_the_model_only_clips_fail(service: Service) -> None:
    service.embedder.answers = False
    refused = await refusal(
        service.similarity.SearchSimilarTracks(
            messages.SearchSimilarTracksRequest(seed={"clip": {"audio": tone(220)}})
        )
    )
    assert refused.reason == "EMBEDDER_UNAVAILABLE"
    assert refused.code is grpc.StatusCode.UNAVAILABLE
    assert refused.detail(error_details_pb2.RetryInfo).retry_delay.seconds == 1
    assert ids(await service.similarity.SearchSimilarTracks(request()))


async def test_the_remaining_time_goes_on_to_model_and_recommender(
    service: Service, tmp_path: Path
) -> None:
    await service.similarity.SearchSimilarTracks(
        messages.SearchSimilarTracksRequest(seed={"clip": {"audio": tone(220)}}, mix={}),
        timeout=25,
    )
    assert service.embedder.timeouts[0] is not None
    assert 0 < service.embedder.timeouts[0] <= 25 * ROUNDED_UP
    serving = serve(service.index, tmp_path / "patient", collaborative_timeout_seconds=1_000)
    patient = await anext(serving)
    await patient.similarity.SearchSimilarTracks(request(mix={}), timeout=10)
    assert 0 < patient.recommender.asked[-1][1] <= 8 * ROUNDED_UP
    await serving.aclose()


async def test_a_mix_reorders_and_lets_suggestions_in(service: Service) -> None:
    service.recommender.known = {"d": 9.0, "c": 1.0, "unknown": 99.0, "a": 50.0}
    response = await service.similarity.SearchSimilarTracks(
        request(mix={"user_id": "ann", "weight": 0.75}, filter={"exclude_track_ids": ["e"]})
    )
    # Calibrated cosines of 10, 20, 30 degrees: 1, 0.626, 0. Calibrated scores: d 1, c 0.
    middle = (math.cos(math.radians(20)) - math.cos(math.radians(30))) / (
        math.cos(math.radians(10)) - math.cos(math.radians(30))
    )
    assert ids(response) == ["d", "b", "c"]
    assert [one.score for one in response.results] == pytest.approx([0.75, 0.25, 0.25 * middle])
    assert response.results[0].collaborative_score == 9.0  # handed through
    assert not response.results[1].HasField("collaborative_score")
    assert response.collaborative_status == USED
    asked, _ = service.recommender.asked[0]
    assert asked.user_id == "ann"
    assert list(asked.seed_track_ids) == ["a"]
    assert list(asked.candidate_track_ids) == ["b", "c", "d"]


async def test_the_recommender_is_told_the_filter_and_what_the_caller_hands_on(
    service: Service,
) -> None:
    where = {"genres": {"any_of": ["Jazz"]}, "year": {"minimum": 1950}}
    service.recommender.known = {"b": 1.0, "d": 9.0}
    response = await service.similarity.SearchSimilarTracks(
        request(mix={"weight": 0.5}, filter=where),
        metadata=(("x-segue-shop", "de"), ("x-other", "secret")),
    )
    assert ids(response) == ["b"], "d is no jazz"
    asked, _ = service.recommender.asked[0]
    assert asked.where.genres.any_of == ("jazz",)
    assert asked.where.year.minimum == 1950
    assert dict(asked.caller_metadata) == {"x-segue-shop": "de"}
    await service.similarity.SearchSimilarTracks(request(mix={"weight": 0.5}))
    asked, _ = service.recommender.asked[1]
    assert not asked.where
    assert dict(asked.caller_metadata) == {}


async def test_a_track_that_only_the_recommender_knows_enters(service: Service) -> None:
    await service.index.upsert([embedded(f"x{n:03d}", 1 + n / 100) for n in range(300)])
    service.recommender.known = {"e": 5.0}
    response = await service.similarity.SearchSimilarTracks(
        request(mix={"weight": 0.9}, page_size=1)
    )
    assert ids(response) == ["e"]
    assert response.results[0].acoustic_similarity == pytest.approx(math.cos(math.radians(80)))
    filtered = await service.similarity.SearchSimilarTracks(
        request(mix={"weight": 0.9}, filter={"genres": {"none_of": ["jazz"]}})
    )
    assert "e" not in ids(filtered), "a suggestion passes the filter like everybody else"
    assert filtered.collaborative_status == NO_SCORES


@pytest.mark.parametrize(
    "method",
    [
        messages.FUSION_METHOD_WEIGHTED_SUM,
        messages.FUSION_METHOD_RECIPROCAL_RANK,
        messages.FUSION_METHOD_DISTRIBUTION_BASED,
    ],
)
async def test_scores_of_the_request_are_used_instead_of_the_source(
    service: Service, method: messages.FusionMethod
) -> None:
    scores = [{"track_id": "e", "score": 3}, {"track_id": "d", "score": 2},
              {"track_id": "c", "score": 1}]  # fmt: skip
    response = await service.similarity.SearchSimilarTracks(
        request(mix={"method": method, "weight": 1.0, "scores": scores})
    )
    assert ids(response)[:2] == ["e", "d"]
    assert response.collaborative_status == USED
    assert not service.recommender.asked


async def test_a_mixed_search_is_paged_stably(service: Service) -> None:
    await service.index.upsert([embedded(f"x{n:02d}", 40 + n % 7) for n in range(40)])
    service.recommender.known = {f"x{n:02d}": float(n % 5) for n in range(0, 40, 2)}
    whole = await service.similarity.SearchSimilarTracks(request(mix={}, page_size=100))
    paged: list[str] = []
    token = ""
    while True:
        page = await service.similarity.SearchSimilarTracks(
            request(mix={}, page_size=9, page_token=token)
        )
        paged += ids(page)
        token = page.next_page_token
        if not token:
            break
    assert paged == ids(whole)
    assert len(set(paged)) == 44


@pytest.mark.parametrize(
    ("error", "known"),
    [
        (CollaborativeUnavailable("down for repairs"), {}),
        (RuntimeError("a fault of the hook"), {}),
        (None, {"b": float("nan")}),
    ],
)
async def test_a_broken_recommender_costs_nothing_but_its_scores(
    service: Service, error: Exception | None, known: dict[str, float]
) -> None:
    service.recommender.error = error
    service.recommender.known = known
    response = await service.similarity.SearchSimilarTracks(request(mix={}))
    plain = await service.similarity.SearchSimilarTracks(request())
    assert ids(response) == ids(plain)
    assert [one.score for one in response.results] == pytest.approx(
        [one.score for one in plain.results]
    )
    assert response.collaborative_status == UNAVAILABLE
    assert response.collaborative_message


async def test_a_recommender_that_knows_nothing(service: Service) -> None:
    response = await service.similarity.SearchSimilarTracks(request(mix={}))
    assert response.collaborative_status == NO_SCORES
    assert ids(response) == ["b", "c", "d", "e"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"filter": {"year": {"minimum": 2, "maximum": 1}}}, "filter.year"),
        ({"mix": {"weight": 1.5}}, "mix.weight"),
        ({"mix": {"weight": float("nan")}}, "mix.weight"),
        ({"mix": {"method": 9}}, "mix.method"),
        ({"mix": {"scores": [{"track_id": "a", "score": float("inf")}]}}, "mix.scores[0].score"),
        ({"mix": {"scores": [{"track_id": "a"}, {"track_id": "a"}]}}, "mix.scores[1]"),
        ({"match_level": 7}, "match_level"),
        ({"view": 7}, "view"),
        ({"seed": {}}, "seed"),
        ({"seed": {"track_id": "x" * 257}}, "seed.track_id"),
        ({"seed": {"track_id": ""}}, "seed.track_id"),
        ({"seed": {"clip": {"audio": b"x", "start_seconds": -1}}}, "seed.clip.start_seconds"),
        ({"seed": {"clip": {"audio": b"x", "length_seconds": 601}}}, "seed.clip.length_seconds"),
    ],
)
async def test_a_wrong_field_is_named(
    service: Service, fields: dict[str, object], field: str
) -> None:
    wrong = messages.SearchSimilarTracksRequest(**{"seed": {"track_id": "a"}, **fields})
    refused = await refusal(service.similarity.SearchSimilarTracks(wrong))
    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
    assert refused.reason == "INVALID_ARGUMENT"
    assert refused.field == field


@pytest.mark.parametrize(
    ("seed", "code", "reason"),
    [
        ({"track_id": "nobody"}, grpc.StatusCode.NOT_FOUND, "TRACK_NOT_FOUND"),
        (
            {"embedding": {"values": [1.0] * DIMENSION, "space": "other-v2"}},
            grpc.StatusCode.FAILED_PRECONDITION,
            "SPACE_MISMATCH",
        ),
        ({"embedding": {"values": [1.0]}}, grpc.StatusCode.INVALID_ARGUMENT, "VECTOR_INVALID"),
        ({"embedding": {}}, grpc.StatusCode.INVALID_ARGUMENT, "VECTOR_INVALID"),
        (
            {"embedding": {"values": [0.0] * DIMENSION}},
            grpc.StatusCode.INVALID_ARGUMENT,
            "VECTOR_INVALID",
        ),
        (
            {"embedding": {"values": [float("nan")] * DIMENSION}},
            grpc.StatusCode.INVALID_ARGUMENT,
            "VECTOR_INVALID",
        ),
    ],
)
async def test_a_wrong_seed_is_refused(
    service: Service, seed: dict[str, object], code: grpc.StatusCode, reason: str
) -> None:
    refused = await refusal(
        service.similarity.SearchSimilarTracks(messages.SearchSimilarTracksRequest(seed=seed))
    )
    assert (refused.code, refused.reason) == (code, reason)
    if reason == "TRACK_NOT_FOUND":
        resource = refused.detail(error_details_pb2.ResourceInfo)
        assert (resource.resource_type, resource.resource_name) == ("track", "nobody")
