"""Gives the tracks that earlier versions stored the words that they are found by."""

from __future__ import annotations

import asyncio
import logging

from segue import telemetry
from segue.errors import SegueError
from segue.query.backends import Backends

log = logging.getLogger(__name__)

BATCH_TRACKS = 16
"""Tracks whose words are made at once, while whoever writes waits: about 10 ms."""

PAUSE_SECONDS = 0.1
"""Between two batches, so that graphs are built as fast as tracks fall out of them: the embedded
engine takes what is written out of the graph. 100,000 tracks take a quarter of an hour."""

PAUSE_WHEN_DONE_SECONDS = 600.0
"""Until the next look: a worker of an earlier version may have stored more on a Qdrant server."""

PAUSE_AFTER_FAILURE_SECONDS = 10.0


class WordKeeper:
    """Fills in missing words of the live indexes until it is cancelled."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends
        self._after: dict[str, str | None] = {}
        self._filled = 0

    async def keep(self) -> None:
        """Look for tracks without words, for ever."""
        while True:
            pause = PAUSE_AFTER_FAILURE_SECONDS
            try:
                pause = await self._step()
            except SegueError as error:
                telemetry.WORDS_WAITING.set(1)  # nobody knows that there are none
                log.warning("words that tracks are found by are made later: %s", error)
            except Exception:
                telemetry.WORDS_WAITING.set(1)
                log.exception("words that tracks are found by could not be made")
            await asyncio.sleep(pause)

    async def _step(self) -> float:
        """Fill in one batch; how long to wait before the next."""
        opened = self._backends.opened
        if not opened:
            return PAUSE_SECONDS
        # One catalogue after the other, so that no more is written at a time than with one.
        for catalogue, index in opened.items():
            after = self._after.get(catalogue)
            if catalogue in self._after and after is None:
                continue  # looked through in this round
            filled, self._after[catalogue] = await index.fill_words(limit=BATCH_TRACKS, after=after)
            self._filled += filled
            telemetry.WORDS_FILLED_TOTAL.inc(filled)
            waiting = any(self._after.get(name, "") is not None for name in opened)
            telemetry.WORDS_WAITING.set(waiting)
            if waiting:
                return PAUSE_SECONDS
        self._after.clear()
        if self._filled:
            log.info("%d tracks of an earlier version can be found by words now", self._filled)
            self._filled = 0
        return PAUSE_WHEN_DONE_SECONDS
