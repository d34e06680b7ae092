"""How items, jobs and dead letters are written down in Redis."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from redis.exceptions import OutOfMemoryError, RedisError

from segue.callers import Caller
from segue.catalogues import DEFAULT_CATALOGUE
from segue.errors import QueueFull, QueueUnavailable
from segue.ingest_jobs import (
    DeadLetter,
    IngestItem,
    ItemState,
    ItemStatus,
    JobProgress,
    QueueState,
)
from segue.tracks import METADATA_FIELDS, TrackMetadata

TASK_QUEUE = "segue.ingest"
"""Celery queue into which producers send ``segue.ingest_track``."""

HINT_QUEUE = "segue.hints"
"""Celery queue of the hints that recorded items are due."""

_PRIORITIES = ("", "\x06\x163", "\x06\x166", "\x06\x169")
"""What kombu adds to the name of a queue for messages of each priority."""


def key_prefix(catalogue: str) -> str:
    """What the keys begin with under which something is kept for a catalogue of its own."""
    return f"segue:catalogue:{catalogue}:" if catalogue else "segue:"


@contextmanager
def redis_answers() -> Iterator[None]:
    """Translate Redis's errors.

    Raises
    ------
    QueueFull
        When it refuses to store anything, having no memory left.
    QueueUnavailable
        When Redis does not answer, or refuses for another reason.
    """
    try:
        yield
    except OutOfMemoryError as exc:
        raise QueueFull("the queue's memory is full") from exc
    except (RedisError, OSError) as exc:
        raise QueueUnavailable(f"the queue does not answer: {exc}") from exc


def new_job_id() -> str:
    """A job id that nobody can guess."""
    return uuid.uuid4().hex


def item_to_json(item: IngestItem) -> str:
    """Write an item down; what is not given is left out."""
    record: dict[str, Any] = {
        "track_id": item.track_id,
        "uri": item.uri,
        "force": item.force,
        "caller": item.caller.value,
        "asker": item.asker,
        "expected_new": item.expected_new,
        "file_name": item.file_name,
        "replace_given": item.replace_given,
        "catalogue": item.catalogue,
    }
    given = {name: value for name, value in record.items() if value} | item.metadata.given()
    return json.dumps(given, ensure_ascii=False, separators=(",", ":"))


def item_from_json(text: str) -> IngestItem:
    """Read what :func:`item_to_json` wrote."""
    record = json.loads(text)
    metadata: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in record.items()
        if name in METADATA_FIELDS
    }
    return IngestItem(
        track_id=record.get("track_id", ""),
        uri=record.get("uri", ""),
        metadata=TrackMetadata(**metadata),
        force=record.get("force", False),
        # Items of earlier versions name none: everybody was the owner then.
        caller=Caller(record.get("caller", Caller.OWNER.value)),
        asker=record.get("asker", ""),
        expected_new=record.get("expected_new", False),
        file_name=record.get("file_name", ""),
        replace_given=record.get("replace_given", False),
        catalogue=record.get("catalogue", DEFAULT_CATALOGUE),
    )


def statuses_from_json(text: str) -> list[ItemStatus]:
    """Where some tracks of a job stand, as the scripts ITEMS and CHANGES write it."""
    return [
        ItemStatus(
            track_id=item.get("track_id", ""),
            uri=item.get("uri", ""),
            state=ItemState(state["state"]),
            reason=state["reason"],
            message=state["message"],
            attempts=int(state["attempts"]),
            caller=Caller(item.get("caller", Caller.OWNER.value)),
        )
        for item, state in json.loads(text)
    ]


def progress_from_hash(job_id: str, record: Mapping[str, str]) -> JobProgress:
    """Counts of a job."""
    finished = record.get("finished")
    return JobProgress(
        job_id=job_id,
        created_at=_time(record["created"]),
        finished_at=_time(finished) if finished else None,
        counts={state: int(record.get(state.value, 0)) for state in ItemState},
        catalogue=record.get("catalogue", DEFAULT_CATALOGUE),
    )


def dead_letter_from_json(dead_letter_id: str, text: str) -> DeadLetter:
    """Read a dead letter."""
    letter = json.loads(text)
    return DeadLetter(
        dead_letter_id=dead_letter_id,
        job_id=letter["job_id"],
        item=item_from_json(letter["item"]),
        reason=letter["reason"],
        message=letter["message"],
        next_step=letter["next_step"],
        attempts=int(letter["attempts"]),
        died_at=_time(letter["died"]),
        # Those of earlier versions were not counted.
        occurrences=int(letter.get("occurrences", 1)),
    )


def queue_state_from(answers: Sequence[Any]) -> QueueState:
    """Read the answers of :func:`ask_queue_state`."""
    waiting, running, oldest, dead, (seconds, microseconds), held, *unrecorded = answers
    now_ms = seconds * 1000 + microseconds / 1000
    age = (now_ms - oldest[0][1]) / 1000 if oldest else 0.0
    # Workers also hold messages that their producers want to be run later.
    later = max(held - running, 0)
    return QueueState(
        depth=waiting + later + sum(unrecorded),
        oldest_age_seconds=max(age, 0.0),
        dead_letters=dead,
    )


def ask_queue_state(pipeline: Any) -> None:
    """Put the questions on a Redis pipeline, of the blocking client or of the async one."""
    pipeline.zcard("segue:waiting")
    pipeline.zcard("segue:leases")
    pipeline.zrange("segue:unfinished", 0, 0, withscores=True)
    pipeline.hlen("segue:dead:letters")
    pipeline.time()
    pipeline.hlen("unacked")
    for priority in _PRIORITIES:
        pipeline.llen(f"{TASK_QUEUE}{priority}")


def _time(milliseconds: str) -> datetime:
    return datetime.fromtimestamp(int(milliseconds) / 1000, tz=UTC)
