"""Messages of the API as JSON.

As the JSON of Protocol Buffers has it, with the names of the protos. What is empty or zero is left
out, but for the fields of an answer itself: a list of results is there even when it is empty.
"""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message
from starlette.responses import Response

JSON_TYPE = "application/json"

NOT_KEPT = {"Cache-Control": "no-store"}
"""Of answers that depend on the caller, or on the moment."""

_LARGE_BYTES = 64 * 1024
"""Writing a larger message takes long enough for others to notice."""


def as_json(message: Message) -> dict[str, Any]:
    """A message as a JSON object."""
    written: dict[str, Any] = json_format.MessageToDict(message, preserving_proto_field_name=True)
    for field in message.DESCRIPTOR.fields:
        if field.name not in written and not field.has_presence:
            written[field.name] = _empty(field)
    return written


async def answer(message: Message) -> Response:
    """A message as an answer."""
    if message.ByteSize() > _LARGE_BYTES:
        content = await asyncio.to_thread(_written, message)
    else:
        content = _written(message)
    return Response(content, headers=NOT_KEPT, media_type=JSON_TYPE)


def _written(message: Message) -> bytes:
    return json.dumps(as_json(message), ensure_ascii=False, separators=(",", ":")).encode()


def _empty(field: Any) -> Any:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return {}
    if field.is_repeated:
        return []
    if field.enum_type is not None:
        return field.enum_type.values_by_number[0].name
    if field.type in (field.TYPE_INT64, field.TYPE_UINT64):
        return "0"
    return "" if field.type == field.TYPE_BYTES else field.default_value


def moment(seconds: float) -> str:
    """A time, in seconds since 1970, as the JSON of Protocol Buffers has it."""
    written = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return written.replace("+00:00", "Z")
