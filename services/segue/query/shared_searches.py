"""Searches that are under way at the same time, and share requests to the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, cast

from segue.errors import SegueError, Unavailable
from segue.index.port import TrackIndex
from segue.index.queries import IndexQuery
from segue.tracks import Neighbour, Vector

LONGEST_WAIT_SECONDS = 0.002
"""How long a search waits for the others that have something to do besides."""

if TYPE_CHECKING:
    _Waiting = tuple[Sequence[IndexQuery], asyncio.Future[list[list[Neighbour]]]]


class SharedSearches:
    """An index for a number of tasks, which asks for what several of them want in one request.

    What they search for, and which vectors of seeds they read, is collected until all of them wait,
    or for ``LONGEST_WAIT_SECONDS``. All else goes to the index as it comes.
    """

    def __init__(self, index: TrackIndex, tasks: int) -> None:
        self._index = index
        self._tasks = tasks
        self._searches: list[_Waiting] = []
        self._reads: list[tuple[Collection[str], asyncio.Future[dict[str, Vector]]]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._asking: set[asyncio.Task[None]] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._index, name)

    @property
    def as_index(self) -> TrackIndex:
        """Itself, as the index that it stands for."""
        return cast(TrackIndex, self)

    def one_is_done(self) -> None:
        """One task less that may still want something."""
        self._tasks -= 1
        self._ask_when_all_wait()

    async def search_many(self, queries: Sequence[IndexQuery]) -> list[list[Neighbour]]:
        future: asyncio.Future[list[list[Neighbour]]] = asyncio.get_running_loop().create_future()
        self._searches.append((queries, future))
        self._ask_when_all_wait()
        return await future

    async def vectors(self, track_ids: Collection[str]) -> dict[str, Vector]:
        future: asyncio.Future[dict[str, Vector]] = asyncio.get_running_loop().create_future()
        self._reads.append((track_ids, future))
        self._ask_when_all_wait()
        found = await future
        return {name: found[name] for name in track_ids if name in found}

    def _ask_when_all_wait(self) -> None:
        waiting = len(self._searches) + len(self._reads)
        if not waiting:
            return
        if waiting >= self._tasks:
            self._ask()
        elif self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(LONGEST_WAIT_SECONDS, self._ask)

    def _ask(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        searches, self._searches = self._searches, []
        reads, self._reads = self._reads, []
        for asked in (
            self._search(searches) if searches else None,
            self._read(reads) if reads else None,
        ):
            if asked is not None:
                task = asyncio.create_task(asked)
                self._asking.add(task)
                task.add_done_callback(self._asking.discard)

    async def _search(self, waiting: Sequence[_Waiting]) -> None:
        try:
            found = await self._index.search_many(
                [one for queries, _ in waiting for one in queries]
            )
        except SegueError as error:
            if len(waiting) == 1 or isinstance(error, Unavailable):
                _fail([future for _, future in waiting], error)
                return
            # One of them is at fault; each learns of its own.
            for one in waiting:
                await self._search([one])
            return
        except Exception as error:
            _fail([future for _, future in waiting], error)
            return
        start = 0
        for queries, future in waiting:
            if not future.done():
                future.set_result(found[start : start + len(queries)])
            start += len(queries)

    async def _read(
        self, waiting: Sequence[tuple[Collection[str], asyncio.Future[dict[str, Vector]]]]
    ) -> None:
        try:
            found = await self._index.vectors(
                sorted({name for names, _ in waiting for name in names})
            )
        except Exception as error:
            _fail([future for _, future in waiting], error)
            return
        for _, future in waiting:
            if not future.done():
                future.set_result(found)


def _fail(futures: Sequence[asyncio.Future[Any]], error: Exception) -> None:
    for future in futures:
        if not future.done():
            future.set_exception(error)
