"""From a stack's catalogue into a file: whole tracks out of a stream, one row after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from segue.cli.client import SegueClient
from segue.cli.progress_bar import tracks_bar
from segue.errors import IndexUnavailable
from segue.exchange.writing import CatalogueWriter, check_target
from segue.tracks import TrackFilter
from segue.v1 import catalog_service_pb2 as messages
from segue.wire.filters import filter_to_message
from segue.wire.tracks import stored_track_from_message


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export wrote."""

    space: str
    tracks: int
    bytes: int


def export_catalogue(
    client: SegueClient, target: Path, *, where: TrackFilter, overwrite: bool, quiet: bool
) -> Exported:
    """Write the tracks that satisfy a filter, with all their vectors.

    Parameters
    ----------
    target
        A name that ends with ``.parquet`` is a file, any other a folder of parts.

    Raises
    ------
    ExportExists, ExportFailed
        As :class:`CatalogueWriter`.
    """
    check_target(target, overwrite=overwrite)  # before anything is asked for
    stream = client.export(messages.ExportTracksRequest(filter=filter_to_message(where)))
    first = next(stream)
    space = first.embedding_space
    with (
        CatalogueWriter(
            target, space=space, dimension=first.dimension, overwrite=overwrite
        ) as writer,
        tracks_bar(hidden=quiet) as progress,
    ):
        bar = progress.add_task("export", total=None if where else first.total_tracks)
        for message in whole_tracks(_of_one_space(first, stream)):
            writer.add(stored_track_from_message(message, space=space))
            progress.update(bar, completed=writer.tracks)
        size = writer.finish()
    return Exported(space, writer.tracks, size)


def _of_one_space(
    first: messages.ExportTracksResponse, stream: Iterable[messages.ExportTracksResponse]
) -> Iterator[messages.TrackVectors]:
    yield from first.tracks
    for response in stream:
        if response.embedding_space != first.embedding_space:
            raise IndexUnavailable(
                f"the stack went over from {first.embedding_space} to {response.embedding_space} "
                "while its catalogue was read",
                next_step="Export again.",
            )
        yield from response.tracks


def whole_tracks(pieces: Iterable[messages.TrackVectors]) -> Iterator[messages.TrackVectors]:
    """Tracks that came in pieces, put together; one that began anew counts from there."""
    track = messages.TrackVectors()
    for piece in pieces:
        if piece.values:  # only the first piece of a track has them
            track = piece
        else:
            track.segments.extend(piece.segments)
        if not piece.segments_follow:
            yield track
