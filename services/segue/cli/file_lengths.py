"""How long audio files are by their own word, read where a malformed one does no harm."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from segue.errors import SegueError
from segue.library.walk import AudioFile

if TYPE_CHECKING:
    from segue.audio.decoder_process import DecoderProcess

_WAIT_SECONDS = 60.0


class FileLengths:
    """Asks files for their lengths, in a process of its own that starts with the first question.

    A context manager.
    """

    def __init__(self) -> None:
        self._process: DecoderProcess | None = None

    def __enter__(self) -> FileLengths:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.close()

    def seconds_of(self, file: AudioFile) -> float:
        """Length of a file; infinite where it is not certain: of lossy files it is a guess."""
        if self._process is None:
            try:
                # Slow to load, and seldom needed.
                from segue.audio.decoder_process import DecoderProcess
            except ModuleNotFoundError:
                return math.inf  # a client may be installed without a decoder
            self._process = DecoderProcess()
        try:
            (seconds,) = self._process.results(
                certain_seconds, Path(file.path), wait_seconds=_WAIT_SECONDS
            )
        except SegueError:
            return math.inf  # whoever decodes it will say so
        return seconds


def certain_seconds(path: Path) -> Iterator[float]:
    """Length of a file in seconds, or infinity; raises as ``probe`` does."""
    # FFmpeg is loaded where a file is looked at.
    from segue.audio.decoding import probe
    from segue.audio.formats import is_lossless

    told = probe(path)
    yield (told.duration_seconds or math.inf) if is_lossless(told.codec) else math.inf
