"""Operations that are no call which is answered with one JSON object, described by hand."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}
_FILE = {"type": "string", "contentMediaType": "application/octet-stream"}


def _content(description: str, *types: str) -> dict[str, Any]:
    return {"description": description, "content": {kind: {"schema": _FILE} for kind in types}}


_AUDIO = ("audio/mpeg", "audio/flac", "audio/ogg", "audio/wav", "audio/mp4", "audio/*")

RANGED: dict[str, Any] = {
    "200": _content("All of it.", *_AUDIO, "application/octet-stream"),
    "206": _content("The bytes that Range asks for.", *_AUDIO, "application/octet-stream"),
    "304": {"description": "If-None-Match names what it still is."},
}

_AS = {
    "name": "as",
    "in": "query",
    "description": "Encoding: the file as it is, or another. Without it, what browsers play: the "
    "file as it is, or FLAC.",
    "schema": {"enum": ["original", "flac", "mp3", "wav"]},
}
_OR = {
    "name": "or",
    "in": "query",
    "description": "Answer with 204 where there is no picture. Without it, with an error.",
    "schema": {"enum": ["none"]},
}
CATALOGUE = {
    "name": "catalogue",
    "in": "query",
    "description": "Catalogue that is meant; empty: the default one.",
    "schema": _TEXT,
}
RANGE = {
    "name": "Range",
    "in": "header",
    "description": "Bytes that are wanted: one range, as RFC 9110 has it. Others are not heeded.",
    "schema": _TEXT,
    "example": "bytes=0-65535",
}
_FILE_NAME = {
    "name": "X-File-Name",
    "in": "header",
    "description": "Name of the file, percent-encoded; of at most 1 024 bytes.",
    "schema": _TEXT,
    "example": "My%20song.flac",
}

WAVEFORM = {
    "type": "object",
    "required": ["duration_seconds", "media_type", "peaks"],
    "properties": {
        "duration_seconds": {"type": "number", "minimum": 0},
        "media_type": {**_TEXT, "description": "Of the file, by its bytes."},
        "peaks": {
            "type": "array",
            "maxItems": 2000,
            "items": {"type": "number", "minimum": 0, "maximum": 1},
            "description": "Loudest sample of each of so many equal lengths of time.",
        },
    },
}
CLIP = {
    "type": "object",
    "required": ["clip_id", "duration_seconds", "file_name", "media_type"],
    "properties": {
        "clip_id": {**_TEXT, "description": "What searches name it by, for an hour."},
        "duration_seconds": {"type": "number", "minimum": 0},
        "file_name": _TEXT,
        "media_type": {**_TEXT, "description": "By its bytes."},
    },
}

_NAMES = {"type": "array", "items": _TEXT}
_CODES = {"type": "array", "items": {"type": "integer", "minimum": 0}}
_PLACES = {"type": "array", "items": {"type": "number", "minimum": -1, "maximum": 1}}
_COLUMNS: dict[str, Any] = {
    "version": {**_TEXT, "description": "Another one when the map is another one."},
    "embedding_space": _TEXT,
    "total_tracks": {"type": "integer", "minimum": 0},
    "layout": {"enum": ["tsne", "pca"]},
    "genres": _NAMES,
    "moods": _NAMES,
    "artists": _NAMES,
    "track_ids": _NAMES,
    "x": _PLACES,
    "y": {**_PLACES, "description": "Upwards."},
    "genre_codes": {**_CODES, "description": "0: none, else 1 + the place in genres."},
    "mood_codes": _CODES,
    "artist_codes": _CODES,
    "years": {**_CODES, "description": "0: not given."},
    "labels": {
        "type": "object",
        "additionalProperties": _CODES,
        "description": "Of the label that was asked for: 255 where it is given, else its "
        "probability times 255.",
    },
}
MAP = {"type": "object", "required": list(_COLUMNS), "properties": _COLUMNS}


def _drawn(kind: str, what: str, *named: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Operations that a track and a clip have in common, with what names the one that is meant."""
    return {
        "audio": {
            "operationId": f"{kind}Audio",
            "summary": f"The audio of a {what}.",
            "description": "In an encoding that browsers play, unless another is asked for. Any "
            "part of it can be had by Range.",
            "parameters": [_AS, *named, RANGE],
            "responses": RANGED,
        },
        "waveform": {
            "operationId": f"{kind}Waveform",
            "summary": f"The waveform of a {what}.",
            "parameters": [*named],
            "responses": {
                "200": {
                    "description": "Its peaks.",
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Waveform"}}
                    },
                }
            },
        },
        "spectrogram": {
            "operationId": f"{kind}Spectrogram",
            "summary": f"The mel spectrogram of a {what}.",
            "description": "A picture in grey, at most 2 000 wide, 128 bands high, the lowest at "
            "the bottom.",
            "parameters": [*named],
            "responses": {"200": _content("The picture.", "image/png")},
        },
    }


_JSON_CLIP = {"application/json": {"schema": {"$ref": "#/components/schemas/Clip"}}}
_OCTETS = {"required": True, "content": {"application/octet-stream": {"schema": _FILE}}}
_EMPTY = {"application/json": {"schema": {"type": "object", "maxProperties": 0}}}

_TRACK = _drawn("track", "track", CATALOGUE)
_CLIP = _drawn("clip", "clip")

OPERATIONS: dict[tuple[str, str], dict[str, Any]] = {
    ("GET", "tracks/{track_id}/audio"): _TRACK["audio"],
    ("GET", "tracks/{track_id}/waveform"): _TRACK["waveform"],
    ("GET", "tracks/{track_id}/spectrogram"): _TRACK["spectrogram"],
    ("GET", "tracks/{track_id}/cover"): {
        "operationId": "trackCover",
        "summary": "The picture that a track's file holds.",
        "parameters": [_OR, CATALOGUE],
        "responses": {
            "200": _content("The picture.", "image/jpeg", "image/png", "image/*"),
            "204": {"description": "With or=none: there is none, or its file cannot be had."},
            "304": RANGED["304"],
        },
    },
    ("POST", "clips"): {
        "operationId": "sendClip",
        "summary": "Keep an audio file to search by, for an hour.",
        "description": "The body is the file, of at most 32 MiB in any format that is read. Seeds "
        'name it: {"clip": {"clip_id": "..."}}. Only its sender can.\n\nErrors: AUDIO_*, '
        "CLIPS_FULL, BODY_TOO_LARGE.",
        "parameters": [_FILE_NAME],
        "requestBody": _OCTETS,
        "responses": {"201": {"description": "It is kept.", "content": _JSON_CLIP}},
    },
    ("GET", "clips/{clip_id}"): {
        "operationId": "getClip",
        "summary": "What is known of a clip.",
        "responses": {"200": {"description": "The clip.", "content": _JSON_CLIP}},
    },
    ("DELETE", "clips/{clip_id}"): {
        "operationId": "forgetClip",
        "summary": "Forget a clip.",
        "responses": {"200": {"description": "It is forgotten.", "content": _EMPTY}},
    },
    ("GET", "clips/{clip_id}/audio"): _CLIP["audio"],
    ("GET", "clips/{clip_id}/waveform"): _CLIP["waveform"],
    ("GET", "clips/{clip_id}/spectrogram"): _CLIP["spectrogram"],
    ("GET", "map"): {
        "operationId": "getMap",
        "summary": "The map of the catalogue, in columns with an entry per track.",
        "description": "Errors: MAP_NOT_FOUND (none is made yet), MAP_UNUSABLE, INVALID_ARGUMENT, "
        "CATALOGUE_UNKNOWN.",
        "parameters": [
            {
                "name": "layout",
                "in": "query",
                "description": "tsne (the default): what sounds alike lies together; pca: the two "
                "directions in which the catalogue differs most.",
                "schema": {"enum": ["tsne", "pca"]},
            },
            {
                "name": "label",
                "in": "query",
                "description": "One of those that map/info lists, such as mood:calm.",
                "schema": {**_TEXT, "maxLength": 300},
            },
            {
                "name": "catalogue",
                "in": "query",
                "description": "Catalogue to use; empty: the default one.",
                "schema": _TEXT,
            },
        ],
        "responses": {
            "200": {
                "description": "The map.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Map"}}},
            },
            "304": RANGED["304"],
        },
    },
    ("GET", "jobs/{job_id}/events"): {
        "operationId": "followJob",
        "summary": "Follow a job until it is done, as server-sent events.",
        "description": "The data of each event are a WatchIngestResponse: first all tracks, then "
        "every change. An event named problem says that the service is away for now, one named "
        "end is the last.",
        "parameters": [CATALOGUE],
        "responses": {"200": {"description": "Events.", "content": {"text/event-stream": {}}}},
    },
}
"""By method and path. ``uploads`` and ``playlists:export`` take their requests from the protos."""

FILE_NAME = _FILE_NAME
OCTETS = _OCTETS
PLAYLIST_FILE = {
    "200": _content(
        "The file. X-Missing-Tracks and X-Unplaced-Tracks say how many tracks it goes without, and "
        "of how many it holds no more than a name.",
        "audio/x-mpegurl",
        "application/xspf+xml",
        "application/jspf+json",
        "*/*",
    )
}
