"""Tracks of a catalogue with their vectors, for what learns from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias, TypeVar

import numpy as np

from segue.cli.catalogue_export import whole_tracks
from segue.cli.client import SegueClient
from segue.collaborative.cold_start import CatalogueTracks
from segue.errors import IndexUnavailable
from segue.exchange import require_pyarrow
from segue.tracks import EmbeddedTrack
from segue.v1 import catalog_service_pb2 as messages
from segue.wire.tracks import stored_track_from_message

T = TypeVar("T")

Gather: TypeAlias = Callable[[Iterator[EmbeddedTrack], str, int], T]
"""Makes something of the tracks of an embedding space, given its name and dimension."""


def of_export(source: Path, gather: Gather[T]) -> T:
    """Gather the tracks of a file or folder that ``segue export`` wrote.

    Raises
    ------
    CatalogueFileUnusable
        When it is none, or holds a row that is no track.
    DependencyMissing
        When pyarrow is not installed.
    """
    require_pyarrow()
    from segue.exchange.errors import CatalogueFileUnusable
    from segue.exchange.reading import UnusableRow, open_catalogue

    files = open_catalogue(source)

    def tracks() -> Iterator[EmbeddedTrack]:
        for file in files:
            for row in file.read():
                if isinstance(row, UnusableRow):
                    raise CatalogueFileUnusable(f"{file.path}: row {row.number}: {row.message}")
                yield row.embedded

    try:
        return gather(tracks(), files[0].space, files[0].dimension)
    finally:
        for file in files:
            file.close()


def of_stack(client: SegueClient, gather: Gather[T]) -> T:
    """Gather the tracks of a running stack, of which the caller has to be the owner.

    Raises
    ------
    IndexUnavailable
        When the stack goes over to another embedding space meanwhile.
    """
    stream = client.export(messages.ExportTracksRequest())
    first = next(stream)

    def pieces() -> Iterator[messages.TrackVectors]:
        yield from first.tracks
        for response in stream:
            if response.embedding_space != first.embedding_space:
                raise IndexUnavailable("the stack went over to another embedding space meanwhile")
            yield from response.tracks

    found = (
        stored_track_from_message(one, space=first.embedding_space)
        for one in whole_tracks(pieces())
    )
    return gather(found, first.embedding_space, first.dimension)


def cold_tracks(tracks: Iterator[EmbeddedTrack], space: str, dimension: int) -> CatalogueTracks:
    """What factors of tracks that nobody heard are made from: artists and song vectors."""
    ids, artists, vectors = [], [], []
    for one in tracks:
        ids.append(one.track.track_id)
        artists.append(one.track.metadata.artists)
        vectors.append(np.asarray(one.vector, np.float32))
    stacked = np.array(vectors, np.float32).reshape(len(ids), dimension)
    return CatalogueTracks(ids, artists, stacked, space)
