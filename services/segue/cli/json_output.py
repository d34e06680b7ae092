"""An answer of the API as ``--json`` shows it."""

from __future__ import annotations

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from segue.output import say_json


def print_json(answer: Message) -> None:
    """Print an answer as one line: fields named as in the protos, those without a value too."""
    fields = MessageToDict(
        answer, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    say_json(fields)
