"""Calls that read the catalogue."""

from __future__ import annotations

from itertools import takewhile, zip_longest
from typing import Any

from segue.errors import TrackNotFound
from segue.limits import (
    DEFAULT_LIST_PAGE,
    LARGEST_ENTRIES_PAGE,
    LARGEST_LIST_PAGE,
    MOST_READ_TRACKS,
)
from segue.query.catalog_calls import CatalogCalls, wanted_ids
from segue.query.guest_views import shown_source
from segue.query.paging import Room, fitting_page, page_size
from segue.ranges import CountedRange
from segue.tracks import FacetCount, TrackSource
from segue.turns import paced
from segue.v1 import catalog_service_pb2 as messages
from segue.v1 import track_pb2
from segue.wire.filters import (
    filter_from_message,
    order_from_message,
    probability_from_message,
    ranges_from_message,
)

_FACETS = (
    *("genres", "moods"),
    *("predicted_genres", "predicted_moods", "predicted_descriptors"),
)

_RANGES = {
    "year": ("years", "tracks_without_year"),
    "duration_seconds": ("durations", "tracks_without_duration"),
}
"""What is counted in ranges, and the fields of the answer that say so."""


class ReadingCalls(CatalogCalls):
    """Tracks by id, page by page, and counted by label."""

    async def GetTrack(  # noqa: N802
        self, request: messages.GetTrackRequest, context: Any
    ) -> messages.GetTrackResponse:
        """Give one track."""
        del context
        index = self._backends.index_of(request)
        try:
            track = await self._track(index, request.track_id)
        except TrackNotFound:
            if request.allow_missing:
                return messages.GetTrackResponse(embedding_space=index.space)
            raise
        response = messages.GetTrackResponse(
            track=self._shown(track, request.view or track_pb2.TRACK_VIEW_FULL),
            embedding_space=index.space,
        )
        if request.include_vector:
            found = await index.vectors((track.track_id,))
            response.vector.extend(found.get(track.track_id, ()))
        return response

    async def GetTracks(  # noqa: N802
        self, request: messages.GetTracksRequest, context: Any
    ) -> messages.GetTracksResponse:
        """Give many tracks."""
        del context
        index = self._backends.index_of(request)
        wanted = wanted_ids(request.track_ids, MOST_READ_TRACKS)
        found = await index.get(wanted)
        view = request.view or track_pb2.TRACK_VIEW_FULL
        return messages.GetTracksResponse(
            tracks=await paced(
                lambda track: self._shown(track, view),
                [found[track_id] for track_id in wanted if track_id in found],
            ),
            missing_track_ids=[track_id for track_id in wanted if track_id not in found],
            embedding_space=index.space,
        )

    async def ListTracks(  # noqa: N802
        self, request: messages.ListTracksRequest, context: Any
    ) -> messages.ListTracksResponse:
        """Give one page of the catalogue."""
        del context
        index = self._backends.index_of(request)
        size = page_size(request.page_size, default=DEFAULT_LIST_PAGE, largest=LARGEST_LIST_PAGE)
        where = filter_from_message(request.filter)
        order = order_from_message(request.order_by)
        binding = self._tokens.binding(request, index.space)
        after = binding.cursor()
        # Of tracks that show no more than these views do, no more is read.
        from_sources = {
            track_pb2.TRACK_VIEW_ID: _only_id,
            track_pb2.TRACK_VIEW_SOURCE: shown_source,
        }
        if request.view in from_sources:
            listed, cursor = await fitting_page(
                lambda limit: index.list_sources(
                    limit=limit, after=after, where=where, order=order
                ),
                from_sources[request.view],
                size,
            )
        else:
            listed, cursor = await fitting_page(
                lambda limit: index.list_tracks(limit=limit, after=after, where=where, order=order),
                lambda track: self._shown(track, request.view),
                size,
            )
        return messages.ListTracksResponse(
            tracks=listed, next_page_token="" if cursor is None else binding.token(cursor)
        )

    async def ListFacets(  # noqa: N802
        self, request: messages.ListFacetsRequest, context: Any
    ) -> messages.ListFacetsResponse:
        """Count genres and moods, given and heard, and years and lengths in ranges."""
        del context
        index = self._backends.index_of(request)
        size = page_size(
            request.page_size, default=LARGEST_ENTRIES_PAGE, largest=LARGEST_ENTRIES_PAGE
        )
        binding = self._tokens.binding(request, index.space)
        start = binding.offset()
        where = filter_from_message(request.filter)
        asked_ranges = {
            "year": ranges_from_message(request, "year_bounds"),
            "duration_seconds": ranges_from_message(request, "duration_bounds"),
        }
        facets = await index.facets(
            where,
            minimum_probability=probability_from_message(request, "minimum_probability"),
        )
        info = await index.info()
        response = messages.ListFacetsResponse(
            total_tracks=info.tracks,
            matching_tracks=await index.count(where),
            embedding_space=index.space,
        )
        if not start:
            for number, (ranges, unknown) in _RANGES.items():
                counted = await index.ranges(number, where, asked_ranges[number])
                getattr(response, ranges).extend(map(_range_message, counted.ranges))
                setattr(response, unknown, counted.unknown)
        # The lists go on side by side: a page holds as many of each.
        written = [
            await paced(_facet_message, facets[name][start : start + size]) for name in _FACETS
        ]
        room = Room()
        rows = zip_longest(*written, fillvalue=messages.Facet())
        held = sum(1 for _ in takewhile(lambda row: room.takes(*row), rows))
        for name, facet_messages in zip(_FACETS, written, strict=True):
            getattr(response, name).extend(facet_messages[:held])
        if any(len(facets[name]) > start + held for name in _FACETS):
            response.next_page_token = binding.token(str(start + held))
        return response


def _only_id(source: TrackSource) -> track_pb2.Track:
    return track_pb2.Track(track_id=source.track_id)


def _range_message(counted: CountedRange) -> messages.RangeCount:
    return messages.RangeCount(minimum=counted.minimum, below=counted.below, tracks=counted.tracks)


def _facet_message(facet: FacetCount) -> messages.Facet:
    return messages.Facet(label=facet.label, tracks=facet.tracks)
