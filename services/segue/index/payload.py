"""Tracks and segments as payloads of points, and back."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from sys import intern
from typing import Any, TypeAlias

from segue.fingerprints import Fingerprint
from segue.index.schema import (
    DUE,
    FINGERPRINT,
    HEARD_FIELDS,
    LABEL_FIELDS,
    MARK_FIELDS,
    ORDER_NUMBERS,
    ORDER_TEXTS,
    RECORDING,
    RECORDING_KEYS,
    REGROUP,
    WORDS,
    WORDS_RULE,
)
from segue.layers import layers_from_text, layers_to_text
from segue.recordings.rule import landmarks_of, recording_keys
from segue.track_order import TEXTS, order_number, order_text, text_numbers
from segue.tracks import (
    DEFAULT_PROBABILITIES,
    LABEL_FILTERS,
    LEAST_PROBABILITY,
    METADATA_FIELDS,
    PREDICTED_LABELS,
    EmbeddedTrack,
    EstimatedKey,
    EstimatedTempo,
    Provenance,
    Segment,
    Track,
    TrackMetadata,
    TrackSource,
    heard_labels,
    heard_tempo_and_key,
    hundredths,
)
from segue.words import RULE, words_of

Payload: TypeAlias = dict[str, Any]

PASSAGE_FIELDS = ["track_id", "start_seconds", "end_seconds"]
"""What an answer needs to know of a segment."""


_ORDER_FIELDS = (
    *ORDER_TEXTS.values(),
    *(field for by in (*TEXTS, "ingested_at") for field in ORDER_NUMBERS[by]),
)

NOT_OF_A_TRACK = [FINGERPRINT, RECORDING_KEYS, REGROUP, WORDS, WORDS_RULE, *_ORDER_FIELDS]
"""Fields that :func:`track_from_payload` has no use for."""

BRIEF_FIELDS = (
    "track_id",
    *METADATA_FIELDS,
    "duration_seconds",
    "source_uri",
    "content_sha256",
    "ingested_at",
    "provenance",
    "damage",
    "file_name",
    "estimated_tempo",
    "estimated_key",
    RECORDING,
)
"""What :func:`track_from_payload` reads, apart from what takes long to send and to read."""

TRACK_FIELDS = (
    *BRIEF_FIELDS,
    *("predicted_genres", "predicted_moods", "predicted_descriptors"),
    "layers",
)
"""All that :func:`track_from_payload` reads."""

SOURCE_FIELDS = ["track_id", "source_uri", "content_sha256", "provenance"]
"""What :func:`source_from_payload` needs of a track."""


NAME_FIELDS = ["track_id", "title", "artist", "artists", "album_artist", "album", "file_name"]
"""What :func:`source_payload` needs of a track."""


def source_payload(stored: Mapping[str, Any], source_uri: str) -> Payload:
    """Fields that ``move`` replaces on a track: what has no title is called by its file."""
    if stored["title"]:
        return {"source_uri": source_uri}
    metadata = TrackMetadata(
        artist=stored["artist"],
        artists=tuple(stored.get("artists") or ()),
        album_artist=stored.get("album_artist") or "",
        album=stored["album"],
    )
    track = Track(
        stored["track_id"],
        metadata,
        source_uri=source_uri,
        file_name=stored.get("file_name") or "",
    )
    return {"source_uri": source_uri, **words_payload(track)}


def words_payload(track: Track) -> Payload:
    """What a track is found by in words, and by which texts it is ordered."""
    payload: Payload = {WORDS: words_of(track), WORDS_RULE: RULE}
    for by in TEXTS:
        text = order_text(track, by)
        payload[ORDER_TEXTS[by]] = text or None
        fields = ORDER_NUMBERS[by]
        numbers = text_numbers(text, len(fields)) if text else [None] * len(fields)
        payload.update(zip(fields, numbers, strict=True))
    return payload


def found_payload(track: Track) -> Payload:
    """All that a track is found and ordered by, and that earlier versions have not stored."""
    return {**words_payload(track), **_ingested_payload(track)}


def _ingested_payload(track: Track) -> Payload:
    (field,) = ORDER_NUMBERS["ingested_at"]
    return {field: order_number(track, "ingested_at")}


def source_from_payload(payload: Mapping[str, Any]) -> TrackSource:
    """Read where a track came from."""
    return TrackSource(
        payload["track_id"], payload["source_uri"], payload["content_sha256"], _provenance(payload)
    )


_EXPLICIT: Mapping[str | None, bool] = {"explicit": True, "clean": False}

_DISPLAYED = (
    "title",
    "artist",
    "album",
    "artists",
    "album_artist",
    "musicbrainz_recording_id",
    "musicbrainz_release_id",
    "musicbrainz_artist_ids",
    "track_number",
    "disc_number",
    "track_gain_db",
)
"""Fields of metadata that no filter looks at as they stand."""


def metadata_payload(track: Track) -> Payload:
    """Fields that ``correct`` and ``describe`` replace; what is not given is None."""
    metadata = track.metadata
    given = metadata.given()
    payload: Payload = {name: given.get(name) for name in _DISPLAYED}
    payload.update(filterable_metadata(metadata))
    payload.update({name: getattr(metadata, name) for name in ("title", "artist", "album")})
    # One text, since the engine spends its time per field; nothing is searched in it.
    payload["layers"] = None if track.layers is None else layers_to_text(track.layers)
    payload.update(words_payload(track))
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in payload.items()
    }


def filterable_metadata(metadata: TrackMetadata) -> Payload:
    """Fields that filters look at; what is not given is None, so that it can be unset."""
    return dict(_filterable(metadata))


@lru_cache(maxsize=16)
def _filterable(metadata: TrackMetadata) -> Payload:
    # Asked for once per passage of a track.
    payload: Payload = {
        field: list(LABEL_FILTERS[name](metadata)) or None for name, field in LABEL_FIELDS.items()
    }
    return payload | {
        "genres": list(metadata.genres),
        "moods": list(metadata.moods),
        "isrc": metadata.isrc or None,
        "key": metadata.key or None,
        "language": metadata.language or None,
        "year": metadata.year,
        "bpm": metadata.bpm,
        "explicit": None if metadata.explicit is None else explicit_label(metadata.explicit),
    }


def explicit_label(explicit: bool) -> str:
    """The mark as a label, since that is what both engines index."""
    return "explicit" if explicit else "clean"


def heard_payload(track: Track) -> Payload:
    """What the model hears, as labels that engines index.

    By default as ``jazz``, and for other thresholds with its probability: ``jazz@73`` for 0.73.
    Tempo and key as they stand, where they are sure enough.
    """
    payload: Payload = {}
    for name, predicted in PREDICTED_LABELS.items():
        probabilities = predicted(track)
        by_default = heard_labels(probabilities, DEFAULT_PROBABILITIES[name])
        marks = [
            f"{label}@{hundredths(probabilities[label])}"
            for label in heard_labels(probabilities, LEAST_PROBABILITY)
        ]
        payload |= {HEARD_FIELDS[name]: list(by_default) or None, MARK_FIELDS[name]: marks or None}
    bpm, key = heard_tempo_and_key(track)
    return payload | {"heard_bpm": bpm, "heard_key": key or None}


def heard_field(name: str, minimum_probability: float) -> str:
    """Field that knows which labels of a kind (``name``) are heard from this probability on."""
    by_default = hundredths(minimum_probability) == hundredths(DEFAULT_PROBABILITIES[name])
    return (HEARD_FIELDS if by_default else MARK_FIELDS)[name]


def heard_as_stored(name: str, label: str, minimum_probability: float) -> Iterator[str]:
    """What :func:`heard_field` holds, one of it, for a track in which the label is heard."""
    if heard_field(name, minimum_probability) == HEARD_FIELDS[name]:
        yield label
    else:
        yield from (f"{label}@{known}" for known in range(hundredths(minimum_probability), 101))


def heard_counts(
    name: str, counts: Iterable[tuple[str, int]], minimum_probability: float
) -> Iterable[tuple[str, int]]:
    """Tracks per label that is heard from this probability on, out of :func:`heard_field`'s."""
    if heard_field(name, minimum_probability) == HEARD_FIELDS[name]:
        return counts
    tracks: Counter[str] = Counter()
    for mark, number in counts:
        label, _, probability = mark.rpartition("@")
        if int(probability) >= hundredths(minimum_probability):
            tracks[label] += number
    return tracks.items()


def track_payload(track: Track) -> Payload:
    """Payload of a track's point."""
    tempo, key = track.estimated_tempo, track.estimated_key
    payload = {
        "track_id": track.track_id,
        **metadata_payload(track),
        "duration_seconds": track.duration_seconds or None,
        "source_uri": track.source_uri,
        "content_sha256": track.content_sha256,
        "ingested_at": None if track.ingested_at is None else track.ingested_at.isoformat(),
        **_ingested_payload(track),
        **heard_payload(track),
        "predicted_genres": dict(track.predicted_genres),
        "predicted_moods": dict(track.predicted_moods),
        "predicted_descriptors": dict(track.predicted_descriptors) or None,
        "provenance": None if track.provenance is None else track.provenance.value,
        "damage": track.damage or None,
        "file_name": track.file_name or None,
        "estimated_tempo": None if tempo is None else [tempo.bpm, tempo.confidence],
        "estimated_key": None if key is None else [key.key, key.confidence],
    }
    return _known(payload)


def recording_payload(embedded: EmbeddedTrack, recording: str | None) -> Payload:
    """What a track's copies are found by; its group is what it was, until they are looked for."""
    codes = embedded.fingerprint.code_bytes
    keys = recording_keys(embedded.track, embedded.fingerprint)
    return _known(
        {
            RECORDING: recording,
            RECORDING_KEYS: list(keys) or None,
            REGROUP: DUE,
            FINGERPRINT: base64.b64encode(codes).decode("ascii") or None,
        }
    )


def fingerprint_from_payload(payload: Mapping[str, Any]) -> Fingerprint:
    """Read the fingerprint that :func:`recording_payload` stored."""
    stored = payload.get(FINGERPRINT) or ""
    return Fingerprint(base64.b64decode(stored), landmarks_of(payload.get(RECORDING_KEYS) or ()))


def segment_payload(track: Track, segment: Segment) -> Payload:
    """Payload of a segment's point: its place, and the track's filterable fields."""
    return _known(
        {
            "track_id": track.track_id,
            "start_seconds": segment.start_seconds,
            "end_seconds": segment.end_seconds,
            **filterable_metadata(track.metadata),
            **heard_payload(track),
            "duration_seconds": track.duration_seconds or None,
        }
    )


def track_from_payload(payload: Mapping[str, Any]) -> Track:
    """Rebuild the track that :func:`track_payload` stored. Engines may drop fields set to None."""
    tempo, key = payload.get("estimated_tempo"), payload.get("estimated_key")
    ingested_at = payload.get("ingested_at")
    layers = payload.get("layers")
    metadata = _metadata(payload)
    return Track(
        payload["track_id"],
        metadata,
        payload.get("duration_seconds") or 0.0,
        payload["source_uri"],
        payload["content_sha256"],
        None if ingested_at is None else datetime.fromisoformat(ingested_at),
        _probabilities(payload.get("predicted_genres") or {}),
        _probabilities(payload.get("predicted_moods") or {}),
        _provenance(payload),
        payload.get("damage") or "",
        payload.get("file_name") or "",
        None if layers is None else layers_from_text(layers, metadata),
        None if tempo is None else EstimatedTempo(*tempo),
        None if key is None else EstimatedKey(intern(key[0]), key[1]),
        payload.get(RECORDING) or "",
        _probabilities(payload.get("predicted_descriptors") or {}),
    )


def _provenance(payload: Mapping[str, Any]) -> Provenance | None:
    provenance = payload.get("provenance")
    return None if provenance is None else Provenance(provenance)


def _metadata(payload: Mapping[str, Any]) -> TrackMetadata:
    get = payload.get
    return TrackMetadata(
        payload["title"],
        intern(payload["artist"]),
        intern(payload["album"]),
        tuple(map(intern, payload["genres"])),
        tuple(map(intern, payload["moods"])),
        get("year"),
        tuple(map(intern, get("artists") or ())),
        intern(get("album_artist") or ""),
        get("isrc") or "",
        get("musicbrainz_recording_id") or "",
        get("musicbrainz_release_id") or "",
        tuple(map(intern, get("musicbrainz_artist_ids") or ())),
        get("track_number"),
        get("disc_number"),
        get("bpm"),
        intern(get("key") or ""),
        intern(get("language") or ""),
        _EXPLICIT.get(get("explicit")),
        get("track_gain_db"),
    )


def _known(payload: Payload) -> Payload:
    # The engine spends its time per field.
    return {name: value for name, value in payload.items() if value is not None}


def _probabilities(stored: Mapping[str, float]) -> dict[str, float]:
    # Thousands of tracks are kept in memory, and all of them carry the same few labels.
    return {intern(label): probability for label, probability in stored.items()}
