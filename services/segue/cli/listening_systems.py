"""What a listening test compares: the neighbours that a stack, or vectors in a file, give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from segue.cli.client import SegueClient
from segue.cli.pages import pages
from segue.cli.vector_file import NamedVectors
from segue.file_names import file_name_of
from segue.library.places import place_of
from segue.listening_test.drawing import Hearable, Nearest
from segue.seeds import MatchLevel
from segue.tracks import Matrix
from segue.v1 import catalog_service_pb2, track_pb2
from segue.v1 import similarity_service_pb2 as messages
from segue.web.listening_test.hearing import can_be_heard
from segue.wire.search import level_to_message

_ASKED = 100
"""Neighbours that are asked for: those by the query's artist are left out before."""


def tracks_of(client: SegueClient) -> list[track_pb2.Track]:
    """All tracks of a catalogue, with where their audio is."""
    request = catalog_service_pb2.ListTracksRequest(view=track_pb2.TRACK_VIEW_FULL)
    return [track for page in pages(client, "ListTracks", request) for track in page.tracks]


def hearable(tracks: Iterable[track_pb2.Track]) -> list[Hearable]:
    """Those that can be heard, and whose artist is known."""
    return [
        Hearable(one.track_id, frozenset(artists), one.recording)
        for one in tracks
        if can_be_heard(one) and (artists := _artists(one))
    ]


def _artists(track: track_pb2.Track) -> set[str]:
    names = {track.metadata.artist, *track.metadata.artists}
    return {" ".join(name.casefold().split()) for name in names} - {""}


def searched(
    client: SegueClient, level: MatchLevel | None = None, ids: Mapping[str, str] | None = None
) -> Nearest:
    """Neighbours that a stack finds by sound alone.

    Parameters
    ----------
    level
        What is compared; None: whole tracks, as a search does by itself.
    ids
        What the stack calls tracks, by their ids here; None: the same.
    """
    back = None if ids is None else {there: here for here, there in ids.items()}

    def nearest(track_id: str) -> Iterable[str]:
        there = track_id if ids is None else ids.get(track_id)
        if there is None:
            return
        answer = client.search(
            messages.SearchSimilarTracksRequest(
                seed=messages.Seed(track_id=there),
                page_size=_ASKED,
                view=track_pb2.TRACK_VIEW_ID,
                match_level=level_to_message(level),
                variety=messages.Variety(not_seed_artists=True),
            )
        )
        for result in answer.results:
            found = result.track.track_id
            here = found if back is None else back.get(found)
            if here is not None:
                yield here

    return nearest


def ids_there(tracks: Sequence[track_pb2.Track], client: SegueClient) -> dict[str, str]:
    """What another catalogue calls the same tracks: by their ids, else by their bytes."""
    request = catalog_service_pb2.ListTracksRequest(view=track_pb2.TRACK_VIEW_SOURCE)
    listed = pages(client, "ListTracks", request)
    by_id = {one.track_id: one.content_sha256 for page in listed for one in page.tracks}
    by_bytes = {sha256: track_id for track_id, sha256 in by_id.items() if sha256}
    found = {}
    for one in tracks:
        there = one.track_id if one.track_id in by_id else by_bytes.get(one.content_sha256)
        if there is not None:
            found[one.track_id] = there
    return found


def compared(vectors: NamedVectors, tracks: Sequence[track_pb2.Track]) -> Nearest:
    """Neighbours by the cosine of vectors in a file, of those tracks that it has vectors of."""
    places = places_of(vectors.names, tracks)
    ids = list(places)
    matrix = _unit(vectors.vectors[[places[one] for one in ids]])
    rows = {track_id: row for row, track_id in enumerate(ids)}

    def nearest(track_id: str) -> Iterable[str]:
        row = rows.get(track_id)
        if row is None:
            return
        for other in np.argsort(-(matrix @ matrix[row]), kind="stable"):
            yield ids[int(other)]

    return nearest


def places_of(names: Sequence[str], tracks: Sequence[track_pb2.Track]) -> dict[str, int]:
    """Which of the names of files is a track's: its path, its id, or the name of its file alone.

    The last only where one file and one track are called so.
    """
    by_path = {str(Path(name).resolve()): place for place, name in enumerate(names)}
    by_text = {name: place for place, name in enumerate(names)}
    last = Counter(Path(name).name for name in names)
    by_last = {
        Path(name).name: place for place, name in enumerate(names) if last[Path(name).name] == 1
    }
    called = Counter(_file_name(one) for one in tracks)
    found = {}
    for one in tracks:
        place = by_path.get(place_of(one.source_uri) or "")
        if place is None:
            place = by_text.get(one.track_id)
        if place is None and called[_file_name(one)] == 1:
            place = by_last.get(_file_name(one))
        if place is not None:
            found[one.track_id] = place
    return found


def _file_name(track: track_pb2.Track) -> str:
    return file_name_of(track.source_uri, track.file_name)


def _unit(vectors: Matrix) -> Matrix:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)
