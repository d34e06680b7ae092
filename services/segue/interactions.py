"""What listeners did with tracks: plays, skips, likes. No I/O.

Listeners are ids of the caller's choice. No error that is made here repeats one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from segue.errors import InvalidArgument
from segue.limits import checked_text, checked_track_id

COLUMNS = ("user_id", "track_id", "kind", "occurred_at", "played_seconds")
"""Columns of interactions in files of every kind; the last two may be left out of a CSV file."""

LONGEST_PLAY_SECONDS = 86_400.0

MOST_AHEAD = timedelta(days=1)
"""Clocks of players are wrong, but not by more than a time zone."""

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


class InteractionKind(StrEnum):
    """What a listener did; a skip is a play that was stopped early."""

    PLAY = "play"
    SKIP = "skip"
    LIKE = "like"
    DISLIKE = "dislike"


@dataclass(frozen=True, slots=True)
class Interaction:
    """One listener, one track, one moment.

    Attributes
    ----------
    occurred_at
        With a time zone, to the millisecond.
    played_seconds
        Of a play: how long, in [0, 86 400]; 0 is not known.
    """

    user_id: str
    track_id: str
    kind: InteractionKind
    occurred_at: datetime
    played_seconds: float = 0.0


class EntryId(NamedTuple):
    """Place of a recorded interaction in the order of recording: no two have the same."""

    milliseconds: int
    sequence: int

    @classmethod
    def of(cls, text: str) -> EntryId:
        """Read ``<milliseconds>-<sequence>``. Raises ``ValueError`` when it is something else."""
        milliseconds, _, sequence = text.partition("-")
        return cls(int(milliseconds), int(sequence))

    def __str__(self) -> str:
        return f"{self.milliseconds}-{self.sequence}"


class RecordedInteraction(NamedTuple):
    """An interaction, and its place in the order of recording."""

    entry_id: EntryId
    interaction: Interaction


class RecentPlay(NamedTuple):
    """What a listener heard, or liked, lately."""

    track_id: str
    when: datetime
    kind: InteractionKind


@dataclass(frozen=True, slots=True)
class Forgetting:
    """Listeners who are being forgotten, each with the last entry that nobody may see any more.

    Attributes
    ----------
    stream
        Id of the stream that the entries belong to. Those of other streams are older than it.
    """

    stream: str
    listeners: Mapping[str, EntryId]

    def hides(self, user_id: str, entry_id: EntryId, stream: str) -> bool:
        """Whether an entry belongs to what is being forgotten."""
        last = self.listeners.get(user_id)
        return last is not None and (stream != self.stream or entry_id <= last)


NOBODY = Forgetting("", {})


def checked_interaction(interaction: Interaction, field: str = "", *, now: datetime) -> Interaction:
    """Return an interaction as it may be recorded: its moment in UTC and whole milliseconds.

    Raises
    ------
    InvalidArgument
        When an id is missing, too long or no plain text, or a number or the moment is out of range;
        it names the part in ``field``, which is empty for a row of a file.
    """
    within = f"{field}." if field else ""
    if not interaction.user_id:
        raise InvalidArgument(f"{within}user_id", "must not be empty")
    checked_text(interaction.user_id, "user_id", f"{within}user_id")
    checked_track_id(interaction.track_id, f"{within}track_id")
    seconds = interaction.played_seconds
    if not 0 <= seconds <= LONGEST_PLAY_SECONDS:
        raise InvalidArgument(
            f"{within}played_seconds", f"{seconds:g} lies outside [0, {LONGEST_PLAY_SECONDS:g}]"
        )
    if seconds and interaction.kind not in (InteractionKind.PLAY, InteractionKind.SKIP):
        raise InvalidArgument(f"{within}played_seconds", "only plays and skips last")
    moment = interaction.occurred_at.astimezone(UTC)
    if not EARLIEST <= moment <= now + MOST_AHEAD:
        raise InvalidArgument(
            f"{within}occurred_at", "lies before 1970, or more than a day ahead of this clock"
        )
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    return replace(interaction, occurred_at=moment)


def milliseconds_of(moment: datetime) -> int:
    """A point in time in milliseconds since 1970."""
    return (moment - EARLIEST) // timedelta(milliseconds=1)


def moment_of(milliseconds: int) -> datetime:
    """The point in time, in UTC, so many milliseconds after 1970."""
    return EARLIEST + timedelta(milliseconds=milliseconds)
