"""Audio that can be had as a file on this machine, whatever it comes from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segue.audio.decoding import AudioLimits
from segue.media_fragments import Part

Fetch = Callable[[Path], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class AudioFile:
    """Audio that can be had as a file on this machine.

    Attributes
    ----------
    etag
        Stands for the bytes.
    size_bytes
        Of the file, where it is not here yet.
    part
        The passage of it that is meant; None: all of it.
    fetch
        Writes the file to a path; or the path where it lies.
    head
        Gives the first bytes of it, enough to see what it is of most kinds; None: look at all.
    limits
        What of it is decoded.
    of_caller
        Whether a caller sent it: what is made of it is forgotten as it is.
    """

    etag: str
    fetch: Fetch | Path
    head: Callable[[], Awaitable[bytes]] | None = None
    size_bytes: int = 0
    part: Part | None = None
    limits: AudioLimits = AudioLimits()
    of_caller: bool = False

    @property
    def passage(self) -> dict[str, Any]:
        """The part as functions of :mod:`segue.audio` take it."""
        if self.part is None:
            return {}
        return {
            "start_seconds": self.part.start_seconds,
            "length_seconds": self.part.length_seconds,
        }

    @property
    def key(self) -> tuple[object, ...]:
        """What stands for the passage."""
        return (self.etag, self.part and self.part.fragment)
