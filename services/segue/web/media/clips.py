"""Clips that callers sent to search by: kept for an hour, for the caller that sent them.

Each has a folder with its audio and what is known of it, so that all replicas which share the
page's folder know it too.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from segue.audio.decoding import CLIP_LIMITS
from segue.errors import NotFound, Overloaded
from segue.web.callers import OWNER, Role, WebCaller
from segue.web.media.audio_file import AudioFile
from segue.web.media.disk_cache import WebFolderFull

KEPT_SECONDS = 3_600.0

MOST_OF_ONE_CALLER = 16
"""Clips of one caller; the oldest gives way to the next one."""

_SHARE_OF_OTHERS = 0.75

_PARTIAL = ".partial-"
_ID = re.compile(r"[A-Za-z0-9_-]{22}\Z")
_AUDIO, _ABOUT = "audio", "about.json"


class ClipNotFound(NotFound):
    """There is no such clip, or not any more, or it is somebody else's."""

    reason = "CLIP_NOT_FOUND"
    next_step = "Send the clip again: clips are kept for an hour."


class ClipsFull(Overloaded):
    """There is no room for more clips until some are forgotten."""

    reason = "CLIPS_FULL"
    next_step = "Try again in some minutes, or raise SEGUE_WEB_CLIPS_MB."


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip that is kept.

    Attributes
    ----------
    whose
        Who may have it; see :func:`whose`.
    counted_for
        Who has no room for others because of it: of a guest, the address.
    duration_seconds
        What of it decodes.
    kept_at
        Seconds since 1970.
    """

    clip_id: str
    whose: str
    counted_for: str
    file_name: str
    media_type: str
    duration_seconds: float
    size_bytes: int
    content_sha256: str
    kept_at: float
    path: Path

    @property
    def file(self) -> AudioFile:
        """Its audio."""
        return clip_file(self.path, self.content_sha256)


Inspect = Callable[[Path, str], Awaitable[tuple[float, str]]]
"""Given a clip's file and its hash, tells how long it lasts and its media type."""


def clip_file(path: Path, sha256: str) -> AudioFile:
    """The audio of a clip that lies somewhere and has a hash."""
    return AudioFile(sha256[:32], path, limits=CLIP_LIMITS, of_caller=True)


def whose(caller: WebCaller) -> str:
    """Whose what a caller sends is. Guests are not told apart: they know the ids of theirs."""
    return f"{caller.role.value}:{caller.account_id}"


class Clips:
    """Clips in a folder.

    Parameters
    ----------
    most_bytes
        Of all of them; all others leave a quarter of it to the owner.
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes

    async def add(
        self,
        caller: WebCaller,
        file_name: str,
        pieces: AsyncIterator[bytes],
        inspect: Inspect,
    ) -> Clip:
        """Keep what a caller sends.

        Raises
        ------
        ClipsFull, WebFolderFull
            When there is no room, or the folder cannot be written.
        SegueError
            As ``pieces`` and ``inspect``: nothing is kept then.
        """
        clip_id = secrets.token_urlsafe(16)
        partial = self._folder / f"{_PARTIAL}{clip_id}"
        counted_for = f"guest {caller.machine}" if caller.role is Role.GUEST else whose(caller)
        try:
            await asyncio.to_thread(self._make_room, counted_for)
            await asyncio.to_thread(partial.mkdir, 0o700, parents=True)
            size, sha256 = await _written(partial / _AUDIO, pieces)
            duration_seconds, media_type = await inspect(partial / _AUDIO, sha256)
            about = {
                "clip_id": clip_id,
                "whose": whose(caller),
                "counted_for": counted_for,
                "file_name": file_name,
                "media_type": media_type,
                "duration_seconds": duration_seconds,
                "size_bytes": size,
                "content_sha256": sha256,
                "kept_at": time.time(),
            }
            await asyncio.to_thread((partial / _ABOUT).write_text, json.dumps(about))
            await asyncio.to_thread(partial.rename, self._folder / clip_id)
        except OSError as exc:
            raise WebFolderFull(f"{self._folder} cannot be written: {exc.strerror}") from exc
        finally:
            await asyncio.to_thread(shutil.rmtree, partial, ignore_errors=True)
        return await self.find(clip_id, caller)

    async def find(self, clip_id: str, caller: WebCaller) -> Clip:
        """A clip of a caller's. Raises ``ClipNotFound``."""
        clip = None
        if _ID.match(clip_id):
            clip = await asyncio.to_thread(_read, self._folder / clip_id)
        if clip is None or clip.whose != whose(caller):
            raise ClipNotFound("there is no such clip, or not any more")
        return clip

    async def remove(self, clip_id: str, caller: WebCaller) -> None:
        """Forget a clip of a caller's. Raises ``ClipNotFound``."""
        clip = await self.find(clip_id, caller)
        await asyncio.to_thread(shutil.rmtree, clip.path.parent, ignore_errors=True)

    def sweep(self) -> list[Clip]:
        """Forget what is too old; give the rest."""
        self._folder.mkdir(0o700, parents=True, exist_ok=True)
        kept: list[Clip] = []
        for folder in self._folder.iterdir():
            clip = _read(folder)
            if clip is not None:
                kept.append(clip)
            elif _is_abandoned(folder):
                shutil.rmtree(folder, ignore_errors=True)
        return kept

    def _make_room(self, counted_for: str) -> None:
        """Forget what is too old, and the oldest of a caller who has many.

        Raises ``ClipsFull`` where that is not enough.
        """
        kept = self.sweep()
        own = sorted(
            (one for one in kept if one.counted_for == counted_for), key=lambda one: one.kept_at
        )
        for clip in own[: max(0, len(own) - MOST_OF_ONE_CALLER + 1)]:
            shutil.rmtree(clip.path.parent, ignore_errors=True)
            kept.remove(clip)
        most = self._most_bytes * (1 if counted_for == whose(OWNER) else _SHARE_OF_OTHERS)
        if sum(one.size_bytes for one in kept) >= most:
            raise ClipsFull("there is no room for more clips", retry_after_seconds=60.0)


async def _written(path: Path, pieces: AsyncIterator[bytes]) -> tuple[int, str]:
    """Write what comes to a file; how many bytes it has, and their SHA-256."""
    digest, size = hashlib.sha256(), 0
    file: Any = await asyncio.to_thread(path.open, "wb")
    with file:
        async for piece in pieces:
            digest.update(piece)
            size += len(piece)
            await asyncio.to_thread(file.write, piece)
    return size, digest.hexdigest()


def _read(folder: Path) -> Clip | None:
    """The clip in a folder; None where there is none, or not any more."""
    try:
        about = json.loads((folder / _ABOUT).read_text())
    except (OSError, ValueError):
        return None
    if folder.name != about["clip_id"] or time.time() - about["kept_at"] > KEPT_SECONDS:
        return None
    return Clip(**about, path=folder / _AUDIO)


def _is_abandoned(folder: Path) -> bool:
    """Whether nobody is writing it any more."""
    try:
        age_seconds = time.time() - folder.stat().st_mtime
    except OSError:
        return False
    return not folder.name.startswith(_PARTIAL) or age_seconds > KEPT_SECONDS


def about_clip(clip: Clip) -> dict[str, object]:
    """What its sender is told of a clip."""
    told = asdict(clip)
    return {name: told[name] for name in ("clip_id", "duration_seconds", "file_name", "media_type")}
