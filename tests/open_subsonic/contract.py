"""What is wrong with an answer by the published description of OpenSubsonic."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs

_DOCUMENT = json.loads(Path(__file__).with_name("schemas.json").read_text("utf-8"))
_SCHEMAS = _DOCUMENT["schemas"]
ANSWERS: dict[str, Any] = _DOCUMENT["answers"]
"""Method to the schema of its answer."""


def breaches(method: str, answer: dict[str, Any]) -> list[str]:
    """All that an answer in JSON does against the description of its method.

    Also fields that it does not know: the schemas permit more, but clients do not read them.
    """
    schema = {"allOf": [ANSWERS[method]], "schemas": _SCHEMAS}
    validator = jsonschema_rs.Draft4Validator(schema, validate_formats=True)
    found = [
        f"{'/'.join(map(str, error.instance_path))}: {error.message[:500]}"
        for error in validator.iter_errors(answer)
    ]
    return found + sorted(set(_unknown(answer, [ANSWERS[method]], method)))


def _unknown(value: Any, schemas: list[Any], path: str) -> Iterator[str]:
    schemas = list(_spread(schemas))
    if isinstance(value, list):
        items = [schema["items"] for schema in schemas if "items" in schema]
        for one in value:
            yield from _unknown(one, items, path)
    elif isinstance(value, dict):
        for name, one in value.items():
            known = [
                schema["properties"][name]
                for schema in schemas
                if name in schema.get("properties", {})
            ]
            if known:
                yield from _unknown(one, known, f"{path}/{name}")
            else:
                yield f"{path}/{name}: no such field"


def _spread(schemas: list[Any]) -> Iterator[Any]:
    for schema in schemas:
        if "$ref" in schema:
            yield from _spread([_SCHEMAS[schema["$ref"].rpartition("/")[2]]])
        else:
            yield schema
            for word in ("allOf", "oneOf", "anyOf"):
                yield from _spread(schema.get(word, []))
