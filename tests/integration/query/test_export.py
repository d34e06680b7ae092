"""ExportTracks: the whole catalogue in small messages, taken up where the stream broke."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import grpc
import numpy as np
import pytest

from embedded_tracks import assert_equal
from query_service import CATALOGUE, DIMENSION, TOKEN, USUAL, Service, serve
from random_fingerprints import fingerprint_of, random_codes
from refusals import Refusal, refusal
from segue.cli.catalogue_export import whole_tracks
from segue.cli.client import SegueClient
from segue.fingerprints import NO_FINGERPRINT
from segue.index.exact import ExactIndex
from segue.layers import MetadataLayers, with_layers
from segue.owner_token import token_metadata
from segue.query.access import Access
from segue.tracks import (
    EmbeddedTrack,
    EstimatedKey,
    EstimatedTempo,
    Segment,
    Track,
    TrackMetadata,
)
from segue.v1 import catalog_service_pb2 as messages
from segue.v1 import track_pb2
from segue.wire.tracks import stored_track_from_message

LARGEST_BYTES = 1024 * 1024
SPACE = "bands-v1"


def make(number: int, passages: int, *, title: str = "") -> EmbeddedTrack:
    rng = np.random.default_rng(number)

    def vector() -> np.ndarray:
        return rng.standard_normal(DIMENSION).astype(np.float32)

    track = Track(
        f"track-{number:03}",
        content_sha256=f"{number:064x}",
        estimated_tempo=EstimatedTempo(97.5, 0.75) if number % 2 else None,
        estimated_key=EstimatedKey("Am", 0.25) if number % 3 else None,
    )
    layers = MetadataLayers(TrackMetadata("Tags", year=1999), TrackMetadata(title=title))
    return EmbeddedTrack(
        with_layers(track, layers.corrected({"genres": ("jazz",)} if number % 2 else {})),
        SPACE,
        vector(),
        None,
        [Segment(n, 10.0 * n, 10.0 * n + 10.0, vector()) for n in range(passages)],
        fingerprint_of(random_codes(number)) if number % 4 else NO_FINGERPRINT,
    )


async def read(
    service: Service, request: messages.ExportTracksRequest
) -> list[messages.ExportTracksResponse]:
    responses = [one async for one in service.catalog.ExportTracks(request)]
    assert all(one.ByteSize() <= LARGEST_BYTES for one in responses)
    return responses


def tracks_of(responses: list[messages.ExportTracksResponse]) -> list[EmbeddedTrack]:
    pieces = [piece for one in responses for piece in one.tracks]
    return [stored_track_from_message(one, space=SPACE) for one in whole_tracks(pieces)]


@pytest.fixture
async def large(tmp_path: Path) -> AsyncIterator[Service]:
    """Tracks whose texts are long, one that has no passages, and a very long one."""
    index = ExactIndex(space=SPACE, dimension=DIMENSION)
    given = [make(number, number % 7, title="so long " * 500) for number in range(600)]
    await index.upsert([*given, make(600, 0), make(601, 20_000), make(602, 2_400)])
    async for running in serve(index, tmp_path):
        yield running


async def test_everything_comes_in_small_messages(large: Service) -> None:
    responses = await read(large, messages.ExportTracksRequest())
    assert len(responses) > 3
    assert {(one.embedding_space, one.dimension, one.total_tracks) for one in responses} == {
        (SPACE, DIMENSION, 603)
    }
    found = tracks_of(responses)
    right = [one async for one in large.index.embedded()]
    assert len(found) == len(right) == 603
    for one, other in zip(found, right, strict=True):
        assert_equal(one, other)
    assert [bool(one.next_page_token) for one in responses] == [True] * (len(responses) - 1) + [
        False
    ]


async def test_a_stream_is_taken_up_where_it_broke(large: Service) -> None:
    whole = await read(large, messages.ExportTracksRequest())
    for number, response in list(enumerate(whole[:-1]))[::4]:
        request = messages.ExportTracksRequest(page_token=response.next_page_token)
        found = tracks_of(whole[: number + 1]) + tracks_of(await read(large, request))
        assert [one.track.track_id for one in found] == [
            one.track.track_id for one in tracks_of(whole)
        ]


async def test_a_filter_is_heeded(service: Service) -> None:
    request = messages.ExportTracksRequest()
    request.filter.genres.any_of.append("jazz")
    found = {one.track.track_id for one in tracks_of(await read(service, request))}
    assert found == {one.track.track_id for one in CATALOGUE if "jazz" in one.track.metadata.genres}
    request.filter.genres.any_of[0] = "unheard"
    (only,) = await read(service, request)
    assert (only.embedding_space, list(only.tracks)) == (SPACE, [])


async def test_a_token_of_another_request_is_refused(large: Service) -> None:
    first = (await read(large, messages.ExportTracksRequest()))[0]
    request = messages.ExportTracksRequest(page_token=first.next_page_token)
    request.filter.genres.any_of.append("jazz")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await read(large, request)
    assert Refusal(caught.value).reason == "PAGE_TOKEN_INVALID"


async def test_only_the_owner_may_export(tmp_path: Path) -> None:
    index = ExactIndex(space=SPACE, dimension=DIMENSION)
    await index.upsert(CATALOGUE)
    async for guarded in serve(index, tmp_path, access=Access(TOKEN)):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await read(guarded, messages.ExportTracksRequest())
        assert Refusal(caught.value).reason == "OWNER_ONLY"
        call = guarded.catalog.ExportTracks(
            messages.ExportTracksRequest(), metadata=token_metadata(TOKEN)
        )
        assert len(tracks_of([one async for one in call])) == len(CATALOGUE)


async def test_a_client_goes_on_after_streams_that_end_early(tmp_path: Path) -> None:
    index = ExactIndex(space=SPACE, dimension=DIMENSION)
    await index.upsert([make(number, 3, title="so long " * 500) for number in range(600)])
    hasty = replace(USUAL, watch_seconds=0.001)
    async for running in serve(index, tmp_path, admission=hasty):
        responses = await asyncio.to_thread(exported_from, running.address)
        found = tracks_of(responses)
        assert len(found) == len({one.track.track_id for one in found}) == 600


def exported_from(address: str) -> list[messages.ExportTracksResponse]:
    with SegueClient(address) as client:
        return list(client.export(messages.ExportTracksRequest()))


async def test_only_what_is_a_vector_is_stored_again(service: Service) -> None:
    vectors = messages.TrackVectors(values=[1.0] * DIMENSION)
    vectors.track.track_id = "new"
    vectors.track.predicted_genres.append(track_pb2.LabelProbability(label="jazz", probability=7))
    request = messages.UpsertTracksRequest(tracks=[vectors], embedding_space=SPACE)
    assert (await refusal(service.catalog.UpsertTracks(request))).reason == "INVALID_ARGUMENT"


async def test_song_vectors_alone_are_a_fraction_of_all(large: Service) -> None:
    whole = await read(large, messages.ExportTracksRequest())
    alone = await read(large, messages.ExportTracksRequest(song_vectors_only=True))

    everything = {one.track.track_id: one for one in tracks_of(whole)}
    found = tracks_of(alone)
    assert {one.track.track_id for one in found} == everything.keys()
    for one in found:
        right = everything[one.track.track_id]
        assert one.track == right.track
        np.testing.assert_array_equal(one.vector, right.vector)
        assert list(one.segments) == []
        assert one.fingerprint == NO_FINGERPRINT
    (first, *_) = alone
    assert first.total_tracks == len(found)
