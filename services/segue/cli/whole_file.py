"""A text file that appears once it is whole."""

from __future__ import annotations

import contextlib
import os
import uuid
from pathlib import Path
from types import TracebackType
from typing import TextIO

from segue.errors import InvalidRequest


class TargetExists(InvalidRequest):
    """Something stands where a file would be written."""

    reason = "TARGET_EXISTS"
    next_step = "Choose another name, or replace it: --overwrite."


class TargetNotWritable(InvalidRequest):
    """A file cannot be written there."""

    reason = "TARGET_NOT_WRITABLE"
    next_step = "Name a file in a folder that you may write to, on a disk with room."


class WholeFile:
    """Writes a file under another name beside it; a context manager.

    Leaving the block without :meth:`finish` removes what was written.

    Attributes
    ----------
    file
        To write to; UTF-8.

    Raises
    ------
    TargetExists
        When something stands there, and is not to be replaced.
    TargetNotWritable
        When it cannot be written; leaving the block raises it too, in place of the system's error.
    """

    file: TextIO

    def __init__(self, target: Path, overwrite: bool) -> None:
        if os.path.lexists(target) and not overwrite:
            raise TargetExists(f"{str(target)!r} is there already")
        if target.is_dir():
            raise TargetNotWritable(f"{str(target)!r} is a folder")
        self._target = target
        self._staged = target.with_name(f".{target.name[:100]}.{uuid.uuid4().hex[:8]}")
        try:
            self.file = self._staged.open("x", encoding="utf-8", newline="")
        except OSError as exc:
            raise self._refusal(exc) from exc

    def finish(self) -> None:
        """Let the file appear."""
        try:
            self.file.flush()
            os.fsync(self.file.fileno())
            self.file.close()
            self._staged.replace(self._target)
        except OSError as exc:
            raise self._refusal(exc) from exc

    def __enter__(self) -> WholeFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        del kind, where
        # On a full disk what was held back cannot be written now either.
        with contextlib.suppress(OSError):
            self.file.close()
        self._staged.unlink(missing_ok=True)
        if isinstance(failure, OSError):
            raise self._refusal(failure) from failure

    def _refusal(self, failure: OSError) -> TargetNotWritable:
        said = failure.strerror or failure
        return TargetNotWritable(f"{str(self._target)!r} cannot be written: {said}")
