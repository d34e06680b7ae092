"""Following folders: a look whenever something changes there, and one now and then all the same."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType

from watchfiles import watch

from segue.cli.sync_result import report
from segue.cli.synchroniser import Synchroniser
from segue.command import describe, sentence
from segue.errors import SegueError
from segue.output import say, say_json

QUIET_MS = 2_000
"""A look begins when nothing has changed for so long: files are copied in pieces."""

LONGEST_BURST_MS = 60_000
"""... or when changes have gone on for so long."""

REST = 4.0
"""Rest after a look, in times of what it took: a disk that never rests costs a fifth of a core."""

_LOOK_SECONDS = 0.2


def follow_folders(
    synchroniser: Synchroniser, folders: Sequence[Path], *, rescan_seconds: float, as_json: bool
) -> None:
    """Bring the catalogue up to date again and again, until SIGTERM or Ctrl-C.

    Parameters
    ----------
    rescan_seconds
        Longest time between two looks: changes on network shares and behind links are not told.
    """
    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        del number, frame
        if stop.is_set():
            raise SystemExit(1)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    while not stop.is_set():
        # Watched from before the look on, and anew for each: a disk may have been mounted since.
        with _watched(folders) as changed:
            began = time.monotonic()
            _look(synchroniser, as_json=as_json)
            ended = time.monotonic()
            stop.wait(min(REST * (ended - began), rescan_seconds))
            while not (stop.is_set() or changed.is_set()):
                if time.monotonic() - ended >= rescan_seconds:
                    break
                stop.wait(_LOOK_SECONDS)


def _look(synchroniser: Synchroniser, *, as_json: bool) -> None:
    try:
        report(synchroniser.run(), as_json=as_json)
    except SegueError as exc:
        # What stops one look may be over at the next.
        if as_json:
            say_json({"error": describe(exc)})
        else:
            say(sentence(exc), err=True)


@contextlib.contextmanager
def _watched(folders: Sequence[Path]) -> Iterator[threading.Event]:
    """An event that is set once something has changed in the folders and they are quiet again."""
    changed, done = threading.Event(), threading.Event()

    def wait() -> None:
        there = [folder for folder in folders if folder.is_dir()]
        if not there:
            return
        try:
            for _ in watch(
                *there,
                watch_filter=None,
                debounce=LONGEST_BURST_MS,
                step=QUIET_MS,
                stop_event=done,
                raise_interrupt=False,
                ignore_permission_denied=True,
            ):
                changed.set()
                return
        except (OSError, RuntimeError) as exc:
            # More folders than the system watches, or one that went away.
            say(f"segue: changes are not told ({exc}); looking again later all the same", err=True)

    watcher = threading.Thread(target=wait, daemon=True)
    watcher.start()
    try:
        yield changed
    finally:
        done.set()
        watcher.join()
