"""Where a track's audio is now, and who may have it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from segue.callers import Call, Caller
from segue.errors import AudioGone, NotPermitted, SourceError, SourceForbidden
from segue.kept_names import kept_digest
from segue.library.places import path_of
from segue.media.kept_uploads import KeptUploads
from segue.media.local_files import open_unread
from segue.texts import cleaned, shown_uri
from segue.tracks import Track
from segue.v1 import track_pb2


class AudioElsewhere(SourceError):
    """The audio lies where the query service gives it from to nobody."""

    reason = "AUDIO_ELSEWHERE"
    next_step = "Fetch it from its source, or upload the file: uploads are kept."


@dataclass(frozen=True, slots=True)
class AudioPlace:
    """A file with a track's audio.

    Attributes
    ----------
    roots
        Folders below which it must really lie; None: anywhere.
    """

    path: Path
    roots: tuple[Path, ...] | None
    file_name: str

    def open(self) -> tuple[BinaryIO, int]:
        """The file, open at its start, and its size in bytes; raises as ``open_unread``."""
        try:
            return open_unread(self.path, roots=self.roots)
        except SourceForbidden as exc:
            raise SourceForbidden(
                "the file of the track lies outside of the folders that are read for accounts",
                next_step="The owner of the stack can hear it, and can add its folder to "
                "SEGUE_MEDIA_ROOTS of the query service.",
            ) from exc


def audio_state(source_uri: str, kept: KeptUploads | None) -> track_pb2.TrackAudio:
    """Whether the audio of a track with this source can be had again."""
    if not source_uri:
        return track_pb2.TRACK_AUDIO_UNSPECIFIED
    scheme = source_uri.partition(":")[0].lower()
    if scheme not in ("spool", "kept"):
        return track_pb2.TRACK_AUDIO_AT_SOURCE
    sha256 = kept_digest(source_uri)
    if sha256 is not None and kept is not None and kept.holds(sha256):
        return track_pb2.TRACK_AUDIO_KEPT
    return track_pb2.TRACK_AUDIO_GONE


def audio_place(
    track: Track, kept: KeptUploads | None, call: Call, media_roots: Sequence[Path]
) -> AudioPlace:
    """Where the audio of a track is read from.

    Parameters
    ----------
    media_roots
        Folders below which files must lie to be read for an account; none: they may lie anywhere.

    Raises
    ------
    AudioGone
        When it was an upload that is not kept.
    AudioElsewhere
        When it came by another way than upload or file.
    NotPermitted
        When it is a file of this machine, and the caller is not known as its owner. On a stack that
        is open to everybody, anybody may say of any track that it lies at any path.
    """
    uri = track.source_uri
    scheme = uri.partition(":")[0].lower()
    if scheme in ("spool", "kept"):
        sha256 = kept_digest(uri)
        if sha256 is None or kept is None or not kept.holds(sha256):
            raise AudioGone(f"the audio of the track {track.track_id!r} is not kept")
        path = kept.path(sha256)
        return AudioPlace(path, (path.parent.parent,), track.file_name)
    path_text = path_of(uri)
    if path_text is None:
        raise AudioElsewhere(
            f"the audio of the track {track.track_id!r} lies at {shown_uri(uri)!r}"
            if uri
            else f"the track {track.track_id!r} came without audio"
        )
    if call.caller is not Caller.OWNER:
        raise NotPermitted("reading files of this machine is for the owner of this stack only")
    # A link that somebody puts into a folder of music leads the owner's ingest anywhere.
    roots = tuple(media_roots) if call.counted_for and media_roots else None
    return AudioPlace(Path(path_text), roots, track.file_name or _name_of(path_text))


def _name_of(path: str) -> str:
    """Last name of a path as a text: callers write it to folders and terminals of theirs."""
    return cleaned(os.fsencode(Path(path).name).decode(errors="replace"))


def file_etag(file: BinaryIO) -> str:
    """What stands for the bytes of an open file: another one when they change, 32 signs."""
    status = os.fstat(file.fileno())
    # The time of change of a file's status cannot be set by anybody.
    told = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return hashlib.sha256(repr(told).encode()).hexdigest()[:32]
