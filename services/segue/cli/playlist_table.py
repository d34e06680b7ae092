"""Playlists and paths as tables, and what they are like below."""

from __future__ import annotations

from collections.abc import Sequence

from segue.cli.clock import clock
from segue.cli.track_table import TrackTable, track_cell
from segue.output import PlainConsole
from segue.v1 import playlist_service_pb2 as messages

_GENRES = 3
"""Genres that are named, those of the largest shares."""


def print_tracks(
    tracks: Sequence[messages.PlaylistTrack], space: str, console: PlainConsole, *, similar: str
) -> None:
    """Print tracks in order, each with its likeness to the one before.

    Parameters
    ----------
    similar
        Head of the column of ``similarity``.
    """
    table = TrackTable([one.track for one in tracks], console, space=space)
    table.add_numbers("#", "at", "step", similar)
    table.add_track()
    table.add_labels()
    begins = 0.0
    for number, one in enumerate(tracks, start=1):
        table.table.add_row(
            str(number),
            clock(begins),
            f"{one.step_similarity:.3f}" if number > 1 else "",
            f"{one.similarity:.3f}",
            track_cell(one.track),
            table.labels(one.track),
        )
        begins += one.track.duration_seconds
    table.print()


def print_properties(properties: messages.PlaylistProperties, console: PlainConsole) -> None:
    """Print what a list of tracks is like."""
    parts = [
        clock(properties.duration_seconds),
        f"cohesion {properties.cohesion:.3f}",
        f"flow {properties.flow:.3f}",
    ]
    if properties.HasField("shared_labels"):
        parts.append(f"shared labels {properties.shared_labels:.0%}")
    console.print(", ".join(parts))
    if properties.HasField("genre_entropy"):
        shares = ", ".join(
            f"{one.label} {one.probability:.0%}" for one in properties.genre_composition[:_GENRES]
        )
        console.print(f"heard genres: {shares}; entropy {properties.genre_entropy:.2f}")


def print_shortfall(shortfall: str, console: PlainConsole) -> None:
    """Print what was not possible as it was asked for, if anything."""
    if shortfall:
        console.print(shortfall, style="yellow")
