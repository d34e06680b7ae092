"""Operations that the page itself is made with: signing in, and how the stack is."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}
_SHOWN = {**_TEXT, "minLength": 1, "maxLength": 1_024}

SCHEMAS: dict[str, Any] = {
    "Session": {
        "type": "object",
        "required": ["role", "name"],
        "properties": {
            "role": {"enum": ["owner", "listener", "guest"]},
            "name": {**_TEXT, "description": "Of a listener's account; empty for others."},
            "listening_test": {
                "type": "boolean",
                "description": "Whether one is planned; for who may take part in it.",
            },
            "expires_at": {**_TEXT, "format": "date-time"},
        },
    },
    "SignIn": {
        "description": "A code of a link (segue page), the owner's token or an API key, or the "
        "name and the password of an account.",
        "oneOf": [
            {
                "type": "object",
                "required": names,
                "properties": dict.fromkeys(names, _SHOWN),
                "additionalProperties": False,
            }
            for names in (["code"], ["token"], ["name", "password"])
        ],
    },
    "Operations": {
        "type": "object",
        "required": ["status", "figures"],
        "properties": {
            "status": {"$ref": "#/components/schemas/GetStatusResponse"},
            "figures": {
                "type": ["object", "null"],
                "description": "Rates and percentiles of the last minutes; of the owner only.",
            },
        },
    },
}


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


_SESSION = {"200": {"description": "Who asks.", "content": _json("Session")}}

OPERATIONS: dict[tuple[str, str], dict[str, Any]] = {
    ("GET", "session"): {
        "operationId": "showSession",
        "summary": "Who asks.",
        "responses": _SESSION,
    },
    ("POST", "session"): {
        "operationId": "signIn",
        "summary": "Sign in: a cookie that holds until it expires.",
        "description": "For browsers; programs show a token with each request.\n\nErrors: "
        "SIGN_IN_REFUSED, SIGN_IN_CODE_USED, PAGE_HEADER_MISSING.",
        "parameters": [
            {
                "name": "X-Segue-Page",
                "in": "header",
                "required": True,
                "schema": {"const": "1"},
            }
        ],
        "requestBody": {"required": True, "content": _json("SignIn")},
        "responses": _SESSION,
    },
    ("DELETE", "session"): {
        "operationId": "signOut",
        "summary": "Sign out: the session ends everywhere.",
        "responses": {"204": {"description": "It has ended."}},
    },
    ("GET", "operations"): {
        "operationId": "showOperations",
        "summary": "How every part is, and how fast it goes; at most two seconds old.",
        "responses": {"200": {"description": "The answer.", "content": _json("Operations")}},
    },
}
