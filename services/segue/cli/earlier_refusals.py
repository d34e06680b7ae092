"""Which files a service refused for good before, and have not changed since."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from segue.cli.client import SegueClient
from segue.cli.pages import pages
from segue.cli.sync_notes import SyncNotes
from segue.errors import AUDIO_REASONS
from segue.file_times import is_settled
from segue.library.left_out import Problem
from segue.library.places import place_of
from segue.library.walk import AudioFile
from segue.media_fragments import divided
from segue.v1 import catalog_service_pb2


class EarlierRefusals:
    """Refusals of audio that an earlier sync noted, and those that rest among the dead letters.

    The letters know also what another command had sent, and what a sync did whose notes are lost.
    A reason that is not the audio's own (a place that cannot be read) may pass without a change of
    the file, and is none of these.

    Parameters
    ----------
    client
        Asked for dead letters; None: they are not to be had, or were written by another clock than
        that of the files.
    """

    def __init__(self, notes: SyncNotes, client: SegueClient | None) -> None:
        self._notes = notes
        self._client = client

    def of(self, files: Sequence[AudioFile]) -> dict[str, Problem]:
        """Those of some files, by path."""
        refusals: dict[str, str] = {}
        unknown: dict[str, AudioFile] = {}
        for file in files:
            known = self._notes.earlier(file.path)
            if known is None or known.file != file:
                unknown[file.path] = file
            elif known.refusal:
                refusals[file.path] = known.refusal
        refusals |= self._in_letters(unknown)
        return {path: _problem(path, refusal) for path, refusal in refusals.items()}

    def _in_letters(self, files: dict[str, AudioFile]) -> dict[str, str]:
        if not files or self._client is None:
            return {}
        found: dict[str, str] = {}
        request = catalog_service_pb2.ListDeadLettersRequest()
        for answer in pages(self._client, "ListDeadLetters", request):
            for letter in answer.dead_letters:
                path = place_of(letter.item.uri) or ""
                # Newest first: an older letter says less.
                if path not in files or path in found or letter.reason not in AUDIO_REASONS:
                    continue
                if _unchanged_since(path, letter.died_at.ToNanoseconds()):
                    found[path] = f"{letter.reason}: {letter.message}"
        return found


def _unchanged_since(place: str, died_ns: int) -> bool:
    """Whether a file has not changed since a time.

    By the time of change of its inode: unlike that of its content, nobody sets it, and a file that
    was moved here with an old time has a new one.
    """
    try:
        changed_ns = Path(divided(place)[0]).stat().st_ctime_ns
    except OSError:
        return False
    return is_settled(changed_ns, died_ns)


def _problem(path: str, refusal: str) -> Problem:
    reason, _, message = refusal.partition(": ")
    return Problem(
        path, reason, message, f"{AUDIO_REASONS.get(reason, '')} To send it again: --retry.".strip()
    )
