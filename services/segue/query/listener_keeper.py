"""Writing down what listeners did, and forgetting a listener: one replica of the service at a time.

An entry leaves Redis only when a file on the disk holds it. The files are named by the entries in
them, so whoever goes on after a kill knows what is written already. A listener who is being
forgotten stands in Redis until nothing is left, so forgetting goes on after a kill, too.

Nothing that is logged here names a listener, or repeats what a library says of a value.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from segue import telemetry
from segue.catalogues import DEFAULT_CATALOGUE
from segue.deadlines import remaining_seconds
from segue.errors import DeadlineExceeded, FactorsUnavailable, QueueUnavailable, SegueError
from segue.exchange import require_pyarrow
from segue.exchange.folder_lock import FolderLock
from segue.interactions import EntryId, InteractionKind, RecordedInteraction
from segue.jobs.listener_store import ListenerStore, Waiting
from segue.settings import ListenerSettings
from segue.turns import next_turn

if TYPE_CHECKING:
    from segue.exchange.interaction_files import InteractionFolder

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
OLD_SECONDS = 60.0
"""Interactions are written down when they have waited this long, or when many wait."""

MANY = 10_000

LOG_SECONDS = 60.0
"""Redis's log is written anew at most this often, however many are forgotten."""

WRITTEN_AT_ONCE = 20_000
"""Entries that go into a file at a time: some 20 MB of memory."""

_READ_AT_ONCE = 100
"""Entries that are read at a time: others wait for the event loop while they are."""

_LOCK_PAUSE_SECONDS = 0.05
_LOCK_PATIENCE_SECONDS = 60.0

T = TypeVar("T")


class PublishedFactors(Protocol):
    """Factors of listeners that searches are served from."""

    async def forget(self, user_id: str) -> bool:
        """Remove those of a listener; whether there were any.

        Raises
        ------
        SegueError
            When they cannot be removed now.
        """
        ...


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was removed of a listener.

    Attributes
    ----------
    interactions
        Recorded ones, of Redis and of the files.
    factors
        Whether there were factors.
    """

    interactions: int
    factors: bool


class ListenerKeeper:
    """Keeps what is recorded of a catalogue's listeners small in Redis, and whole on the disk.

    Parameters
    ----------
    factors
        Where the factors of listeners are served from; None: nowhere.
    catalogue
        Whose listeners they are.
    """

    def __init__(
        self,
        store: ListenerStore,
        settings: ListenerSettings,
        factors: PublishedFactors | None = None,
        catalogue: str = DEFAULT_CATALOGUE,
    ) -> None:
        self.store = store
        self._catalogue = catalogue
        self._folder = settings.folder_of(catalogue)
        self._most_waiting = settings.most_waiting_interactions
        self._factors = factors
        self._complaint = ""
        self._next_log = 0.0

    async def keep(self) -> None:
        """Write down, go on forgetting, and show the metrics, again and again until cancelled."""
        telemetry.INTERACTIONS_WAITING_LIMIT.labels(self._catalogue).set(self._most_waiting)
        for kind in InteractionKind:
            telemetry.INTERACTIONS_TOTAL.labels(kind.value)  # 0 is shown before the first one
        while True:
            try:
                await self.look()
            except SegueError as error:
                self._complain(str(error))
            except Exception as error:
                self._complain(type(error).__name__)
            else:
                self._complain("")
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Do what is due.

        Raises
        ------
        SegueError
            As :meth:`compact` and :meth:`forget`.
        """
        try:
            waiting = await self.store.waiting()
        except QueueUnavailable:
            self._show(math.nan, math.nan)
            return  # the queue's own metrics say so
        self._show(waiting.count, waiting.age_seconds)
        failures = []
        for step in (self._write_what_is_due, self._go_on_forgetting, self._renew_log):
            try:
                await step(waiting)
            except SegueError as error:  # one must not keep another from being done
                failures.append(error)
        if failures:
            raise failures[0]

    async def compact(self) -> int:
        """Write everything that waits into files; how many were written.

        Nothing is written while another replica writes, or where no folder is set.

        Raises
        ------
        QueueUnavailable, ListenersFolderUnusable
            When Redis or the folder fails: what is not written stays in Redis.
        DependencyMissing
            Without pyarrow.
        """
        return 0 if self._folder is None else await self._try_to_compact(self._folder) or 0

    async def forget(self, user_id: str) -> Forgotten:
        """Remove every trace of a listener that was there when this began.

        When it fails, the listener is hidden all the same, and :meth:`keep` goes on.

        Raises
        ------
        QueueUnavailable, ListenersFolderUnusable, DependencyMissing
            As :meth:`compact`.
        DeadlineExceeded
            When another replica writes for too long.
        FactorsUnavailable
            When the factors cannot be removed now.
        """
        return await self._finish_forgetting(user_id, await self.store.begin_forgetting(user_id))

    async def close(self) -> None:
        """Let go of connections."""
        await self.store.close()

    async def _write_what_is_due(self, waiting: Waiting) -> None:
        many = waiting.count >= min(MANY, self._most_waiting / 2)
        if self._folder is None or not (many or waiting.age_seconds >= OLD_SECONDS):
            return
        await self.compact()
        after = await self.store.waiting()
        self._show(after.count, after.age_seconds)

    async def _go_on_forgetting(self, _: Waiting) -> None:
        for user_id, last in (await self.store.forgetting()).listeners.items():
            await self._finish_forgetting(user_id, last)

    async def _renew_log(self, _: Waiting) -> None:
        now = asyncio.get_running_loop().time()
        if now < self._next_log or not await self.store.log_is_old():
            return
        # Removed entries are only marked as such in the stream, until all around them are gone.
        if self._folder is None or await self._try_to_compact(self._folder) is not None:
            self._next_log = now + LOG_SECONDS
            await self.store.rewrite_log()

    async def _try_to_compact(self, folder: Path) -> int | None:
        """Write all that waits, until nothing does; how much, or None while another one does it."""
        files = await _files_in(folder)
        async with _held(folder, wait=False) as held:
            return await self._compact(files) if held else None

    async def _compact(self, files: InteractionFolder) -> int:
        stream = await self.store.stream()
        if not stream:
            return 0
        await _on_a_thread(files.tidy)
        done = await _on_a_thread(partial(files.written_up_to, stream))
        if done is not None:  # a kill came between writing and removing
            await self.store.remove_up_to(done)
        total = 0
        while entries := await self._some_entries():
            # Asked after the entries were read: who is forgotten from now on is removed from the
            # files, for which forgetting waits.
            hidden = await self.store.forgetting()
            written = await _on_a_thread(partial(files.append, stream, entries, hidden))
            await self.store.remove_up_to(entries[-1].entry_id)
            telemetry.INTERACTIONS_WRITTEN_TOTAL.inc(written)
            total += written
        return total

    async def _some_entries(self) -> list[RecordedInteraction]:
        entries: list[RecordedInteraction] = []
        while len(entries) < WRITTEN_AT_ONCE:
            after = entries[-1].entry_id if entries else None
            piece = await self.store.entries(limit=_READ_AT_ONCE, after=after)
            if not piece:
                break
            entries += piece
            await next_turn()
        return entries

    async def _finish_forgetting(self, user_id: str, last: EntryId) -> Forgotten:
        removed = await self.store.forget_entries(user_id, last)
        if self._folder is not None:
            removed += await self._forget_in_files(self._folder, user_id, last)
        factors = await self._forget_factors(user_id)
        await self.store.end_forgetting(user_id, last)
        return Forgotten(removed, factors)

    async def _forget_factors(self, user_id: str) -> bool:
        if self._factors is None:
            return False
        try:
            return await self._factors.forget(user_id)
        except SegueError as exc:
            raise FactorsUnavailable(
                f"a listener's factors cannot be removed now: {exc.reason}", next_step=exc.next_step
            ) from exc

    async def _forget_in_files(self, folder: Path, user_id: str, last: EntryId) -> int:
        # Whoever writes now may have read entries before they were hidden: wait for the lock even
        # where there are no files yet.
        async with _held(folder, wait=True):
            if not await _on_a_thread(lambda: any(folder.glob("*.parquet"))):
                return 0
            files = await _files_in(folder)
            stream = await self.store.stream()
            return await _on_a_thread(partial(files.forget, user_id, last, stream))

    def _complain(self, complaint: str) -> None:
        if complaint and complaint != self._complaint:
            log.warning("what listeners did is not written to files, or forgotten: %s", complaint)
        elif self._complaint and not complaint:
            log.info("what listeners did is written to files again")
        self._complaint = complaint

    def _show(self, count: float, age_seconds: float) -> None:
        telemetry.INTERACTIONS_WAITING.labels(self._catalogue).set(count)
        telemetry.INTERACTIONS_AGE_SECONDS.labels(self._catalogue).set(age_seconds)


async def _files_in(folder: Path) -> InteractionFolder:
    """The files of a folder; without pyarrow, ``DependencyMissing`` is raised."""
    require_pyarrow()

    def opened() -> InteractionFolder:
        # Only where there is something to write: pyarrow takes 80 MB of memory.
        from segue.exchange.interaction_files import InteractionFolder

        return InteractionFolder(folder)

    return await _on_a_thread(opened)


@asynccontextmanager
async def _held(folder: Path, *, wait: bool) -> AsyncIterator[bool]:
    """Hold the folder's lock for the length of a block; whether it is held."""
    lock = FolderLock(folder)
    loop = asyncio.get_running_loop()
    ends = loop.time() + min(remaining_seconds(_LOCK_PATIENCE_SECONDS), _LOCK_PATIENCE_SECONDS)
    try:
        while not (held := await _on_a_thread(lock.take)) and wait:
            if loop.time() > ends:
                raise DeadlineExceeded(
                    "another process writes to the folder of what listeners did for too long"
                )
            await asyncio.sleep(_LOCK_PAUSE_SECONDS)
        yield held
    finally:
        lock.release()


async def _on_a_thread(work: Callable[[], T]) -> T:
    """Do blocking work on a thread, to its end even when the caller goes: it works under a lock."""
    working = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        await working
        raise
