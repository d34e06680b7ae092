"""The map of the catalogue as messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from segue.map_work import MapWork
from segue.track_map import MapAbout, TrackMap
from segue.v1 import map_service_pb2 as messages

ROWS_AT_ONCE = 4_096
"""Tracks of one response: some 200 kB."""

_LAYOUTS = {
    messages.MAP_LAYOUT_UNSPECIFIED: "tsne",
    messages.MAP_LAYOUT_TSNE: "tsne",
    messages.MAP_LAYOUT_PCA: "pca",
}


def layout_from_message(layout: messages.MapLayout) -> str:
    """Name of a layout; raises ``KeyError`` for one that is not known."""
    return _LAYOUTS[layout]


def about_to_message(about: MapAbout) -> messages.MapVersion:
    """Write what is said of a version."""
    message = messages.MapVersion(
        version=about.version,
        embedding_space=about.space,
        tracks=about.tracks,
        left_out=about.left_out,
        changed=about.changed,
        seconds=about.seconds,
        size_bytes=about.size_bytes,
        labels=about.labels,
    )
    message.created_at.FromMilliseconds(round(about.created_at * 1000))
    message.fitted_at.FromMilliseconds(round(about.fitted_at * 1000))
    return message


def work_to_message(work: MapWork) -> messages.MapWork:
    """Write what is done about the next map."""
    message = messages.MapWork(
        state=_state(work),
        attempts=work.attempts,
        reason=work.reason,
        message=work.message,
        next_step=work.next_step,
    )
    if work.progress is not None:
        message.stage, message.share = work.progress.stage, work.progress.share
    return message


def _state(work: MapWork) -> messages.MapWorkState:
    if work.running:
        return messages.MAP_WORK_STATE_RUNNING
    if not work.wanted:
        return messages.MAP_WORK_STATE_IDLE
    return messages.MAP_WORK_STATE_FAILED if work.reason else messages.MAP_WORK_STATE_WAITING


def map_to_messages(
    about: MapAbout, one: TrackMap, layout: str, labels: Sequence[str]
) -> Iterator[messages.GetMapResponse]:
    """Write a map in pieces, at least one.

    Parameters
    ----------
    labels
        Of those that it has.
    """
    places, colours = one.places[layout], one.colours
    coded = colours.coded
    rows = {label: row for row, label in enumerate(colours.labels)}
    message = messages.GetMapResponse(
        version=about.version,
        embedding_space=about.space,
        total_tracks=about.tracks,
        genres=coded["genre"].values,
        moods=coded["mood"].values,
        artists=coded["artist"].values,
    )
    for first in range(0, max(len(one.track_ids), 1), ROWS_AT_ONCE):
        part = slice(first, first + ROWS_AT_ONCE)
        message.track_ids.extend(one.track_ids[part])
        message.x.extend(places[part, 0].tolist())
        message.y.extend(places[part, 1].tolist())
        message.genre_codes.extend(coded["genre"].codes[part].tolist())
        message.mood_codes.extend(coded["mood"].codes[part].tolist())
        message.artist_codes.extend(coded["artist"].codes[part].tolist())
        message.years.extend(colours.years[part].tolist())
        for label in labels:
            levels = colours.levels[rows[label], part].tobytes()
            message.labels.add(label=label, levels=levels)
        yield message
        message = messages.GetMapResponse()
