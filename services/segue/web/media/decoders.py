"""Decoding for the page: in processes of their own, few at a time, in bounded memory and time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from segue.audio.decoder_pool import DecoderPool
from segue.errors import AudioError, Overloaded
from segue.memory_bound import memory_bound
from segue.turns import FairSlots, current_line
from segue.web.callers import OWNERS_LINE

SIZE, MOST_WAITING, SECONDS = 2, 64, 180.0
"""Of audio; see :class:`Decoders`."""

MEMORY_BYTES = 512 * 1024 * 1024
"""Most memory that one may take."""

Made = TypeVar("Made")


class Decoders:
    """A pool of decoder processes, which start when they are needed.

    Callers take turns by their lines (:func:`segue.turns.set_line`).

    Parameters
    ----------
    size
        Files that are decoded at the same time.
    seconds
        Most time that one may take.
    most_waiting
        Files that may wait for that, of the owner and of all others each; one machine has half.
    """

    def __init__(
        self, size: int = SIZE, *, seconds: float = SECONDS, most_waiting: int = MOST_WAITING
    ) -> None:
        self._pool = DecoderPool(size)
        self._places = FairSlots(size)
        self._seconds = seconds
        self._most_waiting = most_waiting
        self._waiting: Counter[Hashable] = Counter()

    async def run(self, work: Callable[..., Made], *arguments: Any, **named: Any) -> Made:
        """What ``work`` makes of a file in one of the processes.

        Raises
        ------
        Overloaded
            When too many wait already.
        SegueError
            As ``work``, and as ``DecoderProcess.results``.
        """
        line = current_line()[0]
        if not self._may_wait(line):
            raise Overloaded("too many files wait to be decoded", reason="TOO_MANY_DECODINGS")
        self._waiting[line] += 1
        try:
            async with self._places.place():
                return await asyncio.wrap_future(
                    self._pool.submit(
                        _bounded, work, arguments, named, timeout_seconds=self._seconds
                    )
                )
        finally:
            self._waiting[line] -= 1
            if not self._waiting[line]:
                del self._waiting[line]

    async def close(self) -> None:
        """End the processes."""
        await asyncio.to_thread(self._pool.close)

    def _may_wait(self, line: Hashable) -> bool:
        owners = self._waiting[OWNERS_LINE]
        if line == OWNERS_LINE:
            return owners < self._most_waiting
        others = self._waiting.total() - owners
        most = self._most_waiting
        return others < most and self._waiting[line] < most // 2


def _bounded(work: Callable[..., Made], arguments: tuple[Any, ...], named: dict[str, Any]) -> Made:
    try:
        with memory_bound(MEMORY_BYTES):
            return work(*arguments, **named)
    except MemoryError as exc:
        raise AudioError("decoding takes too much memory", "AUDIO_DECODER_CRASHED") from exc
