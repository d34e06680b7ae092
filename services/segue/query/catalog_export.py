"""The call that hands out the whole catalogue, vectors included."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from segue.index.song_vectors import song_vectors
from segue.query.catalog_calls import CatalogCalls
from segue.query.paging import Room
from segue.tracks import EmbeddedTrack, track_point_id
from segue.turns import Pace, give_way
from segue.v1 import catalog_service_pb2 as messages
from segue.wire.filters import filter_from_message
from segue.wire.tracks import embedded_track_to_message, segment_to_message

RESPONSE_BYTES = 256 * 1024
"""Of a response, unless one entry alone is larger: gRPC copies it on the event loop."""

PIECE_BYTES = 128 * 1024
"""Of the segments of one entry, about."""

_PLACE_BYTES = 24


class ExportCalls(CatalogCalls):
    """The catalogue as a stream."""

    async def ExportTracks(  # noqa: N802
        self, request: messages.ExportTracksRequest, context: Any
    ) -> AsyncIterator[messages.ExportTracksResponse]:
        """Give all tracks with their vectors."""
        del context
        give_way()
        index = self._backends.index_of(request)
        where = filter_from_message(request.filter)
        binding = self._tokens.binding(request, index.space)
        after = binding.cursor()
        about = messages.ExportTracksResponse(
            embedding_space=index.space,
            dimension=index.dimension,
            total_tracks=(await index.info()).tracks,
        )

        response, room, pace = messages.ExportTracksResponse(), Room(RESPONSE_BYTES), Pace()
        response.CopyFrom(about)
        read = song_vectors if request.song_vectors_only else type(index).embedded
        async with aclosing(read(index, after=after, where=where)) as tracks:
            async for track in tracks:
                for piece in _pieces(track, index.dimension):
                    if not room.takes(piece):
                        cursor = str(track_point_id(track.track.track_id))
                        response.next_page_token = binding.token(cursor)
                        yield response
                        response, room = messages.ExportTracksResponse(), Room(RESPONSE_BYTES)
                        response.CopyFrom(about)
                        room.takes(piece)
                    response.tracks.append(piece)
                    await pace.step()
        yield response


def _pieces(embedded: EmbeddedTrack, dimension: int) -> Iterator[messages.TrackVectors]:
    """A track in entries of which each fits into a response, written one by one."""
    most = max(1, PIECE_BYTES // (4 * dimension + _PLACE_BYTES))
    segments = embedded.segments
    piece = embedded_track_to_message(replace(embedded, segments=segments[:most]))
    for first in range(most, len(segments), most):
        piece.segments_follow = True
        yield piece
        piece = messages.TrackVectors(
            segments=map(segment_to_message, segments[first : first + most])
        )
        piece.track.track_id = embedded.track.track_id
    yield piece
