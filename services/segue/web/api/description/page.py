"""Operations that are for the page first: signing in and out, and how the stack is."""

from __future__ import annotations

from typing import Any

from segue.web.session_routes import MOST_CHARACTERS

_TEXT = {"type": "string", "minLength": 1, "maxLength": MOST_CHARACTERS}
_COUNT = {"type": "number", "minimum": 0}
_RATE = {"type": ["number", "null"], "minimum": 0, "description": "null: not known yet."}

_SESSION = {
    "type": "object",
    "required": ["role", "name"],
    "properties": {
        "role": {"type": "string", "enum": ["owner", "listener", "guest"]},
        "name": {"type": "string", "description": "Of the account; empty for others."},
        "expires_at": {"type": "string", "format": "date-time"},
    },
}
_LATENCY = {
    "type": "object",
    "properties": {
        "method": {"type": "string", "description": "Of gRPC."},
        "calls": _COUNT,
        "calls_per_second": _RATE,
        "p50_seconds": _COUNT,
        "p95_seconds": _COUNT,
        "p99_seconds": _COUNT,
    },
}
_PAGE = {
    "type": "object",
    "properties": {"url": {"type": "string"}, "answers": {"type": "boolean"}},
}
_FIGURES = {
    "type": ["object", "null"],
    "description": "For the owner, where metrics pages are known and one answers.",
    "properties": {
        "window_seconds": {**_RATE, "description": "Time between the readings compared."},
        "calls_per_second": _RATE,
        "tracks_per_minute": _RATE,
        "failed_per_minute": _RATE,
        "latency": {"type": "array", "items": _LATENCY},
        "metrics": {"type": "array", "items": _PAGE},
    },
}

SCHEMAS: dict[str, Any] = {
    "Session": _SESSION,
    "Figures": _FIGURES,
    "Operations": {
        "type": "object",
        "required": ["status", "figures"],
        "properties": {
            "status": {"$ref": "#/components/schemas/GetStatusResponse"},
            "figures": {"$ref": "#/components/schemas/Figures"},
        },
    },
}


def _shown(*names: str) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(names),
        "properties": dict.fromkeys(names, _TEXT),
        "additionalProperties": False,
    }


def _json(description: str, name: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{name}"}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


OPERATIONS: dict[tuple[str, str], dict[str, Any]] = {
    ("GET", "session"): {
        "operationId": "getSession",
        "summary": "Who asks.",
        "responses": {"200": _json("The caller.", "Session")},
    },
    ("POST", "session"): {
        "operationId": "signIn",
        "summary": "Signs in: by the code of a link, a token or API key, or name and password.",
        "description": "Sets the cookie of a session. Programs need none: they send "
        "Authorization: Bearer. Errors: SIGN_IN_REFUSED, SIGN_IN_CODE_USED, TOO_MANY_ATTEMPTS.",
        "parameters": [
            {
                "name": "X-Segue-Page",
                "in": "header",
                "required": True,
                "schema": {"type": "string", "const": "1"},
            }
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "oneOf": [_shown("code"), _shown("token"), _shown("name", "password")]
                    }
                }
            },
        },
        "responses": {"200": _json("Who has signed in.", "Session")},
    },
    ("DELETE", "session"): {
        "operationId": "signOut",
        "summary": "Ends the session of the caller.",
        "responses": {"204": {"description": "It has ended."}},
    },
    ("GET", "operations"): {
        "operationId": "getOperations",
        "summary": "How every part is, and how fast the stack is lately.",
        "description": "An answer is given again for two seconds.",
        "responses": {"200": _json("Health and figures.", "Operations")},
    },
}
