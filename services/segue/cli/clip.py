"""Audio of this machine to search by."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from segue.audio.excerpt import excerpt
from segue.errors import InvalidRequest
from segue.limits import LARGEST_CLIP_BYTES, LARGEST_REQUEST_BYTES
from segue.permissions import unreadable
from segue.v1.similarity_service_pb2 import ClipSeed

_LARGEST_BESIDE_OTHERS = LARGEST_REQUEST_BYTES - 512 * 1024
"""Of all clips together, where they are not the only seed: the rest is for the other seeds."""


class ClipTooLarge(InvalidRequest):
    """Passages that are too large to send."""

    reason = "AUDIO_TOO_LARGE"
    next_step = "Choose a shorter passage with --start and --length."


def read_clips(
    paths: Sequence[Path],
    start_seconds: float = 0.0,
    length_seconds: float = 0.0,
    *,
    alone: bool = True,
) -> list[ClipSeed]:
    """Files as they are, or the passage alone of each where they are too large to send.

    Parameters
    ----------
    start_seconds, length_seconds
        The passage of each; length 0 means to the end.
    alone
        Whether the search has one seed: one clip may be larger than several together.

    Raises
    ------
    SourceNotFound, SourceNotReadable, SourceUnavailable
        When a file cannot be read.
    AudioError
        When a passage has to be cut out of one and cannot be.
    ClipTooLarge
        When the passages are too large too.
    """
    largest = LARGEST_CLIP_BYTES if alone else _LARGEST_BESIDE_OTHERS
    if sum(map(_size, paths)) <= largest:
        return [
            ClipSeed(
                audio=_content(path), start_seconds=start_seconds, length_seconds=length_seconds
            )
            for path in paths
        ]
    clips = []
    for path in paths:
        cut = excerpt(path, start_seconds=start_seconds, length_seconds=length_seconds)
        clips.append(ClipSeed(audio=cut))
        sent = sum(len(clip.audio) for clip in clips)
        if sent > largest:
            others = f" and of {len(clips) - 1} before it" if len(clips) > 1 else ""
            raise ClipTooLarge(
                f"the passage of {path}{others} has {sent:,} bytes, over {largest:,}"
            )
    return clips


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as exc:
        raise unreadable(path, exc, by_command=True) from exc


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise unreadable(path, exc, by_command=True) from exc
