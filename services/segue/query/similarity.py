"""``segue.v1.SimilarityService``: converts, searches, converts back."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import grpc

from segue.errors import InvalidArgument, SpaceMismatch, TrackNotFound
from segue.index.port import TrackIndex
from segue.limits import DEFAULT_SEARCH_PAGE, LARGEST_SEARCH_PAGE, checked_size, wanted_track_id
from segue.media.kept_uploads import KeptUploads
from segue.query.backends import Backends
from segue.query.clips import Clip, ClipEmbedder
from segue.query.guest_views import shown_track
from segue.query.labels import KnownLabels
from segue.query.paging import PageTokens, Room, page_size
from segue.query.search import Ranked, SimilarityQuery, SimilaritySearch
from segue.tracks import Granularity, Vector
from segue.v1 import similarity_service_pb2 as messages
from segue.v1 import track_pb2
from segue.v1.similarity_service_pb2_grpc import (
    SimilarityServiceServicer,
    add_SimilarityServiceServicer_to_server,
)
from segue.wire.clip_audio import audio_taken_out
from segue.wire.filters import filter_from_message
from segue.wire.search import granularity_from_message, mix_from_message, mix_status_to_message
from segue.wire.tracks import vector_from_values

SERVICE = "segue.v1.SimilarityService"

_VIEWS = frozenset(track_pb2.TrackView.values())


class SimilarityServicer(SimilarityServiceServicer):
    """Answers searches from the live index."""

    def __init__(
        self,
        backends: Backends,
        search: SimilaritySearch,
        clips: ClipEmbedder,
        labels: KnownLabels,
        tokens: PageTokens,
    ) -> None:
        self._backends = backends
        self._search = search
        self._clips = clips
        self._labels = labels
        self._tokens = tokens

    def add_to(self, server: grpc.aio.Server) -> None:
        """Register with a server."""
        add_SimilarityServiceServicer_to_server(self, server)  # type: ignore[no-untyped-call]

    async def SearchSimilarTracks(  # noqa: N802  # named by the proto
        self, request: messages.SearchSimilarTracksRequest, context: Any
    ) -> messages.SearchSimilarTracksResponse:
        """Answer one page of a search."""
        del context
        index = self._backends.index
        size = page_size(
            request.page_size, default=DEFAULT_SEARCH_PAGE, largest=LARGEST_SEARCH_PAGE
        )
        granularity = _granularity(request)
        _check_view(request.view)
        view = request.view
        where = filter_from_message(request.filter)
        mix = mix_from_message(request.mix) if request.HasField("mix") else None
        seed_track_id = request.seed.track_id
        clip = None
        if request.seed.HasField("clip"):
            taken_out = audio_taken_out()
            clip = Clip(
                request.seed.clip.audio if taken_out is None else taken_out,
                request.seed.clip.start_seconds,
                request.seed.clip.length_seconds,
            )
            # What page tokens are bound to: the hash of a large clip is made once, on a thread.
            request.seed.clip.audio = await asyncio.to_thread(_digest, clip.audio)
        binding = self._tokens.binding(request, index.space)
        query = SimilarityQuery(
            offset=binding.offset(),
            vector=await self._seed_vector(index, request.seed, clip),
            size=size,
            seed_track_id=seed_track_id,
            where=where,
            granularity=granularity,
            mix=mix,
            all_copies=request.all_copies,
        )
        page = await self._search.page(index, query)
        unknown = await self._labels.unknown(index, where) if where else ()
        results = [_result_message(answer, view, self._backends.kept) for answer in page.answers]
        held = Room().held(results)
        more = page.more or held < len(results)
        token = binding.token(str(query.offset + held)) if more else ""
        return messages.SearchSimilarTracksResponse(
            results=results[:held],
            next_page_token=token,
            embedding_space=index.space,
            collaborative_status=mix_status_to_message(page.mix_status),
            collaborative_message=page.mix_message,
            unknown_labels=unknown,
        )

    async def _seed_vector(
        self, index: TrackIndex, seed: messages.Seed, clip: Clip | None
    ) -> Vector:
        if clip is not None:
            return (await self._clips.heard(clip, self._backends.card)).vector
        kind = seed.WhichOneof("kind")
        if kind == "track_id":
            track_id = wanted_track_id(seed.track_id, "seed.track_id")
            vector = (await index.vectors((track_id,))).get(track_id)
            if vector is None:
                raise TrackNotFound(track_id, index.space)
            return vector
        if kind == "embedding":
            space = checked_size(seed.embedding.space, "embedding_space", "seed.embedding.space")
            if space and space != index.space:
                raise SpaceMismatch(
                    f"seed.embedding is of the space {space!r}, but the catalogue is searched in "
                    f"{index.space!r}"
                )
            return vector_from_values(seed.embedding.values)
        raise InvalidArgument("seed", "give a track_id, an embedding or a clip")


def _digest(audio: bytes | memoryview) -> bytes:
    return hashlib.sha256(audio).digest()


def _check_view(view: track_pb2.TrackView) -> None:
    if view not in _VIEWS:
        raise InvalidArgument("view", f"{view} is not a TrackView")


def _granularity(request: messages.SearchSimilarTracksRequest) -> Granularity:
    given = granularity_from_message(request.match_level)
    if given is not None:
        return given
    return Granularity.PASSAGES if request.seed.HasField("clip") else Granularity.TRACKS


def _result_message(
    answer: Ranked, view: track_pb2.TrackView, kept: KeptUploads | None
) -> messages.SimilarTrack:
    neighbour = answer.neighbour
    message = messages.SimilarTrack(
        track=shown_track(neighbour.track, view, kept),
        score=answer.score,
        acoustic_similarity=neighbour.similarity,
        collaborative_score=answer.collaborative_score,
        others=answer.others,
    )
    if neighbour.passage is not None:
        message.passage.start_seconds = neighbour.passage.start_seconds
        message.passage.end_seconds = neighbour.passage.end_seconds
        message.passage.similarity = neighbour.passage.similarity
    return message
