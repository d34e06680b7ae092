"""What the comments of the protos say, and which limits they name."""

from __future__ import annotations

import re
from typing import Any

from google.protobuf import descriptor_pb2

_SPACES = re.compile(r"\s+")
_NUMBER = r"-?\d+(?: \d{3})*(?:\.\d+)?"
_CLOSED = re.compile(rf"(?:^|[\s:])[Ii]n \[({_NUMBER}), ({_NUMBER})\]")
_HALF_OPEN = re.compile(rf"(?:^|[\s:])[Ii]n \(({_NUMBER}), ({_NUMBER})\]")
_ZERO_TOO = re.compile(r"(?:^|[\s;])0: ")
_MOST_BYTES = re.compile(rf"at most ({_NUMBER}) bytes(?! \()", re.IGNORECASE)
_MOST_ENTRIES = re.compile(rf"at most ({_NUMBER})(?=[,.;]|$)", re.IGNORECASE)
_AT_LEAST_ONE = re.compile(r"^At least one, ")

_MESSAGES, _NESTED, _FIELDS, _ENUMS, _SERVICES = 4, 3, 2, 5, 6
_VALUES, _METHODS = 2, 2
"""Numbers of fields of descriptor.proto, by which paths to comments are written."""


class Comments:
    """Comments of every message, field, enum, value and method, by full name."""

    def __init__(self, files: descriptor_pb2.FileDescriptorSet) -> None:
        self._texts: dict[str, str] = {}
        for file in files.file:
            by_path = {
                tuple(place.path): place.leading_comments or place.trailing_comments
                for place in file.source_code_info.location
            }
            for number, message in enumerate(file.message_type):
                self._message(by_path, (_MESSAGES, number), file.package, message)
            for number, enum in enumerate(file.enum_type):
                self._enum(by_path, (_ENUMS, number), f"{file.package}.{enum.name}", enum)
            for number, service in enumerate(file.service):
                for place, method in enumerate(service.method):
                    path = (_SERVICES, number, _METHODS, place)
                    self._take(by_path, path, f"{file.package}.{service.name}.{method.name}")

    def of(self, full_name: str) -> str:
        """The comment of something, on one line per paragraph; empty without one."""
        return self._texts.get(full_name, "")

    def _message(
        self, by_path: dict[Any, str], path: tuple[int, ...], scope: str, message: Any
    ) -> None:
        name = f"{scope}.{message.name}"
        self._take(by_path, path, name)
        for number, field in enumerate(message.field):
            self._take(by_path, (*path, _FIELDS, number), f"{name}.{field.name}")
        for number, nested in enumerate(message.nested_type):
            self._message(by_path, (*path, _NESTED, number), name, nested)

    def _enum(self, by_path: dict[Any, str], path: tuple[int, ...], name: str, enum: Any) -> None:
        self._take(by_path, path, name)
        for number, value in enumerate(enum.value):
            self._take(by_path, (*path, _VALUES, number), f"{name}.{value.name}")

    def _take(self, by_path: dict[Any, str], path: tuple[int, ...], name: str) -> None:
        paragraphs = by_path.get(path, "").split("\n\n")
        told = [_SPACES.sub(" ", one).strip() for one in paragraphs]
        self._texts[name] = "\n\n".join(one for one in told if one)


def limits_of_number(comment: str) -> dict[str, float]:
    """Range of a number as JSON Schema has it."""
    found = _CLOSED.search(comment) or _HALF_OPEN.search(comment)
    if not found:
        return {}
    least = _read(found[1])
    # What is 0 is not set, though it may lie outside of the range.
    return {
        "minimum": min(0, least) if _ZERO_TOO.search(comment) else least,
        "maximum": _read(found[2]),
    }


def limits_of_text(comment: str) -> dict[str, float]:
    """Longest text: no sign takes less than a byte."""
    found = _MOST_BYTES.search(comment)
    return {"maxLength": _read(found[1])} if found else {}


def limits_of_list(comment: str) -> dict[str, float]:
    """Fewest and most entries of a list."""
    limits: dict[str, float] = {}
    if _AT_LEAST_ONE.search(comment):
        limits["minItems"] = 1
    found = _MOST_ENTRIES.search(comment)
    if found:
        limits["maxItems"] = _read(found[1])
    return limits


def _read(text: str) -> float:
    number = float(text.replace(" ", ""))
    return int(number) if number.is_integer() else number
