"""Answers to a listening test, in a file that is appended to by several processes."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

from segue.durable import private_file, sync
from segue.errors import SegueError


class ListeningAnswersUnusable(SegueError):
    """The answers to the listening test cannot be read or written, or the file is damaged."""

    reason = "LISTENING_ANSWERS_UNUSABLE"
    next_step = (
        "Make room on the disk, or let the user of the page's process write its folder. A file "
        "that is named as damaged: bring it back from a backup, or begin anew with "
        "segue listening remove"
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rater said of one candidate, or that they passed a trial over.

    Attributes
    ----------
    rater
        A pseudonym.
    candidate
        Id of a track; empty: the trial was passed over.
    rating
        From 1 to 10; 0: the trial was passed over.
    at
        Seconds since 1970.
    """

    trial: str
    rater: str
    candidate: str
    rating: int
    at: float


Said: TypeAlias = Mapping[str, Answer]
"""What a rater said last in a trial, by candidate; where they passed it over, by an empty one."""


class AnswerFile:
    """``answers.jsonl``: a line for each answer, in the order in which they came; mode 0600.

    One thread at a time may use it.

    What is said later of the same holds. A line that a loss of power cut off counts as not said. On
    a network file system its lock wants NFS 4.

    Parameters
    ----------
    most_replaced
        Lines that do not hold any more and may stay; beyond, the file is written anew without them.
    """

    def __init__(self, folder: Path, most_replaced: int = 10_000) -> None:
        self._folder = folder
        self._path = folder / "answers.jsonl"
        self._most_replaced = most_replaced
        self._lines = 0
        self._mark = b""
        self._read_bytes = 0
        self._said: dict[tuple[str, str], dict[str, Answer]] = {}

    def every(self) -> Mapping[tuple[str, str], Said]:
        """What holds, by rater and trial.

        Reads what came since the last call only.

        Raises
        ------
        ListeningAnswersUnusable
            When the file cannot be read, or is damaged.
        """
        try:
            with self._path.open("rb") as file:
                mark = file.readline()
                if mark != self._mark or not mark.endswith(b"\n"):
                    self._forget_all()
                    self._mark = mark
                    self._read_bytes = len(mark) if mark.endswith(b"\n") else 0
                file.seek(self._read_bytes)
                new = file.read() if self._read_bytes else b""
        except FileNotFoundError:
            self._forget_all()
            return self._said
        except OSError as exc:
            raise self._unusable(f"cannot be read: {exc.strerror}") from exc
        whole = new[: new.rfind(b"\n") + 1]
        for line in whole.splitlines():
            self._hold(self._parsed(line))
        self._read_bytes += len(whole)
        return self._said

    def add(self, answers: Iterable[Answer]) -> None:
        """Write answers, unless they hold already; they are on the disk when this returns.

        Raises
        ------
        ListeningAnswersUnusable
            When they cannot be written.
        """
        answers = list(answers)
        with self._locked():
            first = answers[0]
            held = self.every().get((first.rater, first.trial), {})
            if _same(held, answers):
                return
            text = "".join(f"{json.dumps(asdict(one))}\n" for one in answers)
            try:
                self._append(text.encode())
            except OSError as exc:
                raise self._unusable(f"cannot be written: {exc.strerror}") from exc
            held_now = [one for said in self.every().values() for one in said.values()]
            if self._lines - len(held_now) > self._most_replaced:
                self._replace(held_now)

    def forget(self, rater: str) -> int:
        """Remove all that a rater said, and give how many trials that was of.

        Raises
        ------
        ListeningAnswersUnusable
            When the file cannot be read or written.
        """
        with self._locked():
            every = self.every()
            gone = [key for key in every if key[0] == rater]
            if gone:
                kept = [
                    one for key, said in every.items() if key[0] != rater for one in said.values()
                ]
                self._replace(kept)
            return len(gone)

    def remove(self) -> None:
        """Remove all answers. Raises ``ListeningAnswersUnusable`` when that fails."""
        with self._locked():
            try:
                self._path.unlink(missing_ok=True)
                sync(self._folder)
            except OSError as exc:
                raise self._unusable(f"cannot be removed: {exc.strerror}") from exc

    def _hold(self, answer: Answer) -> None:
        said = self._said.setdefault((answer.rater, answer.trial), {})
        if not answer.candidate or "" in said:
            said.clear()  # passed over after it was rated, or rated after it was passed over
        said[answer.candidate] = answer
        self._lines += 1

    def _forget_all(self) -> None:
        self._said, self._mark, self._read_bytes, self._lines = {}, b"", 0, 0

    def _append(self, content: bytes) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
        descriptor = os.open(self._path, flags, 0o600)
        with os.fdopen(descriptor, "r+b", buffering=0) as file:
            # The end of a line that was never whole goes, or it would spoil the next one.
            os.ftruncate(file.fileno(), self._read_bytes)
            begins = self._read_bytes == 0
            view = memoryview(_new_mark() + content if begins else content)
            while view:
                view = view[os.write(file.fileno(), view) :]
            os.fsync(file.fileno())
        if begins:
            sync(self._folder)

    def _replace(self, answers: Iterable[Answer]) -> None:
        try:
            with private_file(self._path) as file:
                file.write(_new_mark())
                file.writelines(
                    f"{json.dumps(asdict(one))}\n".encode()
                    for one in sorted(answers, key=lambda one: one.at)
                )
        except OSError as exc:
            raise self._unusable(f"cannot be written: {exc.strerror}") from exc

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            lock = os.open(self._folder / "answers.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as exc:
            raise self._unusable(f"cannot be written: {exc.strerror}") from exc
        with contextlib.closing(os.fdopen(lock, "rb")):
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _parsed(self, line: bytes) -> Answer:
        try:
            fields: dict[str, Any] = json.loads(line)
            return Answer(**fields)
        except (ValueError, TypeError) as exc:
            raise self._unusable("is damaged") from exc

    def _unusable(self, complaint: str) -> ListeningAnswersUnusable:
        return ListeningAnswersUnusable(f"{self._path} {complaint}")


def _new_mark() -> bytes:
    """First line of a file: another one when the file is written anew.

    Inodes do not tell that, as a new file may get the one of a file that is gone.
    """
    return f"{json.dumps({'file': secrets.token_hex(8)})}\n".encode()


def _same(held: Said, answers: list[Answer]) -> bool:
    return {one.candidate: one.rating for one in held.values()} == {
        one.candidate: one.rating for one in answers
    }
