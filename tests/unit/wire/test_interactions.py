"""Interactions as messages, and back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from segue.errors import InvalidArgument
from segue.interactions import Interaction, InteractionKind
from segue.v1 import listener_service_pb2 as messages
from segue.wire.interactions import interaction_from_message, interaction_to_message

NOW = datetime(2026, 3, 4, 5, 6, 7, 890_000, tzinfo=UTC)


@pytest.mark.parametrize("kind", InteractionKind)
def test_what_is_written_is_read_back(kind: InteractionKind) -> None:
    seconds = 1.5 if kind in (InteractionKind.PLAY, InteractionKind.SKIP) else 0.0
    written = Interaction("ann", "a", kind, NOW, seconds)
    message = interaction_to_message(written)
    assert messages.InteractionKind.Name(message.kind) == f"INTERACTION_KIND_{kind.name}"
    assert interaction_from_message(message, "interactions[0]", now=NOW) == written


def test_every_kind_of_the_proto_is_known() -> None:
    named = {kind.name for kind in messages.InteractionKind.DESCRIPTOR.values}
    known = {kind.name for kind in InteractionKind} | {"UNSPECIFIED"}
    assert named == {f"INTERACTION_KIND_{name}" for name in known}


def test_no_time_is_now() -> None:
    message = messages.Interaction(user_id="ann", track_id="a", kind="INTERACTION_KIND_PLAY")
    assert interaction_from_message(message, "it", now=NOW).occurred_at == NOW


@pytest.mark.parametrize("seconds", [2**62, -(2**62)])
def test_a_time_that_no_calendar_knows_is_refused(seconds: int) -> None:
    message = messages.Interaction(user_id="ann", track_id="a", kind="INTERACTION_KIND_PLAY")
    message.occurred_at.seconds = seconds
    with pytest.raises(InvalidArgument, match=r"it\.occurred_at: is no point in time"):
        interaction_from_message(message, "it", now=NOW)
