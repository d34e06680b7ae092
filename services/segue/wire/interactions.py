"""What listeners did."""

from __future__ import annotations

from datetime import datetime

from segue.errors import InvalidArgument
from segue.interactions import Interaction, InteractionKind, checked_interaction
from segue.v1 import listener_service_pb2 as messages
from segue.wire.times import time_from_message, time_to_message

_KINDS = {
    InteractionKind.PLAY: messages.INTERACTION_KIND_PLAY,
    InteractionKind.SKIP: messages.INTERACTION_KIND_SKIP,
    InteractionKind.LIKE: messages.INTERACTION_KIND_LIKE,
    InteractionKind.DISLIKE: messages.INTERACTION_KIND_DISLIKE,
}
_KINDS_BACK = {number: kind for kind, number in _KINDS.items()}


def interaction_to_message(interaction: Interaction) -> messages.Interaction:
    """Write an interaction."""
    return messages.Interaction(
        user_id=interaction.user_id,
        track_id=interaction.track_id,
        kind=_KINDS[interaction.kind],
        occurred_at=time_to_message(interaction.occurred_at),
        played_seconds=interaction.played_seconds,
    )


def interaction_from_message(
    message: messages.Interaction, field: str, *, now: datetime
) -> Interaction:
    """Read an interaction; one without a time happened now.

    Raises
    ------
    InvalidArgument
        When its kind is not known, and as :func:`segue.interactions.checked_interaction`.
    """
    kind = _KINDS_BACK.get(message.kind)
    if kind is None:
        raise InvalidArgument(f"{field}.kind", "name one: a play, a skip, a like or a dislike")
    occurred_at = now
    if message.HasField("occurred_at"):
        try:
            occurred_at = time_from_message(message.occurred_at)
        except (ValueError, OverflowError) as exc:
            raise InvalidArgument(f"{field}.occurred_at", "is no point in time") from exc
    interaction = Interaction(
        message.user_id, message.track_id, kind, occurred_at, message.played_seconds
    )
    return checked_interaction(interaction, field, now=now)
