"""How a stack is: its query service and the parts behind it. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from segue.errors import SegueError


class ServiceState(Enum):
    """State of one service."""

    SERVING = "serving"
    DOWN = "down"
    UNKNOWN = "unknown"
    NOT_CONFIGURED = "not_configured"


@dataclass(frozen=True, slots=True)
class ServiceCondition:
    """State of one service, and why it is not well: reason, sentence and next step."""

    state: ServiceState
    reason: str = ""
    message: str = ""
    next_step: str = ""

    @classmethod
    def of(cls, state: ServiceState, error: SegueError) -> ServiceCondition:
        """What an error says of a service."""
        return cls(state, error.reason, str(error), error.next_step)

    @property
    def well(self) -> bool:
        """Whether nothing is amiss."""
        return self.state in (ServiceState.SERVING, ServiceState.NOT_CONFIGURED)


@dataclass(frozen=True, slots=True)
class LiveWorker:
    """An ingest worker that lives, and how long ago it was last heard.

    Attributes
    ----------
    host, pid
        Empty and 0 where that is not told.
    """

    host: str
    pid: int
    concurrency: int
    version: str
    silence_seconds: float


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """What the query service says of itself and of what it works with. None: not known now.

    Attributes
    ----------
    conditions
        By name: ``index``, ``inference``, ``queue``, ``workers``, ``collaborative_source``.
    space
        Embedding space of the index; empty until it was opened once.
    model, model_version, device
        As the inference server last said; empty and 0 until it has once.
    unindexed
        Song vectors that no graph covers yet.
    queued
        Tracks that wait.
    oldest_age_seconds
        Age of the oldest unfinished track; 0 when all are finished.
    workers
        Those that live, most recently heard first.
    """

    version: str
    conditions: Mapping[str, ServiceCondition]
    space: str = ""
    tracks: int | None = None
    passages: int | None = None
    unindexed: int | None = None
    model: str = ""
    model_version: int = 0
    device: str = ""
    queued: int | None = None
    oldest_age_seconds: float | None = None
    dead_letters: int | None = None
    workers: Sequence[LiveWorker] = field(default_factory=list)

    @property
    def healthy(self) -> bool:
        """Whether every service is well."""
        return all(condition.well for condition in self.conditions.values())

    @property
    def is_searched_exactly(self) -> bool:
        """Whether no graph covers anything: a search compares all song vectors.

        So it stays for a catalogue that is too small for a graph.
        """
        return bool(self.tracks) and (self.unindexed or 0) >= (self.tracks or 0)
