"""JSON into messages of the API, strictly: what is not understood is refused by its name.

As the JSON of Protocol Buffers has it (https://protobuf.dev/programming-guides/json), with fewer
ways to say the same: names of fields and paths of field masks are those of the protos
(``page_size``), values of enums are names, and numbers are texts only where they have 64 bits. null
says nothing.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import sys
from collections.abc import Callable, Collection, Mapping
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from segue.errors import InvalidArgument, InvalidRequest

DEEPEST = 16
"""Levels of objects and arrays in one another; no request of the API has as many."""

_WHOLE = {
    FieldDescriptor.CPPTYPE_INT32: (-(1 << 31), (1 << 31) - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(1 << 63), (1 << 63) - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, (1 << 32) - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, (1 << 64) - 1),
}
_FLOATING = {
    FieldDescriptor.CPPTYPE_FLOAT: 3.4028234663852886e38,
    FieldDescriptor.CPPTYPE_DOUBLE: sys.float_info.max,
}

_AS_TEXT_TOO = {FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT64}
"""Numbers that not every reader of JSON keeps, and that are therefore written as texts."""

_DIGITS = re.compile(r"-?\d{1,20}\Z", re.ASCII)
_FIELD_MASK = "google.protobuf.FieldMask"
_AS_TEXT = {"google.protobuf.Timestamp", "google.protobuf.Duration"}

Extra = Callable[[Message, str, Any], None]
"""Told of a field that a message does not have but a caller of :func:`fill` knows: the message it
stands in, its path, and its value."""


def parsed(body: bytes | str) -> Any:
    """A text of JSON as Python values.

    Raises
    ------
    InvalidRequest
        When it is none: also for names that stand twice in an object, and for what lies too deep.
    """
    try:
        text = body.decode() if isinstance(body, bytes) else body
        return json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except UnicodeDecodeError as exc:
        raise InvalidRequest("the body is not UTF-8") from exc
    except RecursionError as exc:
        raise _too_deep("the body") from exc
    except ValueError as exc:
        raise InvalidRequest(f"the body is not JSON: {exc}") from exc


def fill(
    message: Message,
    value: Any,
    *,
    path: str = "",
    without: Collection[str] = (),
    extras: Mapping[str, Extra] | None = None,
) -> None:
    """Set the fields of a message from a JSON object.

    Parameters
    ----------
    path
        What the message is called in errors; empty for a request itself.
    without
        Fields of it that may not be set.
    extras
        By ``MessageName.field``, fields that no message has and somebody knows.

    Raises
    ------
    InvalidArgument
        Naming the field, when it is unknown, or its value is of another kind or out of range.
    """
    _Filling(frozenset(without), extras or {}).object(message, value, path, 0)


def is_encodable(text: str) -> bool:
    """Whether a text of JSON, which may name half of a surrogate pair, can be written as UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class _Filling:
    def __init__(self, without: frozenset[str], extras: Mapping[str, Extra]) -> None:
        self._without = without
        self._extras = extras

    def object(self, message: Message, value: Any, path: str, depth: int) -> None:
        if depth > DEEPEST:
            raise _too_deep(path)
        kind = message.DESCRIPTOR
        if not isinstance(value, dict):
            raise InvalidArgument(path or "body", "must be a JSON object")
        for name, told in value.items():
            place = f"{path}.{name}" if path else name
            extra = self._extras.get(f"{kind.name}.{name}")
            if extra is not None:
                extra(message, place, told)
                continue
            field = kind.fields_by_name.get(name)
            if field is None or (depth == 0 and name in self._without):
                raise InvalidArgument(_named(place), _unknown(kind, self._without))
            if told is not None:
                self._field(message, field, told, place, depth)

    def _field(self, message: Message, field: Any, value: Any, path: str, depth: int) -> None:
        group = field.containing_oneof
        if group is not None and message.WhichOneof(group.name) not in (None, field.name):
            other = message.WhichOneof(group.name)
            raise InvalidArgument(path, f"cannot be given together with {other}")
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            raise InvalidArgument(path, "is set by the service only")
        if field.is_repeated:
            if not isinstance(value, list):
                raise InvalidArgument(path, "must be a JSON array")
            held = getattr(message, field.name)
            for number, one in enumerate(value):
                place = f"{path}[{number}]"
                if field.message_type is not None:
                    self._message(held.add(), one, place, depth + 1)
                else:
                    held.append(_scalar(field, one, place))
        elif field.message_type is not None:
            held = getattr(message, field.name)
            held.SetInParent()
            self._message(held, value, path, depth + 1)
        else:
            setattr(message, field.name, _scalar(field, value, path))

    def _message(self, message: Message, value: Any, path: str, depth: int) -> None:
        name = message.DESCRIPTOR.full_name
        if name == _FIELD_MASK:
            message.paths.extend(_mask(value, path))  # type: ignore[attr-defined]
        elif name in _AS_TEXT:
            if not isinstance(value, str):
                raise InvalidArgument(path, "must be a text, such as 2026-03-04T05:06:07Z or 1.5s")
            try:
                message.FromJsonString(value)  # type: ignore[attr-defined]
            except ValueError as exc:
                raise InvalidArgument(path, f"{_short(value)} is no time") from exc
        else:
            self.object(message, value, path, depth)


def _scalar(field: Any, value: Any, path: str) -> Any:
    kind = field.cpp_type
    if kind in _WHOLE:
        return _whole(value, path, *_WHOLE[kind], as_text=kind in _AS_TEXT_TOO)
    if kind in _FLOATING:
        return _floating(value, path, _FLOATING[kind])
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        if not isinstance(value, bool):
            raise InvalidArgument(path, "must be true or false")
        return value
    if kind == FieldDescriptor.CPPTYPE_ENUM:
        names = field.enum_type.values_by_name
        if not isinstance(value, str) or value not in names:
            raise InvalidArgument(path, f"{_short(value)} is not one of {', '.join(names)}")
        return names[value].number
    if not isinstance(value, str):
        raise InvalidArgument(path, "must be a text")
    if field.type == FieldDescriptor.TYPE_BYTES:
        return _bytes(value, path)
    if not is_encodable(value):
        raise InvalidArgument(path, "holds half of a surrogate pair")
    return value


def _whole(value: Any, path: str, least: int, most: int, *, as_text: bool) -> int:
    if as_text and isinstance(value, str) and _DIGITS.match(value):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidArgument(path, "must be a whole number")
    if not least <= value <= most:
        raise InvalidArgument(path, f"must lie in [{least}, {most}]")
    return value


def _floating(value: Any, path: str, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidArgument(path, "must be a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not abs(number) <= most:
        raise InvalidArgument(path, "is too large")
    return number


def _bytes(value: str, path: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise InvalidArgument(path, "must be bytes in base64") from exc


def _mask(value: Any, path: str) -> list[str]:
    if not isinstance(value, str):
        raise InvalidArgument(path, 'must be a text of names, such as "title,album_artist"')
    return [name.strip() for name in value.split(",")] if value.strip() else []


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def _too_deep(path: str) -> InvalidRequest:
    return InvalidRequest(f"{path} holds more than {DEEPEST} objects and arrays in one another")


def _named(path: str) -> str:
    return path if len(path) <= 200 else f"{path[:200]}..."


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= 80 else f"{text[:80]}..."


def _unknown(kind: Any, without: frozenset[str]) -> str:
    names = [name for name in kind.fields_by_name if name not in without]
    return f"no such field; {kind.name} has {', '.join(names) or 'none'}"
