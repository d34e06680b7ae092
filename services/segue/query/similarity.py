"""``segue.v1.SimilarityService``: converts, searches, converts back."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import grpc

from segue.embedding.halves import Half
from segue.errors import InvalidArgument
from segue.index.port import TrackIndex
from segue.limits import DEFAULT_SEARCH_PAGE, LARGEST_SEARCH_PAGE, MOST_PASSAGES_EACH
from segue.mix import Mix
from segue.query.access import check_listeners
from segue.query.answers import checked_view, similar_track, track_passages
from segue.query.backends import Backends
from segue.query.batch import answer_all
from segue.query.candidates import Candidates, NearestToOne
from segue.query.explanations import match_explanations, search_explanation
from segue.query.finding import found_page
from segue.query.highlights import highlights
from segue.query.labels import KnownLabels
from segue.query.paging import PageBinding, PageTokens, Room, page_size
from segue.query.scoring import Ranked
from segue.query.search import Page, SimilarityQuery, SimilaritySearch
from segue.query.seeds import SeedSearch, weighed_queries
from segue.query.segments import PassageCandidates
from segue.query.shown import Shown
from segue.seeds import MatchLevel, PassageSeed, Seeds, WeightedSeed
from segue.tracks import Passage, TrackFilter
from segue.turns import paced
from segue.v1 import similarity_service_pb2 as messages
from segue.v1 import track_pb2
from segue.v1.similarity_service_pb2_grpc import (
    SimilarityServiceServicer,
    add_SimilarityServiceServicer_to_server,
)
from segue.variety import Boost, LabelBoost, Variety
from segue.wire.clip_audio import audio_taken_out
from segue.wire.filters import filter_from_message
from segue.wire.search import mix_from_message, mix_status_to_message
from segue.wire.seeds import (
    seed_from_message,
    seed_messages,
    seeds_from_message,
    sound_weight_from_message,
)
from segue.wire.variety import boosts_from_messages, variety_from_message

SERVICE = "segue.v1.SimilarityService"

_OF_ONE_VECTOR = frozenset({"track_id", "embedding", "clip", "passage"})


class SimilarityServicer(SimilarityServiceServicer):
    """Answers searches from the live indexes."""

    def __init__(
        self,
        backends: Backends,
        searches: Mapping[str, SimilaritySearch],
        seeds: Mapping[str, SeedSearch],
        labels: KnownLabels,
        tokens: PageTokens,
    ) -> None:
        self._backends = backends
        self._searches = searches
        self._seeds = seeds
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
        return await self._similar(self._backends.index_of(request), request, Room())

    async def BatchSearchSimilarTracks(  # noqa: N802  # named by the proto
        self, request: messages.BatchSearchSimilarTracksRequest, context: Any
    ) -> messages.BatchSearchSimilarTracksResponse:
        """Answer the first pages of many searches; each is answered or fails by itself."""
        del context
        results = await answer_all(
            self._backends.index_of(request), request.requests, self._similar
        )
        return messages.BatchSearchSimilarTracksResponse(results=results)

    async def SearchSegments(  # noqa: N802  # named by the proto
        self, request: messages.SearchSegmentsRequest, context: Any
    ) -> messages.SearchSegmentsResponse:
        """Answer one page of a search for passages."""
        del context
        index = self._backends.index_of(request)
        size = _page_size(request.page_size)
        each = request.passages_per_track or 1
        if not 1 <= each <= MOST_PASSAGES_EACH:
            raise InvalidArgument("passages_per_track", f"{each} lies outside [0, 3]")
        variety = variety_from_message(request.variety)
        view = checked_view(request.view)
        where = filter_from_message(request.filter)
        if request.seed.WhichOneof("kind") not in _OF_ONE_VECTOR:
            raise _not_of_one_vector()
        seed = seed_from_message(request.seed, audio=audio_taken_out())
        seeds = Seeds(
            (WeightedSeed(seed),),
            single=True,
            level=MatchLevel.PASSAGE,
            sound_weight=sound_weight_from_message(request),
        )
        binding = await self._binding(request, index)
        shown = _shown(binding)
        nearest = await self._seeds[index.catalogue].candidates(
            index,
            self._backends.card,
            seeds,
            with_tracks=_compares_tracks(view, request.variety),
            whole=view == track_pb2.TRACK_VIEW_FULL,
        )
        if not isinstance(nearest, NearestToOne):
            raise _not_of_one_vector()
        own = seed if isinstance(seed, PassageSeed) and not request.not_seed_track else None
        candidates = PassageCandidates(index, nearest, own, each)
        query = SimilarityQuery(
            candidates,
            size,
            shown,
            where=where,
            all_copies=request.all_copies,
            variety=variety,
        )
        page = await self._searches[index.catalogue].page(index, query)
        results = await paced(
            lambda one: track_passages(one, view, self._backends.kept), page.answers
        )
        held = Room().held(results)
        return messages.SearchSegmentsResponse(
            results=results[:held],
            next_page_token=_next(binding, page, shown, held),
            embedding_space=index.space,
            unknown_labels=await self._unknown_labels(index, where),
            explanation=_explanation(page, view),
        )

    async def _similar(
        self, index: TrackIndex, request: messages.SearchSimilarTracksRequest, room: Room
    ) -> messages.SearchSimilarTracksResponse:
        """Answer one page, of as many results as there is room for."""
        asked = _Asked.read(request)
        check_listeners(asked.seeds, asked.mix)
        binding = await self._binding(request, index)
        shown = _shown(binding)
        candidates = await self._seeds[index.catalogue].candidates(
            index,
            self._backends.card,
            asked.seeds,
            with_tracks=_compares_tracks(request.view, request.variety),
            with_vectors=request.highlight or asked.view == track_pb2.TRACK_VIEW_FULL,
            whole=asked.by_labels or asked.view == track_pb2.TRACK_VIEW_FULL,
        )
        query = SimilarityQuery(
            candidates,
            asked.size,
            shown,
            where=asked.where,
            mix=asked.mix,
            all_copies=request.all_copies,
            variety=asked.variety,
            boosts=asked.boosts,
            halves=self._halves(),
            whole_tracks=asked.seeds.level is MatchLevel.TRACK,
        )
        page = await self._searches[index.catalogue].page(index, query)
        passages: Mapping[str, Passage] = {}
        if request.highlight:
            passages = await self._highlights(index, asked.seeds, candidates, page)
        reasons = await self._explained(index, page, candidates, asked.view)

        def written(pair: tuple[Ranked, messages.MatchExplanation | None]) -> messages.SimilarTrack:
            one, reason = pair
            highlight = passages.get(one.neighbour.track.track_id)
            return similar_track(one, asked.view, self._backends.kept, highlight, reason)

        results = await paced(written, zip(page.answers, reasons, strict=True))
        held = room.held(results)
        return messages.SearchSimilarTracksResponse(
            results=results[:held],
            next_page_token=_next(binding, page, shown, held),
            embedding_space=index.space,
            collaborative_status=mix_status_to_message(page.mix_status),
            collaborative_message=page.mix_message,
            unknown_labels=await self._unknown_labels(index, asked.where),
            unknown_seeds=candidates.seeds.unknown,
            explanation=_explanation(page, asked.view),
        )

    async def SearchTracks(  # noqa: N802
        self, request: messages.SearchTracksRequest, context: Any
    ) -> messages.SearchTracksResponse:
        """Answer one page of the tracks that have the words of a query."""
        del context
        checked_view(request.view)
        return await found_page(request, self._backends, self._tokens)

    async def _explained(
        self, index: TrackIndex, page: Page, candidates: Candidates, view: track_pb2.TrackView
    ) -> Sequence[messages.MatchExplanation | None]:
        if view != track_pb2.TRACK_VIEW_FULL:
            return [None] * len(page.answers)
        return await match_explanations(index, page, candidates.seeds, self._halves())

    def _halves(self) -> tuple[Half, ...]:
        card = self._backends.known_card
        return () if card is None else card.halves

    async def _highlights(
        self, index: TrackIndex, seeds: Seeds, candidates: Candidates, page: Page
    ) -> Mapping[str, Passage]:
        towards = candidates.seeds.towards
        if towards is None:
            return {}
        queries = weighed_queries(towards, self._backends.card, seeds.sound_weight)
        return await highlights(index, queries, page.answers)

    async def _unknown_labels(self, index: TrackIndex, where: TrackFilter) -> list[str]:
        return await self._labels.unknown(index, where) if where else []

    async def _binding(
        self,
        request: messages.SearchSimilarTracksRequest | messages.SearchSegmentsRequest,
        index: TrackIndex,
    ) -> PageBinding:
        """What page tokens are bound to, once everything else is read of the request."""
        for seed in seed_messages(request):
            if seed.HasField("clip"):
                # The hash of a large clip is made once, on a thread.
                taken = audio_taken_out()
                audio = seed.clip.audio if taken is None else taken
                seed.clip.audio = await asyncio.to_thread(_digest, audio)
        return self._tokens.binding(request, index.space)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a request for similar tracks says."""

    seeds: Seeds
    size: int
    view: track_pb2.TrackView
    where: TrackFilter
    mix: Mix | None
    variety: Variety
    boosts: tuple[Boost, ...]

    @property
    def by_labels(self) -> bool:
        """Whether the order looks at labels, of which some may be heard."""
        return any(isinstance(one, LabelBoost) for one in self.boosts)

    @classmethod
    def read(cls, request: messages.SearchSimilarTracksRequest) -> _Asked:
        asked = cls(
            size=_page_size(request.page_size),
            view=checked_view(request.view),
            where=filter_from_message(request.filter),
            mix=mix_from_message(request.mix) if request.HasField("mix") else None,
            variety=variety_from_message(request.variety),
            boosts=boosts_from_messages(request.boosts),
            seeds=seeds_from_message(request, audio_taken_out()),
        )
        if request.highlight and asked.seeds.level is MatchLevel.GENRE_SPACE:
            raise InvalidArgument("highlight", "the genre space knows whole tracks, no passages")
        return asked


def _not_of_one_vector() -> InvalidArgument:
    return InvalidArgument("seed", "give a passage, a clip, a track_id or an embedding")


def _compares_tracks(view: track_pb2.TrackView, variety: messages.Variety) -> bool:
    """Whether answers are held against what the catalogue says of the seeds."""
    apart = variety.not_seed_albums or variety.not_seed_artists
    return apart or view == track_pb2.TRACK_VIEW_FULL


def _page_size(requested: int) -> int:
    return page_size(requested, default=DEFAULT_SEARCH_PAGE, largest=LARGEST_SEARCH_PAGE)


def _shown(binding: PageBinding) -> Shown:
    cursor = binding.raw_cursor()
    return Shown.nothing(datetime.now(UTC)) if cursor is None else Shown.read(cursor)


def _next(binding: PageBinding, page: Page, shown: Shown, held: int) -> str:
    """Token of the next page; empty on the last one."""
    if not page.more and held == len(page.answers):
        return ""
    names = [one.neighbour.track.track_id for one in page.answers[:held]]
    return binding.token(shown.then(names).cursor())


def _explanation(page: Page, view: track_pb2.TrackView) -> messages.SearchExplanation | None:
    if view != track_pb2.TRACK_VIEW_FULL:
        return None
    return search_explanation(page.explanation)


def _digest(audio: bytes | memoryview) -> bytes:
    return hashlib.sha256(audio).digest()
