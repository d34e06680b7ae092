"""Waiting for what another process, or another task, brings about in its own time."""

from __future__ import annotations

import asyncio
import inspect
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any, TypeVar

PATIENCE_SECONDS = 120.0
"""Of a busy machine; who waits in vain says so before pytest ends the test."""

T = TypeVar("T")
NotYet = type[Exception] | tuple[type[Exception], ...]


def until(
    ask: Callable[..., T],
    *of: object,
    seconds: float = PATIENCE_SECONDS,
    every: float = 0.05,
    not_yet: NotYet = (),
) -> T:
    """The first answer of ``ask(*of)`` that counts as true, asked ``every`` so many seconds.

    Errors of ``not_yet`` count as no answer, others end the wait. Raises AssertionError with what
    came last when ``seconds`` have passed.
    """
    deadline = time.monotonic() + seconds
    while True:
        last: object
        try:
            if answer := ask(*of):
                return answer
            last = answer
        except not_yet as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(_waited(seconds, last))
        time.sleep(every)


async def until_async(
    ask: Callable[..., Any],
    *of: object,
    seconds: float = PATIENCE_SECONDS,
    every: float = 0.05,
    not_yet: NotYet = (),
) -> Any:
    """``until`` within an event loop, whose other tasks go on meanwhile; ``ask`` may be awaited."""
    last: object = None
    try:
        async with asyncio.timeout(seconds) as limit:
            while True:
                try:
                    answer = ask(*of)
                    if inspect.isawaitable(answer):
                        answer = await answer
                    if answer:
                        return answer
                    last = answer
                except not_yet as error:
                    last = error
                await asyncio.sleep(every)
    except TimeoutError:
        if not limit.expired():
            raise
        raise AssertionError(_waited(seconds, last)) from None


def answers(url: str) -> bool:
    """Whether an address answers a GET with no error. Raises OSError where nothing listens."""
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except urllib.error.HTTPError as refused:
        refused.close()  # it holds the connection
        return False


def _waited(seconds: float, last: object) -> str:
    return f"after {seconds:g} s still {last!r}"
