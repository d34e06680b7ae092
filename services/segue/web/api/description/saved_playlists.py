"""Operations of saved playlists, which are no part of the gRPC API."""

from __future__ import annotations

from typing import Any

from segue.saved_playlists import (
    MOST_COMMENT_BYTES,
    MOST_ID_BYTES,
    MOST_NAME_BYTES,
    MOST_TRACKS,
)
from segue.web.api.description.media import CATALOGUE

_TEXT = {"type": "string"}
_SAID: dict[str, Any] = {
    "name": {**_TEXT, "minLength": 1, "maxLength": MOST_NAME_BYTES, "pattern": r"\S"},
    "track_ids": {
        "type": "array",
        "maxItems": MOST_TRACKS,
        "items": {**_TEXT, "minLength": 1, "maxLength": MOST_ID_BYTES},
        "description": "In their order; one may stand there several times.",
    },
    "public": {
        "type": "boolean",
        "description": "Whether everybody who has an account may hear it.",
    },
    "comment": {**_TEXT, "maxLength": MOST_COMMENT_BYTES},
    "catalogue": {**_TEXT, "description": "Of which its tracks are; empty: the default one."},
}
_SUMMARY: dict[str, Any] = {
    "playlist_id": _TEXT,
    "owner": {**_TEXT, "description": "Name of the account; empty: the owner of the stack."},
    "own": {"type": "boolean", "description": "Whether it is the caller's own, to be changed."},
    "name": _TEXT,
    "public": {"type": "boolean"},
    "comment": _TEXT,
    "tracks": {"type": "integer", "minimum": 0, "description": "How many it has."},
    "duration_seconds": {"type": "number", "minimum": 0},
    "catalogue": _SAID["catalogue"],
    "created_at": {**_TEXT, "format": "date-time"},
    "changed_at": {**_TEXT, "format": "date-time"},
}

SCHEMAS: dict[str, Any] = {
    "PlaylistSummary": {
        "type": "object",
        "required": list(_SUMMARY),
        "properties": _SUMMARY,
    },
    "SavedPlaylist": {
        "type": "object",
        "required": [*_SUMMARY, "track_ids"],
        "properties": {**_SUMMARY, "track_ids": _SAID["track_ids"]},
    },
    "PlaylistDraft": {
        "type": "object",
        "properties": _SAID,
        "additionalProperties": False,
    },
}


def _json(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _body(schema: dict[str, Any], *, required: bool) -> dict[str, Any]:
    return {"required": required, "content": {"application/json": {"schema": schema}}}


_DRAFT = {"$ref": "#/components/schemas/PlaylistDraft"}
_WHOLE = {"$ref": "#/components/schemas/SavedPlaylist"}
_LIST = {
    "type": "object",
    "required": ["playlists"],
    "properties": {
        "playlists": {"type": "array", "items": {"$ref": "#/components/schemas/PlaylistSummary"}}
    },
}

OPERATIONS: dict[tuple[str, str], dict[str, Any]] = {
    ("GET", "playlists"): {
        "operationId": "listSavedPlaylists",
        "summary": "Those that the caller may hear, by name.",
        "description": "Their own and the public ones; the owner of the stack sees all.",
        "parameters": [CATALOGUE],
        "responses": {"200": _json("The playlists.", _LIST)},
    },
    ("POST", "playlists"): {
        "operationId": "createSavedPlaylist",
        "summary": "Saves a new playlist.",
        "requestBody": _body({"allOf": [_DRAFT], "required": ["name"]}, required=True),
        "responses": {"201": _json("The playlist.", _WHOLE)},
    },
    ("GET", "playlists/{playlist_id}"): {
        "operationId": "getSavedPlaylist",
        "summary": "A playlist with the ids of its tracks.",
        "parameters": [CATALOGUE],
        "responses": {"200": _json("The playlist.", _WHOLE)},
    },
    ("PUT", "playlists/{playlist_id}"): {
        "operationId": "replaceSavedPlaylist",
        "summary": "Saves one of the caller's own anew; what is not said stays.",
        "requestBody": _body(_DRAFT, required=False),
        "responses": {"200": _json("The playlist.", _WHOLE)},
    },
    ("DELETE", "playlists/{playlist_id}"): {
        "operationId": "deleteSavedPlaylist",
        "summary": "Removes one of the caller's own; the owner of the stack removes any.",
        "parameters": [CATALOGUE],
        "responses": {"200": _json("It is gone.", {"type": "object"})},
    },
}
