"""``segue track``: one track of the catalogue, and what the model makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from segue.cli.clock import clock
from segue.cli.json_output import print_json
from segue.cli.options import stack_options
from segue.cli.stack_address import find_stack
from segue.cli.track_finder import find_track
from segue.cli.track_names import name_of
from segue.command import SegueCommand
from segue.output import PlainConsole, lines, styled
from segue.tracks import DEFAULT_PROBABILITIES, most_heard
from segue.v1 import catalog_service_pb2, track_pb2

MOST_LABELS = 5
_BAR_CELLS = 20
_LEAST_HEARD = DEFAULT_PROBABILITIES["descriptors"]
_SOURCES = {
    track_pb2.FIELD_SOURCE_TAGS: "tags",
    track_pb2.FIELD_SOURCE_GIVEN: "given",
    track_pb2.FIELD_SOURCE_CORRECTED: "corrected",
}
_AUDIO = {
    track_pb2.TRACK_AUDIO_KEPT: "kept",
    track_pb2.TRACK_AUDIO_AT_SOURCE: "at its source",
    track_pb2.TRACK_AUDIO_GONE: "gone: upload the file again to have it embedded by another model",
}
_EXPLICIT = {True: "yes", False: "no"}


@click.command(cls=SegueCommand)
@click.argument("name", metavar="TRACK")
@stack_options
def track(
    name: str, address: str | None, data: Path | None, timeout_seconds: float, as_json: bool
) -> None:
    """Show a track, and what the model hears in it: genres, moods, instruments, voices, pace.

    Beside each field stands who says it: the file's tags, who gave the track, or a correction.

    TRACK is an id, the path or URI of a file, or words of title, artists and album.
    Filters go by the given genres and moods, or by what the model predicts: see --labels of search.
    """
    request = catalog_service_pb2.GetTrackRequest(view=track_pb2.TRACK_VIEW_FULL)
    with find_stack(address, data, timeout_seconds).client() as client:
        request.track_id = find_track(client, name)
        answer = client.catalog("GetTrack", request)
    if as_json:
        print_json(answer)
    else:
        print_track(answer.track, answer.embedding_space, PlainConsole())


def print_track(told: track_pb2.Track, space: str, console: PlainConsole) -> None:
    """Print all that is known of a track; ``space`` is empty where it was not told."""
    metadata = told.metadata
    given: tuple[tuple[str, str, str | Text], ...] = (
        ("title", "title", metadata.title),
        ("artist", "artist", metadata.artist),
        ("artists", "artists", _several(metadata.artists)),
        ("album", "album", metadata.album),
        ("album artist", "album_artist", metadata.album_artist),
        ("year", "year", _number(metadata, "year")),
        ("disc", "disc_number", _number(metadata, "disc_number")),
        ("track", "track_number", _number(metadata, "track_number")),
        ("genres", "genres", ", ".join(metadata.genres)),
        ("moods", "moods", ", ".join(metadata.moods)),
        ("bpm", "bpm", _number(metadata, "bpm") or _heard_tempo(told)),
        ("key", "key", metadata.key or _heard_key(told)),
        ("language", "language", metadata.language),
        ("explicit", "explicit",
         _EXPLICIT[metadata.explicit] if metadata.HasField("explicit") else ""),
        ("track gain", "track_gain_db", _number(metadata, "track_gain_db", " dB")),
        ("ISRC", "isrc", metadata.isrc),
        ("MusicBrainz recording", "musicbrainz_recording_id", metadata.musicbrainz_recording_id),
        ("MusicBrainz release", "musicbrainz_release_id", metadata.musicbrainz_release_id),
        ("MusicBrainz artists", "musicbrainz_artist_ids",
         lines(*metadata.musicbrainz_artist_ids)),
    )  # fmt: skip
    rows: tuple[tuple[str, str | Text], ...] = (
        ("length", clock(told.duration_seconds)),
        ("damage", told.damage),
        ("file name", told.file_name),
        ("source", told.source_uri),
        ("audio", _AUDIO.get(told.audio, "")),
        (
            "recording",
            f"{told.recording}, with copies: see segue duplicates" if told.recording else "",
        ),
        ("embedding space", space),
        ("predicted genres", _composition("genres", told.predicted_genres)),
        ("predicted moods", _composition("moods", told.predicted_moods)),
        ("heard in it", _heard(told.predicted_descriptors)),
    )
    # Not in the table: there an id could be broken over lines.
    console.print(*filter(None, (name_of(told), styled(told.track_id, "cyan"))), soft_wrap=True,
                  sep="\n")  # fmt: skip
    table = Table(show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(no_wrap=True, style="dim")
    for name, field, value in given:
        source = _SOURCES.get(told.field_sources.get(field, track_pb2.FIELD_SOURCE_UNSPECIFIED), "")
        if value:
            table.add_row(name, value, source)
        elif source == "corrected" and field != "artists":
            table.add_row(name, "(nothing)", source)
    for name, value in rows:
        if value:
            table.add_row(name, value, "")
    console.print(table)


def _several(artists: Sequence[str]) -> Text | str:
    """The artists, a line each, where there are several."""
    return lines(*artists) if len(artists) > 1 else ""


def _number(metadata: track_pb2.TrackMetadata, name: str, unit: str = "") -> str:
    if not metadata.HasField(name):
        return ""
    return f"{getattr(metadata, name):g}{unit}"


def _heard_tempo(told: track_pb2.Track) -> str:
    """``≈ 128 (0.8)``: what is heard, and how likely it is right."""
    if not told.HasField("estimated_tempo"):
        return ""
    return f"≈ {told.estimated_tempo.bpm:.0f} ({told.estimated_tempo.confidence:.1f})"


def _heard_key(told: track_pb2.Track) -> str:
    if not told.HasField("estimated_key"):
        return ""
    return f"≈ {told.estimated_key.key} ({told.estimated_key.confidence:.1f})"


def _heard(descriptors: Sequence[track_pb2.LabelProbability]) -> Text:
    """The instruments, voices and pace that are as good as heard, a line each."""
    return lines(
        *(
            f"{one.probability:4.0%} {one.label}"
            for one in descriptors[:MOST_LABELS]
            if one.probability >= _LEAST_HEARD
        )
    )


def _composition(name: str, predicted: Sequence[track_pb2.LabelProbability]) -> Text:
    """The most probable labels of a kind, a line each: probability, bar, label.

    "unknown" comes first where each label has a probability of its own and none counts as heard.
    """
    rows = []
    probabilities = {one.label: one.probability for one in predicted}
    if predicted and not most_heard(name, probabilities):
        rows.append("unknown: nothing is likely enough to count as heard")
    for one in predicted[:MOST_LABELS]:
        bar = "█" * round(one.probability * _BAR_CELLS)
        rows.append(f"{one.probability:4.0%} {bar:{_BAR_CELLS}} {one.label}")
    return lines(*rows)
