"""The content of files: its hash, read only where nothing says that the file is as it was."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable

from segue.errors import Unavailable
from segue.library.left_out import Problem
from segue.library.walk import AudioFile

_PIECE_BYTES = 1024 * 1024


class FileIsChanging(Unavailable):
    """A file that is written while it is read."""

    reason = "FILE_CHANGING"
    next_step = "Nothing is lost: once it is whole, the next run takes it."


def hash_file(file: AudioFile, tell: Callable[[Problem], None]) -> str | None:
    """SHA-256 of a file, hex; None, when it cannot be read or is being written: it is told.

    Parameters
    ----------
    file
        As the walk found it: one that is another by now, or when it was read, has changed.
    """
    digest = hashlib.sha256()
    try:
        with open(file.path, "rb") as opened:
            while piece := opened.read(_PIECE_BYTES):
                digest.update(piece)
            after = AudioFile.of(file.path, os.fstat(opened.fileno()), by_link=file.by_link)
    except OSError as exc:
        tell(Problem.unreadable(file.path, exc))
        return None
    if after != file:
        tell(Problem.of(file.path, FileIsChanging("the file was written while it was read")))
        return None
    return digest.hexdigest()
