"""What is not taken of a folder, and why: nothing is passed over in silence."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from segue.errors import SegueError, SourceError
from segue.permissions import unreadable
from segue.texts import without_secrets

PATHS_KEPT = 20
"""Of each reason, where not all are asked for."""


class Reason(Enum):
    """Why an entry of a folder is left out though nothing is wrong with it."""

    HIDDEN = "hidden"
    SYSTEM_FOLDER = "folder of the system"
    COUNTED_ALREADY = "counted already under another name"
    LINK_LOOP = "link to a folder around it"
    SHEET_UNUSED = "cue sheet that divides no file"
    PLAYLIST = "playlist, which is taken where it is named itself"
    NOT_AUDIO = "not audio"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that was named, or looked like audio, and cannot be taken.

    Attributes
    ----------
    place
        The path, or manifest and line.
    """

    place: str
    reason: str
    message: str
    next_step: str

    @classmethod
    def of(cls, place: str, error: SegueError) -> Problem:
        """What an error says of a place."""
        return cls(place, error.reason, without_secrets(str(error)), error.next_step)

    @classmethod
    def unreadable(cls, path: str, failure: OSError) -> Problem:
        """What the system says of a path."""
        return cls.of(path, unreadable(Path(path), failure, by_command=True))


class BrokenLink(SourceError):
    """A link that leads nowhere, or only to itself."""

    reason = "LINK_BROKEN"
    next_step = "Remove the link, or bring back what it leads to (a disk that is not mounted?)."


class FormatNotTaken(SourceError):
    """A file of sound of a kind that is not decoded."""

    reason = "FORMAT_NOT_TAKEN"
    next_step = "Convert it, or name the file itself to have it tried."


class NotAFile(SourceError):
    """Something that is called like audio but is a device, a socket or a pipe."""

    reason = "NOT_A_FILE"
    next_step = "Remove it, or put the audio itself there."


@dataclass(slots=True)
class LeftOut:
    """Counts what is left out by reason, and keeps the paths.

    Attributes
    ----------
    keep_all
        Keep every path; else so many of each reason that a person would read them.
    """

    keep_all: bool = False
    counts: Counter[Reason] = field(default_factory=Counter)
    _paths: dict[Reason, list[str]] = field(default_factory=dict)

    def add(self, path: str, reason: Reason) -> None:
        """Note an entry."""
        self.counts[reason] += 1
        if self.keep_all or self.counts[reason] <= PATHS_KEPT:
            self._paths.setdefault(reason, []).append(path)

    def paths(self) -> list[tuple[Reason, str]]:
        """The entries that were kept, by reason: what is rarely expected first."""
        return [(reason, path) for reason in Reason for path in self._paths.get(reason, ())]
