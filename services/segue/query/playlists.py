"""``segue.v1.PlaylistService``: converts, makes playlists, converts back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import grpc
import numpy as np

from segue import telemetry
from segue.errors import InvalidArgument, PlaylistImpossible, TrackNotFound, listed
from segue.index.port import TrackIndex
from segue.limits import LARGEST_LIST_BYTES, MOST_BATCH_SEEDS, checked_text, wanted_track_id
from segue.playlists.angles import units
from segue.playlists.contours import Contour, GenreContour
from segue.playlists.files import written
from segue.playlists.properties import properties, step_similarities
from segue.query.access import check_listeners
from segue.query.answers import checked_view
from segue.query.backends import Backends
from segue.query.costs import playlist_cost
from segue.query.explanations import search_explanation
from segue.query.guest_views import shown_track
from segue.query.labels import KnownLabels
from segue.query.paging import Room
from segue.query.path_finding import PathQuery, find_path
from segue.query.playlist_building import DEFAULT_VARIETY, PlaylistBuilder, PlaylistQuery
from segue.query.playlist_entries import entry_of
from segue.query.search import SimilaritySearch
from segue.query.seeds import SeedSearch
from segue.seeds import Seeds, TrackSeed
from segue.tracks import LabelMatch, LabelSource, Track, TrackFilter, Vector
from segue.v1 import playlist_service_pb2 as messages
from segue.v1 import similarity_service_pb2, track_pb2
from segue.v1.playlist_service_pb2_grpc import (
    PlaylistServiceServicer,
    add_PlaylistServiceServicer_to_server,
)
from segue.wire.filters import filter_from_message
from segue.wire.playlists import (
    contour_from_message,
    format_from_message,
    length_from_message,
    listed_ids,
    path_tracks_from_message,
    properties_to_message,
)
from segue.wire.seeds import seeds_from_message
from segue.wire.variety import variety_from_message

SERVICE = "segue.v1.PlaylistService"

_LARGEST_PLAYLIST_BYTES = 2 * LARGEST_LIST_BYTES
"""Of the tracks that a playlist shows by more than their ids. Ids of 500 tracks take 150 kB at
most, and a client that sets nothing reads 4 MiB."""

_LEVELS = frozenset(
    {
        similarity_service_pb2.MATCH_LEVEL_UNSPECIFIED,
        similarity_service_pb2.MATCH_LEVEL_TRACK,
        similarity_service_pb2.MATCH_LEVEL_GENRE_SPACE,
    }
)


class PlaylistServicer(PlaylistServiceServicer):
    """Makes, describes and writes playlists of the live indexes."""

    def __init__(
        self,
        backends: Backends,
        searches: Mapping[str, SimilaritySearch],
        seeds: Mapping[str, SeedSearch],
        labels: KnownLabels,
    ) -> None:
        self._backends = backends
        self._labels = labels
        self._builders = {name: PlaylistBuilder(search) for name, search in searches.items()}
        self._seeds = seeds
        for kind in ("playlist", "path"):
            telemetry.PLAYLIST_SHORTFALLS.labels(kind)  # 0 is shown before the first one

    def add_to(self, server: grpc.aio.Server) -> None:
        """Register with a server."""
        add_PlaylistServiceServicer_to_server(self, server)  # type: ignore[no-untyped-call]

    async def BuildPlaylist(  # noqa: N802  # named by the proto
        self, request: messages.BuildPlaylistRequest, context: Any
    ) -> messages.BuildPlaylistResponse:
        """Make a playlist from seeds."""
        del context
        index = self._backends.index_of(request)
        view = checked_view(request.view)
        length = length_from_message(request)
        contour = contour_from_message(request)
        where = filter_from_message(request.filter)
        variety = DEFAULT_VARIETY
        if request.HasField("variety"):
            variety = variety_from_message(request.variety)
        seeds = _seeds(request)
        if playlist_cost(request) > MOST_BATCH_SEEDS:
            raise InvalidArgument(
                "contour.genre.genres",
                f"take {playlist_cost(request)} searches with these seeds, over {MOST_BATCH_SEEDS}",
            )
        check_listeners(seeds)
        candidates = await self._seeds[index.catalogue].candidates(
            index, self._backends.card, seeds
        )
        query = PlaylistQuery(
            candidates,
            length,
            where=where,
            variety=variety,
            contour=contour,
            first=_seed_tracks(seeds, candidates.seeds.tracks) if request.with_seeds else (),
            random_seed=request.random_seed,
        )
        try:
            made = await self._builders[index.catalogue].build(index, query)
        except PlaylistImpossible as error:
            unknown = await self._unknown_labels(index, where, contour)
            if not unknown:
                raise
            raise PlaylistImpossible(
                f"{error}: {unknown}", next_step="Check how they are written, or leave them out."
            ) from error
        if made.shortfall:
            telemetry.PLAYLIST_SHORTFALLS.labels("playlist").inc()
        full = view == track_pb2.TRACK_VIEW_FULL
        return messages.BuildPlaylistResponse(
            tracks=self._shown(made.tracks, made.similarities, made.steps, view),
            properties=await _properties(made.tracks, made.vectors),
            embedding_space=index.space,
            unknown_seeds=candidates.seeds.unknown,
            explanation=search_explanation(made.explanation) if full else None,
            shortfall=await self._told(index, made.shortfall, where, contour),
        )

    async def FindPath(  # noqa: N802  # named by the proto
        self, request: messages.FindPathRequest, context: Any
    ) -> messages.FindPathResponse:
        """Find a path from one track to another."""
        del context
        index = self._backends.index_of(request)
        view = checked_view(request.view)
        if request.most_per_artist < 0:
            raise InvalidArgument("most_per_artist", "must not be negative")
        weight = request.sound_weight if request.HasField("sound_weight") else None
        if weight is not None and not 0 <= weight <= 1:
            raise InvalidArgument("sound_weight", f"{weight} lies outside [0, 1]")
        where = filter_from_message(request.filter)
        query = PathQuery(
            wanted_track_id(request.from_track_id, "from_track_id"),
            wanted_track_id(request.to_track_id, "to_track_id"),
            path_tracks_from_message(request),
            where=where,
            most_per_artist=request.most_per_artist or 1,
            random_seed=request.random_seed,
            sound_weight=weight,
        )
        halves = () if weight is None else self._backends.card.halves
        found = await find_path(index, query, halves)
        if found.shortfall:
            telemetry.PLAYLIST_SHORTFALLS.labels("path").inc()
        return messages.FindPathResponse(
            tracks=self._shown(found.tracks, found.similarities, found.steps, view),
            properties=await _properties(found.tracks, found.vectors),
            embedding_space=index.space,
            unevenness=found.unevenness,
            shortfall=await self._told(index, found.shortfall, where),
        )

    async def DescribePlaylist(  # noqa: N802  # named by the proto
        self, request: messages.DescribePlaylistRequest, context: Any
    ) -> messages.DescribePlaylistResponse:
        """Say what a list of tracks is like."""
        del context
        index = self._backends.index_of(request)
        names = listed_ids(request.track_ids)
        stored, vectors = await asyncio.gather(index.get(names), index.vectors(names))
        for name in names:
            if name not in stored or name not in vectors:
                raise TrackNotFound(name, index.space)
        listed = [vectors[name] for name in names]
        steps = step_similarities(units(np.array(listed)))
        return messages.DescribePlaylistResponse(
            properties=await _properties([stored[name] for name in names], listed),
            step_similarities=steps.tolist(),
            embedding_space=index.space,
        )

    async def ExportPlaylist(  # noqa: N802  # named by the proto
        self, request: messages.ExportPlaylistRequest, context: Any
    ) -> messages.ExportPlaylistResponse:
        """Write a list of tracks as a file for players."""
        del context
        index = self._backends.index_of(request)
        names = listed_ids(request.track_ids)
        form = format_from_message(request.format)
        title = checked_text(request.title, "title", "title")
        stored = await index.get(names)
        if not stored:
            raise TrackNotFound(names[0], index.space)
        missing = dict.fromkeys(name for name in names if name not in stored)
        entries = {name: entry_of(track) for name, track in stored.items()}
        return messages.ExportPlaylistResponse(
            content=written([entries[name] for name in names if name in entries], form, title),
            media_type=form.media_type,
            missing_track_ids=missing,
            unplaced_track_ids=dict.fromkeys(
                name for name in names if name in entries and not entries[name].place.is_reached
            ),
        )

    async def _told(
        self,
        index: TrackIndex,
        shortfall: str,
        where: TrackFilter,
        contour: Contour | None = None,
    ) -> str:
        """A shortfall, and which labels it may come from."""
        unknown = await self._unknown_labels(index, where, contour) if shortfall else ""
        return "; ".join(filter(None, (shortfall, unknown)))

    async def _unknown_labels(
        self, index: TrackIndex, where: TrackFilter, contour: Contour | None
    ) -> str:
        """Which labels and names that were asked for no track carries; empty: none are such."""
        names = await self._labels.unknown(index, where)
        if isinstance(contour, GenreContour):
            of_contour = LabelMatch(any_of=contour.genres, source=LabelSource.EITHER)
            names += await self._labels.unknown(index, TrackFilter(genres=of_contour))
        told = listed(list(dict.fromkeys(names)))
        return f"no track of the catalogue carries {told}" if names else ""

    def _shown(
        self,
        tracks: Sequence[Track],
        similarities: Sequence[float] | Any,
        steps: Sequence[float] | Any,
        view: track_pb2.TrackView,
    ) -> list[messages.PlaylistTrack]:
        """Tracks in the view that is asked for, while there is room; after that by their ids.

        A playlist has no pages: it is whole, or is none.
        """
        kept = self._backends.kept
        room = Room(_LARGEST_PLAYLIST_BYTES)
        shown: list[messages.PlaylistTrack] = []
        for track, similarity, step in zip(tracks, similarities, steps, strict=True):
            one = messages.PlaylistTrack(
                track=shown_track(track, view, kept), similarity=similarity, step_similarity=step
            )
            if view != track_pb2.TRACK_VIEW_ID and not room.takes(one):
                view = track_pb2.TRACK_VIEW_ID
                one.track.CopyFrom(shown_track(track, view, kept))
            shown.append(one)
        return shown


def _seeds(request: messages.BuildPlaylistRequest) -> Seeds:
    """The seeds, read as those of a search: they mean the same."""
    if request.match_level not in _LEVELS:
        raise InvalidArgument("match_level", "compare whole tracks, or the genre space")
    if any(one.seed.HasField("clip") for one in request.seeds):
        raise InvalidArgument(
            "seeds", "a playlist starts from no clip: search by it, and give the tracks it finds"
        )
    return seeds_from_message(
        similarity_service_pb2.SearchSimilarTracksRequest(
            seeds=request.seeds,
            seed_strategy=request.seed_strategy,
            skip_unknown_seeds=request.skip_unknown_seeds,
            match_level=request.match_level,
            sound_weight=request.sound_weight if request.HasField("sound_weight") else None,
        )
    )


def _seed_tracks(seeds: Seeds, known: Sequence[Track]) -> list[Track]:
    """The seeds for that are tracks, in the order of the request."""
    stored = {track.track_id: track for track in known}
    names = dict.fromkeys(
        one.seed.track_id
        for one in seeds.seeds
        if one.weight > 0 and isinstance(one.seed, TrackSeed)
    )
    return [stored[name] for name in names if name in stored]


async def _properties(
    tracks: Sequence[Track], vectors: Sequence[Vector]
) -> messages.PlaylistProperties:
    return properties_to_message(await asyncio.to_thread(properties, tracks, vectors))
