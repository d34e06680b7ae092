"""``segue.v1.SimilarityService``: converts, searches, converts back."""

from __future__ import annotations

import math
from typing import Any

import grpc

from segue.errors import InvalidArgument, SpaceMismatch, TrackNotFound
from segue.index.port import Granularity, TrackIndex
from segue.query.answers import AnswerWriter
from segue.query.clips import Clip, ClipEmbedder
from segue.query.conversion import checked_track_id, filter_of, vector_of
from segue.query.labels import KnownLabels
from segue.query.paging import PageBinding, page_size
from segue.query.parts import LiveParts
from segue.query.search import Mix, SimilarityQuery, SimilaritySearch
from segue.ranking.fusion import FusionMethod
from segue.tracks import Vector
from segue.v1 import similarity_service_pb2 as messages
from segue.v1 import track_pb2

SERVICE = "segue.v1.SimilarityService"

DEFAULT_PAGE_SIZE = 10
LARGEST_PAGE_SIZE = 100
LARGEST_SCORE_LIST = 1_000

_METHODS = {
    messages.FUSION_METHOD_UNSPECIFIED: FusionMethod.WEIGHTED_SUM,
    messages.FUSION_METHOD_WEIGHTED_SUM: FusionMethod.WEIGHTED_SUM,
    messages.FUSION_METHOD_RECIPROCAL_RANK: FusionMethod.RECIPROCAL_RANK,
    messages.FUSION_METHOD_DISTRIBUTION_BASED: FusionMethod.DISTRIBUTION_BASED,
}
_GRANULARITIES = {
    messages.MATCH_LEVEL_TRACK: Granularity.TRACKS,
    messages.MATCH_LEVEL_PASSAGE: Granularity.PASSAGES,
}
_VIEWS = frozenset(track_pb2.TrackView.values())


class SimilarityServicer:
    """Answers searches from the live index."""

    def __init__(
        self, parts: LiveParts, search: SimilaritySearch, clips: ClipEmbedder, labels: KnownLabels
    ) -> None:
        self._parts = parts
        self._search = search
        self._clips = clips
        self._labels = labels
        self._writer = AnswerWriter()

    def add_to(self, server: grpc.aio.Server) -> None:
        """Register with a server."""
        handler = grpc.unary_unary_rpc_method_handler(
            self.SearchSimilarTracks,
            request_deserializer=messages.SearchSimilarTracksRequest.FromString,
            # The answer is written as bytes already: its tracks are kept serialised.
            response_serializer=None,
        )
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(SERVICE, {"SearchSimilarTracks": handler}),)
        )

    async def SearchSimilarTracks(  # noqa: N802  # named by the proto
        self, request: messages.SearchSimilarTracksRequest, context: Any
    ) -> bytes:
        """Give a serialised ``SearchSimilarTracksResponse``."""
        del context
        index = self._parts.index
        size = page_size(request.page_size, default=DEFAULT_PAGE_SIZE, largest=LARGEST_PAGE_SIZE)
        granularity = _granularity(request)
        _check_view(request.view)
        view = request.view
        where = filter_of(request.filter)
        mix = _mix(request.mix) if request.HasField("mix") else None
        seed_track_id = request.seed.track_id
        binding = PageBinding(request, index.space)
        query = SimilarityQuery(
            offset=binding.offset(),
            vector=await self._seed_vector(index, request.seed),
            size=size,
            seed_track_id=seed_track_id,
            where=where,
            granularity=granularity,
            mix=mix,
        )
        page = await self._search.page(index, query)
        unknown = await self._labels.unknown(index, where) if where else ()
        token = binding.token(str(query.offset + size)) if page.more else ""
        return self._writer.response(
            page, view=view, space=index.space, next_page_token=token, unknown_labels=unknown
        )

    async def _seed_vector(self, index: TrackIndex, seed: messages.Seed) -> Vector:
        kind = seed.WhichOneof("kind")
        if kind == "track_id":
            track_id = checked_track_id(seed.track_id, "seed.track_id")
            vector = (await index.vectors((track_id,))).get(track_id)
            if vector is None:
                raise TrackNotFound(track_id, index.space)
            return vector
        if kind == "embedding":
            space = seed.embedding.space
            if space and space != index.space:
                raise SpaceMismatch(
                    f"seed.embedding is of the space {space!r}, but the catalogue is searched in "
                    f"{index.space!r}"
                )
            return vector_of(seed.embedding.values)
        if kind == "clip":
            card = self._parts.card
            clip = Clip(seed.clip.audio, seed.clip.start_seconds, seed.clip.length_seconds)
            return await self._clips.vector(clip, card.front_end)
        raise InvalidArgument("seed", "give a track_id, an embedding or a clip")


def _check_view(view: track_pb2.TrackView) -> None:
    if view not in _VIEWS:
        raise InvalidArgument("view", f"{view} is no TrackView")


def _granularity(request: messages.SearchSimilarTracksRequest) -> Granularity:
    level = request.match_level
    if level == messages.MATCH_LEVEL_UNSPECIFIED:
        return Granularity.PASSAGES if request.seed.HasField("clip") else Granularity.TRACKS
    if level not in _GRANULARITIES:
        raise InvalidArgument("match_level", f"{level} is no MatchLevel")
    return _GRANULARITIES[level]


def _mix(message: messages.HybridMix) -> Mix:
    if message.method not in _METHODS:
        raise InvalidArgument("mix.method", f"{message.method} is no FusionMethod")
    weight = message.weight if message.HasField("weight") else 0.5
    if not 0 <= weight <= 1:
        raise InvalidArgument("mix.weight", f"{weight} lies outside [0, 1]")
    if len(message.scores) > LARGEST_SCORE_LIST:
        raise InvalidArgument(
            "mix.scores", f"holds {len(message.scores)} scores, over {LARGEST_SCORE_LIST}"
        )
    scores: dict[str, float] = {}
    for number, entry in enumerate(message.scores):
        checked_track_id(entry.track_id, f"mix.scores[{number}].track_id")
        if not math.isfinite(entry.score):
            raise InvalidArgument(f"mix.scores[{number}].score", f"{entry.score} is not finite")
        if entry.track_id in scores:
            raise InvalidArgument(f"mix.scores[{number}]", f"{entry.track_id!r} stands twice")
        scores[entry.track_id] = entry.score
    return Mix(_METHODS[message.method], weight, message.user_id, scores or None)
