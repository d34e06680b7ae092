"""What is heard in a listening test: queries, and what each system answers them with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from segue.catalogues import DEFAULT_CATALOGUE
from segue.errors import SegueError

VERSION = 1
LEAST_RATING, MOST_RATING = 1, 10


class ListeningPlanUnusable(SegueError):
    """The plan of the listening test cannot be read or written, or is of another version."""

    reason = "LISTENING_PLAN_UNUSABLE"
    next_step = (
        "Let the user of the page's process read and write its folder. One that is named as "
        "damaged: bring it back from a backup, or begin anew: segue listening remove"
    )


@dataclass(frozen=True, slots=True)
class Candidate:
    """A track that is rated.

    Attributes
    ----------
    systems
        Names of those that answer with it; several may answer with the same.
    """

    track_id: str
    systems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """A query with its candidates.

    Attributes
    ----------
    query
        Id of a track.
    """

    trial_id: str
    query: str
    candidates: tuple[Candidate, ...]

    @property
    def tracks(self) -> tuple[str, ...]:
        """All that is heard in it, the query first."""
        return (self.query, *(one.track_id for one in self.candidates))


@dataclass(frozen=True, slots=True)
class Plan:
    """A listening test.

    Attributes
    ----------
    made_at
        Seconds since 1970.
    systems
        Names of those that are compared.
    catalogue
        Whose tracks they are; empty: the default one's.
    """

    plan_id: str
    made_at: float
    seed: int
    systems: tuple[str, ...]
    trials: tuple[Trial, ...]
    catalogue: str = DEFAULT_CATALOGUE

    def trial(self, trial_id: str) -> Trial | None:
        """The trial of this id, or None."""
        return next((one for one in self.trials if one.trial_id == trial_id), None)


def plan_to_fields(plan: Plan) -> dict[str, Any]:
    """Write a plan as plain values."""
    return {"version": VERSION, **asdict(plan)}


def plan_from_fields(fields: Mapping[str, Any]) -> Plan:
    """Read what :func:`plan_to_fields` wrote.

    Raises
    ------
    ListeningPlanUnusable
        When it is something else.
    """
    try:
        if fields["version"] != VERSION:
            raise ListeningPlanUnusable(
                "the plan of the listening test was written by another version of Segue"
            )
        return Plan(
            str(fields["plan_id"]),
            float(fields["made_at"]),
            int(fields["seed"]),
            tuple(map(str, fields["systems"])),
            tuple(_trial(one) for one in fields["trials"]),
            # Plans were of the default catalogue alone before there was this field.
            str(fields.get("catalogue", DEFAULT_CATALOGUE)),
        )
    except (KeyError, TypeError, ValueError) as exc:
        raise ListeningPlanUnusable("the plan of the listening test is damaged") from exc


def _trial(fields: Mapping[str, Any]) -> Trial:
    candidates = (
        Candidate(str(one["track_id"]), tuple(map(str, one["systems"])))
        for one in fields["candidates"]
    )
    return Trial(str(fields["trial_id"]), str(fields["query"]), tuple(candidates))
