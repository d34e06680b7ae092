"""Making the map: how far it is, and what kept it from being made. No I/O."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from segue.catalogues import DEFAULT_CATALOGUE

LEASE_SECONDS = 20
"""Who makes the map and is not heard for so long has lost it."""


@dataclass(frozen=True, slots=True)
class MapTask:
    """A map that is to be made.

    Attributes
    ----------
    task_id
        Another one whenever somebody asks again.
    anew
        Whether all is to be laid out anew.
    attempt
        Number of this attempt, from 1.
    catalogue
        Whose map it is.
    """

    task_id: str
    anew: bool
    attempt: int
    catalogue: str = DEFAULT_CATALOGUE


@dataclass(frozen=True, slots=True)
class MapProgress:
    """How far the map is.

    Attributes
    ----------
    stage
        ``read``, ``lay out`` or ``publish``.
    share
        Of the stage, in [0, 1].
    """

    stage: str
    share: float

    def to_json(self) -> str:
        """Write it down."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str | bytes) -> MapProgress:
        """Read it back. Raises ``ValueError`` or ``TypeError`` when it is something else."""
        said: dict[str, Any] = json.loads(text)
        return cls(**said)


@dataclass(frozen=True, slots=True)
class MapWork:
    """What is done about the map.

    Attributes
    ----------
    wanted
        Whether one is to be made.
    running
        Whether somebody makes one now.
    progress
        How far that one is; None where nothing was heard yet.
    attempts
        So far.
    reason, message, next_step
        Why the last attempt failed; empty where none did.
    """

    wanted: bool = False
    running: bool = False
    progress: MapProgress | None = None
    attempts: int = 0
    reason: str = ""
    message: str = ""
    next_step: str = ""
