"""Playlists: what is asked of them, and what they are like."""

from __future__ import annotations

from collections.abc import Sequence

from segue.errors import InvalidArgument
from segue.limits import (
    DEFAULT_PATH_TRACKS,
    DEFAULT_PLAYLIST_TRACKS,
    MOST_CONTOUR_GENRES,
    MOST_CONTOUR_TARGETS,
    MOST_LISTED_TRACKS,
    MOST_PATH_TRACKS,
    MOST_PLAYLIST_MINUTES,
    MOST_PLAYLIST_TRACKS,
    checked_labels,
    wanted_track_id,
)
from segue.notation import text_key
from segue.playlists.contours import Contour, EnergyContour, GenreContour
from segue.playlists.files import PlaylistFormat
from segue.playlists.properties import Properties
from segue.playlists.selection import Length
from segue.v1 import playlist_service_pb2 as messages
from segue.v1 import track_pb2

_FORMATS = {
    PlaylistFormat.M3U8: messages.PLAYLIST_FORMAT_M3U8,
    PlaylistFormat.XSPF: messages.PLAYLIST_FORMAT_XSPF,
    PlaylistFormat.JSPF: messages.PLAYLIST_FORMAT_JSPF,
}
_FORMATS_BACK = {number: form for form, number in _FORMATS.items()}


def length_from_message(request: messages.BuildPlaylistRequest) -> Length:
    """Read how long a playlist is to be.

    Raises
    ------
    InvalidArgument
        When it is no length, or too long.
    """
    kind = request.WhichOneof("length")
    if kind == "minutes":
        if not 0 < request.minutes <= MOST_PLAYLIST_MINUTES:
            raise InvalidArgument(
                "minutes", f"{request.minutes:g} lies outside (0, {MOST_PLAYLIST_MINUTES:g}]"
            )
        return Length(MOST_PLAYLIST_TRACKS, 60.0 * request.minutes)
    if kind is None:
        return Length(DEFAULT_PLAYLIST_TRACKS)
    if not 1 <= request.tracks <= MOST_PLAYLIST_TRACKS:
        raise InvalidArgument(
            "tracks", f"{request.tracks} lies outside [1, {MOST_PLAYLIST_TRACKS}]"
        )
    return Length(request.tracks)


def contour_from_message(request: messages.BuildPlaylistRequest) -> Contour | None:
    """Read how a playlist is to run; None where it is to flow.

    Raises
    ------
    InvalidArgument
        When the contour is empty, has too few or too many points, or one that is out of range.
    """
    if not request.HasField("contour"):
        return None
    kind = request.contour.WhichOneof("kind")
    if kind == "energy":
        targets = tuple(request.contour.energy.targets)
        _check_number(targets, MOST_CONTOUR_TARGETS, "contour.energy.targets")
        for place, target in enumerate(targets):
            if not 0 <= target <= 1:
                raise InvalidArgument(
                    f"contour.energy.targets[{place}]", f"{target} lies outside [0, 1]"
                )
        return EnergyContour(targets)
    if kind == "genre":
        field = "contour.genre.genres"
        given = request.contour.genre.genres
        _check_number(given, MOST_CONTOUR_GENRES, field)
        checked_labels([one.strip() for one in given], "labels", field)
        genres = tuple(map(text_key, given))
        if "" in genres:
            raise InvalidArgument(field, "holds a blank label")
        return GenreContour(genres)
    raise InvalidArgument("contour", "give energy or genre")


def path_tracks_from_message(request: messages.FindPathRequest) -> int:
    """Read how many tracks a path is to have, with both ends.

    Raises
    ------
    InvalidArgument
        When there are too few or too many.
    """
    tracks = request.tracks or DEFAULT_PATH_TRACKS
    if not 2 <= tracks <= MOST_PATH_TRACKS:
        raise InvalidArgument("tracks", f"{tracks} lies outside [2, {MOST_PATH_TRACKS}]")
    return tracks


def listed_ids(track_ids: Sequence[str]) -> list[str]:
    """Read the tracks of a list, in order; one may stand there more than once.

    Raises
    ------
    InvalidArgument
        When there are none or too many, or one can be no id.
    """
    if not 1 <= len(track_ids) <= MOST_LISTED_TRACKS:
        raise InvalidArgument(
            "track_ids", f"holds {len(track_ids)} ids, outside [1, {MOST_LISTED_TRACKS}]"
        )
    return [
        wanted_track_id(track_id, f"track_ids[{place}]") for place, track_id in enumerate(track_ids)
    ]


def format_to_message(form: PlaylistFormat) -> messages.PlaylistFormat:
    """Write a kind of file."""
    return _FORMATS[form]


def format_from_message(number: messages.PlaylistFormat) -> PlaylistFormat:
    """Read a kind of file.

    Raises
    ------
    InvalidArgument
        When none is named, or one that this version does not know.
    """
    if number not in _FORMATS_BACK:
        raise InvalidArgument("format", f"{number} is not M3U8, XSPF or JSPF")
    return _FORMATS_BACK[number]


def properties_to_message(properties: Properties) -> messages.PlaylistProperties:
    """Write what a list of tracks is like."""
    return messages.PlaylistProperties(
        duration_seconds=properties.duration_seconds,
        cohesion=properties.cohesion,
        flow=properties.flow,
        genre_entropy=properties.genre_entropy,
        genre_composition=[
            track_pb2.LabelProbability(label=label, probability=share)
            for label, share in properties.genre_composition
        ],
        shared_labels=properties.shared_labels,
    )


def _check_number(entries: Sequence[object], most: int, field: str) -> None:
    if not 2 <= len(entries) <= most:
        raise InvalidArgument(field, f"holds {len(entries)} entries, outside [2, {most}]")
