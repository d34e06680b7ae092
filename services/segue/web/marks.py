"""Words that several processes note once, each as an empty file, and forget after some time."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from segue.durable import sync
from segue.web.media.disk_cache import WebFolderFull

_SWEEP_EVERY = 64


def closed_folder(folder: Path) -> None:
    """Make a folder that is its user's alone, unless it is there.

    Raises
    ------
    WebFolderFull
        When it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as exc:
        raise WebFolderFull(f"{folder} cannot be made: {exc.strerror}") from exc


class Marks:
    """A set of words in a folder.

    Parameters
    ----------
    seconds
        After which a word is forgotten; it is kept for at most twice as long.

    Raises
    ------
    WebFolderFull
        When the folder cannot be made.
    """

    def __init__(self, folder: Path, seconds: float, clock: Callable[[], float]) -> None:
        self._folder = folder
        self._seconds = seconds
        self._clock = clock
        self._made = 0
        closed_folder(folder)

    def has(self, word: str) -> bool:
        """Whether a word is noted."""
        return (self._folder / word).exists()

    def make(self, word: str) -> bool:
        """Note a word; False when it was noted before.

        Raises
        ------
        WebFolderFull
            When it cannot be noted.
        """
        if self._made % _SWEEP_EVERY == 0:
            self._sweep()
        self._made += 1
        try:
            descriptor = os.open(self._folder / word, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            os.close(descriptor)
            sync(self._folder)
        except FileExistsError:
            return False
        except OSError as exc:
            raise WebFolderFull(f"{self._folder} cannot be written: {exc.strerror}") from exc
        return True

    def _sweep(self) -> None:
        oldest = self._clock() - 2 * self._seconds
        for path in self._folder.iterdir():
            with contextlib.suppress(FileNotFoundError):  # another process forgot it
                if path.stat().st_mtime < oldest:
                    path.unlink()
