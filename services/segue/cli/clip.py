"""Audio of this machine to search by."""

from __future__ import annotations

from pathlib import Path

from segue.audio.excerpt import excerpt
from segue.errors import InvalidRequest
from segue.limits import LARGEST_CLIP_BYTES
from segue.permissions import unreadable
from segue.v1.similarity_service_pb2 import ClipSeed


class ClipTooLarge(InvalidRequest):
    """A passage that is too large to send."""

    reason = "AUDIO_TOO_LARGE"
    next_step = "Choose a shorter passage with --start and --length."


def read_clip(path: Path, start_seconds: float = 0.0, length_seconds: float = 0.0) -> ClipSeed:
    """The file as it is, or its passage alone where the file is too large to send.

    Parameters
    ----------
    length_seconds
        0: to the end.

    Raises
    ------
    SourceNotFound, SourceNotReadable, SourceUnavailable
        When the file cannot be read.
    AudioError
        When a passage has to be cut out of it and cannot be.
    ClipTooLarge
        When the passage is too large too.
    """
    try:
        if path.stat().st_size <= LARGEST_CLIP_BYTES:
            return ClipSeed(
                audio=path.read_bytes(), start_seconds=start_seconds, length_seconds=length_seconds
            )
    except OSError as exc:
        raise unreadable(path, exc, by_command=True) from exc
    cut = excerpt(path, start_seconds=start_seconds, length_seconds=length_seconds)
    if len(cut) > LARGEST_CLIP_BYTES:
        raise ClipTooLarge(f"the passage of {path} has {len(cut)} bytes, over {LARGEST_CLIP_BYTES}")
    return ClipSeed(audio=cut)
