"""Messages of the API as JSON Schemas."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeAlias

from google.protobuf.descriptor import FieldDescriptor

from segue.web.api.description.comments import (
    Comments,
    limits_of_list,
    limits_of_number,
    limits_of_text,
)

Schema: TypeAlias = dict[str, Any]

_WHOLE_32 = {FieldDescriptor.CPPTYPE_INT32: (-(1 << 31), (1 << 31) - 1)}
_WHOLE_32[FieldDescriptor.CPPTYPE_UINT32] = (0, (1 << 32) - 1)
_WHOLE_64 = {FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT64}
_FLOATING = {FieldDescriptor.CPPTYPE_FLOAT, FieldDescriptor.CPPTYPE_DOUBLE}

_KNOWN: dict[str, Schema] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {
        "type": "string",
        "pattern": r"^-?[0-9]+(\.[0-9]{1,9})?s$",
        "examples": ["1.5s"],
    },
    "google.protobuf.FieldMask": {
        "type": "string",
        "description": "Names of fields with commas between them.",
        "examples": ["title,album_artist"],
    },
}

CLIP_ID: Schema = {
    "type": "string",
    "description": "Id of a clip that was sent before, in the place of audio.",
}


class Schemas:
    """Schemas of the messages and enums that are asked for, and of those that they hold.

    Attributes
    ----------
    made
        By name.
    """

    def __init__(self, comments: Comments) -> None:
        self._comments = comments
        self.made: dict[str, Schema] = {}

    def reference(self, descriptor: Any) -> Schema:
        """Where the schema of a message or an enum stands."""
        name = descriptor.name
        if name not in self.made:
            self.made[name] = {}  # messages may hold themselves
            is_enum = hasattr(descriptor, "values_by_name")
            self.made[name] = self._enum(descriptor) if is_enum else self.message(descriptor)
        return {"$ref": f"#/components/schemas/{name}"}

    def message(self, descriptor: Any, *, without: Collection[str] = ()) -> Schema:
        """The schema of a message, without some of its fields."""
        properties = {
            field.name: self.field(field)
            for field in descriptor.fields
            if field.name not in without
        }
        if descriptor.name == "ClipSeed":
            properties["clip_id"] = CLIP_ID
        schema: Schema = {"type": "object", "properties": properties}
        comment = self._comments.of(descriptor.full_name)
        if comment:
            schema["description"] = comment
        choices = [choice for choice in descriptor.oneofs if not choice.name.startswith("_")]
        if len(choices) == 1 and len(choices[0].fields) == len(descriptor.fields):
            schema["maxProperties"] = 1
        return schema

    def answer(self, descriptor: Any) -> Schema:
        """The schema of an answer: its fields are there even when they are empty."""
        reference = self.reference(descriptor)
        always = [field.name for field in descriptor.fields if not field.has_presence]
        if always:
            self.made[descriptor.name]["required"] = always
        return reference

    def field(self, field: Any) -> Schema:
        """The schema of one field."""
        comment = self._comments.of(field.full_name)
        entry = field.message_type
        if entry is not None and entry.GetOptions().map_entry:
            value = self._one(entry.fields_by_name["value"], "")
            schema: Schema = {"type": "object", "additionalProperties": value}
        elif field.is_repeated:
            limits = limits_of_list(comment)
            schema = {"type": "array", "items": self._one(field, comment), **limits}
        else:
            schema = self._one(field, comment)
        if comment:
            schema = {**schema, "description": comment}
        return schema

    def _one(self, field: Any, comment: str) -> Schema:
        kind = field.cpp_type
        if field.message_type is not None:
            known = _KNOWN.get(field.message_type.full_name)
            return dict(known) if known else self.reference(field.message_type)
        if kind == FieldDescriptor.CPPTYPE_ENUM:
            return self.reference(field.enum_type)
        if kind in _WHOLE_32:
            least, most = _WHOLE_32[kind]
            return {"type": "integer", "minimum": least, "maximum": most} | limits_of_number(
                comment
            )
        if kind in _WHOLE_64:
            return {"type": ["string", "integer"], "format": "int64", "pattern": "^-?[0-9]{1,19}$"}
        if kind in _FLOATING:
            return {"type": "number"} | limits_of_number(comment)
        if kind == FieldDescriptor.CPPTYPE_BOOL:
            return {"type": "boolean"}
        if field.type == FieldDescriptor.TYPE_BYTES:
            return {"type": "string", "contentEncoding": "base64"}
        return {"type": "string"} | limits_of_text(comment)

    def _enum(self, descriptor: Any) -> Schema:
        lines = [self._comments.of(descriptor.full_name)]
        for value in descriptor.values:
            comment = self._comments.of(f"{descriptor.full_name}.{value.name}")
            if comment:
                lines.append(f"- {value.name}: {comment}")
        described = "\n".join(line for line in lines if line)
        schema: Schema = {"type": "string", "enum": [value.name for value in descriptor.values]}
        return {**schema, "description": described} if described else schema

    def close(self, names: Collection[str]) -> None:
        """Say of messages that requests hold, and what they hold in turn, that they are strict.

        Limits are those of requests: answers may come to hold more, and rounded numbers.
        """
        waiting, seen = list(names), set()
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            schema = self.made[name]
            if schema.get("type") == "object":
                schema["additionalProperties"] = False
            waiting += held_by(schema)
        for name in self.made.keys() - seen:
            for schema in self.made[name].get("properties", {}).values():
                for limit in ("minimum", "maximum", "maxItems", "maxLength"):
                    schema.pop(limit, None)


def held_by(schema: Any) -> list[str]:
    """Names of the schemas that one refers to."""
    if isinstance(schema, list):
        return [name for one in schema for name in held_by(one)]
    if not isinstance(schema, dict):
        return []
    names = [name for one in schema.values() for name in held_by(one)]
    reference = schema.get("$ref", "")
    return [*names, reference.rpartition("/")[2]] if reference else names
