"""A block that is left with an error of ours when it lasts too long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from segue.errors import SegueError


class TimeLimit:
    """Calls a function when a block lasts too long; a ``SegueError`` that it raises ends the block.

    Unlike with ``asyncio.timeout``, the function may find that all is well, and the block goes on.
    When it gives a number, it is called once more after as many seconds.
    """

    def __init__(self, seconds: float, function: Callable[[], float | None]) -> None:
        self._seconds = seconds
        self._function = function
        self._task: asyncio.Task[object] | None = None
        self._error: SegueError | None = None

    def __enter__(self) -> None:
        self._task = asyncio.current_task()
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._ring)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._timer.cancel()
        ours = self._error is not None and kind is asyncio.CancelledError
        if ours and self._task is not None and self._task.uncancel() == 0:
            raise self._error from None  # type: ignore[misc]  # it is not None

    def _ring(self) -> None:
        try:
            more = self._function()
            if more is not None:
                self._timer = asyncio.get_running_loop().call_later(more, self._ring)
        except SegueError as error:
            self._error = error
            if self._task is not None:
                self._task.cancel()
