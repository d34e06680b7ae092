"""Operations of the listening test, which is no part of the gRPC API."""

from __future__ import annotations

from typing import Any

from segue.listening_test.plan import LEAST_RATING, MOST_RATING
from segue.web.api.description.media import RANGE, RANGED

_TEXT = {"type": "string"}
_WHOLE = {"type": "integer", "minimum": 0}

_SOUND: dict[str, Any] = {
    "type": "object",
    "required": ["sound", "duration_seconds", "gain_db"],
    "properties": {
        "sound": {**_TEXT, "description": "What the track is called in this trial, to the caller."},
        "duration_seconds": {"type": "number", "minimum": 0},
        "gain_db": {
            "type": "number",
            "maximum": 0,
            "description": "What brings the tracks of the trial to one loudness; 0 where the gain "
            "of one is not known.",
        },
    },
}
_PROGRESS: dict[str, Any] = {
    "type": "object",
    "required": ["rated", "skipped", "trials"],
    "properties": {"rated": _WHOLE, "skipped": _WHOLE, "trials": _WHOLE},
}

SCHEMAS: dict[str, Any] = {
    "ListeningSound": _SOUND,
    "ListeningProgress": _PROGRESS,
    "ListeningTrial": {
        "type": "object",
        "required": ["trial", "query", "candidates", "progress"],
        "properties": {
            "trial": _TEXT,
            "query": {"$ref": "#/components/schemas/ListeningSound"},
            "candidates": {
                "type": "array",
                "items": {"$ref": "#/components/schemas/ListeningSound"},
                "description": "In an order that is random to the caller, and stays the same. Two "
                "where both models answer with the same track.",
            },
            "progress": {"$ref": "#/components/schemas/ListeningProgress"},
        },
    },
    "ListeningRatings": {
        "type": "object",
        "required": ["trial"],
        "properties": {
            "trial": {**_TEXT, "minLength": 1},
            "ratings": {
                "type": "object",
                "additionalProperties": {
                    "type": "integer",
                    "minimum": LEAST_RATING,
                    "maximum": MOST_RATING,
                },
                "description": "Of each candidate, by its sound: how similar to the query it is.",
            },
            "skip": {"const": True, "description": "Instead of ratings: the trial is passed over."},
        },
        "additionalProperties": False,
    },
}


def _json(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


OPERATIONS: dict[tuple[str, str], dict[str, Any]] = {
    ("GET", "listening-test/next"): {
        "operationId": "nextListeningTrial",
        "summary": "The next trial of the listening test for the caller.",
        "description": "The same one until it is rated or passed over.\n\nErrors: "
        "LISTENING_PLAN_MISSING, LISTENING_TEST_DONE.",
        "responses": {"200": _json("The trial.", {"$ref": "#/components/schemas/ListeningTrial"})},
    },
    ("GET", "listening-test/trials/{trial}/{sound}/audio"): {
        "operationId": "listeningTrialAudio",
        "summary": "The audio of a track of a trial, in an encoding that browsers play.",
        "description": "Without the name of its file.\n\nErrors: TRIAL_NOT_FOUND, AUDIO_GONE.",
        "parameters": [RANGE],
        "responses": RANGED,
    },
    ("POST", "listening-test/ratings"): {
        "operationId": "rateListeningTrial",
        "summary": "Rates the candidates of a trial, or passes it over.",
        "description": "What the caller said of it before goes; the same said twice counts once."
        "\n\nErrors: LISTENING_PLAN_MISSING, TRIAL_NOT_FOUND, INVALID_ARGUMENT.",
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/ListeningRatings"}}
            },
        },
        "responses": {
            "200": _json(
                "It is on the disk.",
                {
                    "type": "object",
                    "required": ["progress"],
                    "properties": {"progress": {"$ref": "#/components/schemas/ListeningProgress"}},
                },
            )
        },
    },
}
