"""Which ingest workers live: each says so again and again, and who falls silent is gone.

Times are Redis's own, so the clocks of workers and query services need not agree. A worker says so
from the loop that also keeps its leases: one that hangs falls silent, one that is busy does not.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

BEAT_SECONDS = 3.0
"""How often a worker says that it lives."""

SILENCE_SECONDS = 15.0
"""A worker that is silent for this long is gone; as long as a lease, which ends with it."""

FORGET_SECONDS = 3_600.0
"""How long it is remembered when a worker that is gone was last heard."""


@dataclass(frozen=True, slots=True)
class WorkerCard:
    """What a worker says of itself.

    Attributes
    ----------
    host
        Name of its host; in a container, the container's id.
    concurrency
        Tracks that it takes at a time.
    version
        Version of Segue that it runs.
    """

    host: str
    pid: int
    concurrency: int
    version: str


@dataclass(frozen=True, slots=True)
class HeardWorker:
    """A worker that was heard within ``FORGET_SECONDS``, and how long ago."""

    card: WorkerCard
    silence_seconds: float

    @property
    def alive(self) -> bool:
        """Whether it lives."""
        return self.silence_seconds < SILENCE_SECONDS


def card_to_json(card: WorkerCard) -> str:
    """Write down what a worker says of itself."""
    return json.dumps(asdict(card))


def workers_from(answer: Sequence[str]) -> list[HeardWorker]:
    """Read (silence in ms, card) pairs, most recently heard first."""
    return [
        HeardWorker(_card_from_json(card), max(0.0, float(silence) / 1000))
        for silence, card in zip(answer[0::2], answer[1::2], strict=True)
    ]


def _card_from_json(text: str) -> WorkerCard:
    record = json.loads(text)
    # By name: a worker of a later version may say more of itself.
    return WorkerCard(record["host"], record["pid"], record["concurrency"], record["version"])
