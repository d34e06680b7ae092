"""What a run of ``segue ingest`` has submitted: kept until it ends, for one that is killed before.

One file for each service and command line. Lines are added to it, and the last one may be torn. All
of it can be lost: what is submitted again is skipped by the worker, or embedded again.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from segue.errors import Unavailable
from segue.ingest_jobs import IngestItem
from segue.library.places import path_of
from segue.wire.jobs import item_to_message

KEPT_SECONDS = 24 * 3600.0
"""A run that was cut off longer ago is over: what it submitted may have been deleted since."""


class IngestIsRunning(Unavailable):
    """The same command is being run already."""

    reason = "INGEST_RUNNING"
    next_step = "Wait for it to end, or end it: the next run goes on where it was."


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the stack made of an item."""

    job_id: str
    track_id: str


class IngestJournal:
    """What one run has submitted, and what it was about to; a context manager that locks it.

    Where the folder cannot be written, nothing is noted.

    Parameters
    ----------
    service
        Name of the service: an address, or a data folder.
    command
        All that the command was given that decides what is submitted.
    resume
        Go on with a run that was cut off; else forget it.

    Raises
    ------
    IngestIsRunning
        On entering, when another process holds it.
    """

    def __init__(
        self, folder: Path, service: str, command: Sequence[str], *, resume: bool = True
    ) -> None:
        key = hashlib.sha256("\0".join([service, *command]).encode("utf-8", "surrogateescape"))
        self._path = folder / f"{key.hexdigest()[:32]}.jsonl"
        self._resume = resume
        self._file: IO[str] | None = None
        self._run = uuid.uuid4()
        self._accepted: dict[str, Accepted] = {}
        self._on_its_way: list[str] = []
        self._digests: dict[int, str] = {}

    def __enter__(self) -> IngestJournal:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = self._path.open("a+", encoding="utf-8", errors="replace")
        except OSError:
            return self
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            self._file.close()
            raise IngestIsRunning("the same ingest is running already") from exc
        except OSError:  # a file system without locks
            self._file.close()
            self._file = None
            return self
        written = os.fstat(self._file.fileno()).st_mtime
        if self._resume and time.time() - written < KEPT_SECONDS:
            self._file.seek(0)
            for line in self._file:
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    self._read(json.loads(line))
        else:
            self._file.truncate(0)
        # On a line of its own, whatever the last one is.
        self._write({"run": str(self._run)}, before="\n")
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            if not (self._accepted or self._on_its_way):
                self.end()
            self._file.close()

    def accepted(self, items: Sequence[IngestItem]) -> Mapping[int, Accepted]:
        """Those of the items that the stack has accepted as they are now, by place."""
        found = (
            (place, self._accepted.get(self._digest(item))) for place, item in enumerate(items)
        )
        return {place: one for place, one in found if one is not None}

    def on_its_way(self, items: Sequence[IngestItem]) -> list[int]:
        """Places of the items whose submission has no answer; none when one of them has changed."""
        if not self._on_its_way:
            return []
        places = {self._digest(item): place for place, item in enumerate(items)}
        found = [places[digest] for digest in self._on_its_way if digest in places]
        return found if len(found) == len(self._on_its_way) else []

    def forget(self, job_ids: Sequence[str]) -> None:
        """Submit again what is in these jobs, also what is not known to be."""
        if not job_ids:
            return
        self._accepted = {
            digest: one for digest, one in self._accepted.items() if one.job_id not in job_ids
        }
        # Under the ids of before, the stack would answer with these jobs again.
        self._run, self._on_its_way = uuid.uuid4(), []
        self._write({"run": str(self._run)})

    def submitting(self, items: Sequence[IngestItem]) -> str:
        """Note that items are being submitted.

        Returns
        -------
        str
            The id of their request: that of a run that was cut off, for the same items.
        """
        self._on_its_way = list(map(self._digest, items))
        self._write({"sent": self._on_its_way})
        return str(uuid.uuid5(self._run, "\n".join(self._on_its_way)))

    def submitted(self, items: Sequence[IngestItem], accepted: Sequence[Accepted]) -> None:
        """Note that items were accepted, one by one in their order."""
        digests = list(map(self._digest, items))
        self._accepted.update(zip(digests, accepted, strict=True))
        self._on_its_way = []
        rows = [
            [digest, one.job_id, one.track_id]
            for digest, one in zip(digests, accepted, strict=True)
        ]
        self._write({"accepted": rows})

    def end(self) -> None:
        """Forget the run: it has come to its end."""
        if self._file is not None:
            self._path.unlink(missing_ok=True)

    def _digest(self, item: IngestItem) -> str:
        """An item with its file, both as they were when the run began."""
        digest = self._digests.get(id(item))
        if digest is None:
            message = item_to_message(item).SerializeToString(deterministic=True)
            name = path_of(item.uri)
            with contextlib.suppress(OSError):
                if name is not None:
                    about = os.stat(name)  # noqa: PTH116  # one of a hundred thousand
                    message += f"\0{about.st_size} {about.st_mtime_ns}".encode()
            digest = hashlib.blake2b(message, digest_size=16).hexdigest()
            self._digests[id(item)] = digest
        return digest

    def _read(self, line: Any) -> None:
        if "run" in line:
            self._run = uuid.UUID(line["run"])
        elif "sent" in line:
            self._on_its_way = [str(digest) for digest in line["sent"]]
        else:
            for digest, job_id, track_id in line["accepted"]:
                self._accepted[digest] = Accepted(job_id, track_id)
            self._on_its_way = []

    def _write(self, line: Mapping[str, Any], before: str = "") -> None:
        if self._file is None:
            return
        try:
            self._file.write(f"{before}{json.dumps(line)}\n")
            # It outlives the process. What a machine loses that crashes is submitted again.
            self._file.flush()
        except OSError:
            self._file.close()
            self._file = None


def parted(items: Sequence[IngestItem], first: Sequence[int]) -> Iterator[Sequence[IngestItem]]:
    """The items at some places, and then all others."""
    chosen = set(first)
    if first:
        yield [items[place] for place in first]
    yield [item for place, item in enumerate(items) if place not in chosen]
