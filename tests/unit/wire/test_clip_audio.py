"""Tests for taking the audio of a clip out of its request."""

from __future__ import annotations

from contextvars import copy_context

import pytest
from hypothesis import given
from hypothesis import strategies as some

from segue.v1.similarity_service_pb2 import SearchSimilarTracksRequest, Seed
from segue.wire.clip_audio import audio_taken_out, take_audio_out

_AUDIO = bytes(range(256)) * 300


def _taken(raw: bytes) -> tuple[bytes, bytes | None]:
    """The rest of a request, and its audio, as one call sees them."""

    def call() -> tuple[bytes, bytes | None]:
        rest = take_audio_out(raw)
        audio = audio_taken_out()
        return rest, None if audio is None else bytes(audio)

    return copy_context().run(call)


@given(
    some.binary(max_size=20_000),
    some.floats(0, 1e6),
    some.floats(0, 600),
    some.integers(0, 100),
    some.text(max_size=300),
    some.lists(some.text(max_size=40), max_size=5),
)
def test_a_request_is_the_same_but_for_its_audio(
    audio: bytes, start: float, length: float, size: int, token: str, genres: list[str]
) -> None:
    request = SearchSimilarTracksRequest(
        seed={"clip": {"audio": audio, "start_seconds": start, "length_seconds": length}},
        filter={"genres": {"any_of": genres}, "year": {"minimum": 1990}},
        page_size=size,
        page_token=token,
    )

    rest, taken = _taken(request.SerializeToString())

    parsed = SearchSimilarTracksRequest.FromString(rest)
    assert (taken or b"") == audio
    assert parsed.seed.HasField("clip")
    parsed.seed.clip.audio = audio
    assert parsed == request


@pytest.mark.parametrize(
    "request_",
    [
        SearchSimilarTracksRequest(seed={"track_id": "a"}),
        SearchSimilarTracksRequest(seed={"embedding": {"values": [1.0] * 1000}}),
        SearchSimilarTracksRequest(seed={"clip": {"start_seconds": 3.0}}),
        SearchSimilarTracksRequest(page_size=3),
        SearchSimilarTracksRequest(),
    ],
    ids=["track", "vector", "no audio", "no seed", "nothing"],
)
def test_a_request_without_audio_stays_as_it_is(request_: SearchSimilarTracksRequest) -> None:
    raw = request_.SerializeToString()

    assert _taken(raw) == (raw, None)


@pytest.mark.parametrize(
    "raw",
    [
        SearchSimilarTracksRequest(seed={"clip": {"audio": b"a"}}).SerializeToString() * 2,
        SearchSimilarTracksRequest(seed={"clip": {"audio": b"a"}}).SerializeToString()
        + SearchSimilarTracksRequest(seed=Seed(track_id="a")).SerializeToString(),
    ],
    ids=["two clips", "a clip and a track"],
)
def test_what_is_there_twice_is_left_to_the_parser(raw: bytes) -> None:
    assert _taken(raw) == (raw, None)


@given(some.binary(max_size=200))
def test_what_is_no_request_stays_as_it_is(raw: bytes) -> None:
    rest, taken = _taken(b"\x0a\x08\x1a\x09" + raw)  # longer inside than outside

    assert (rest, taken) == (b"\x0a\x08\x1a\x09" + raw, None)


@given(some.integers(0, 200))
def test_a_request_that_breaks_off_stays_as_it_is(end: int) -> None:
    raw = SearchSimilarTracksRequest(seed={"clip": {"audio": _AUDIO}}).SerializeToString()[:end]

    assert _taken(raw) == (raw, None)


def test_one_call_does_not_see_the_audio_of_another() -> None:
    _taken(SearchSimilarTracksRequest(seed={"clip": {"audio": _AUDIO}}).SerializeToString())

    assert audio_taken_out() is None
