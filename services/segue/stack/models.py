"""The models beside the chosen one: loaded when all else is ready, so that they cost no waiting."""

from __future__ import annotations

import asyncio
import logging
import urllib.request
from collections.abc import Awaitable, Callable, Iterable

log = logging.getLogger(__name__)

LOAD_SECONDS = 60.0
_PAUSE_SECONDS = 0.2


async def load_models(
    models_url: str, names: Iterable[str], *, after: Iterable[Callable[[], Awaitable[bool]]] = ()
) -> None:
    """Have Triton load these models, one after the other.

    One that cannot be loaded is logged and left out: it must not end a stack that works without it.

    Parameters
    ----------
    models_url
        ``http://host:port/v2/repository/models`` of a Triton in explicit control mode.
    after
        Asks that must be answered by true first.
    """
    for ready in after:
        while not await ready():  # noqa: ASYNC110  # other processes set no event
            await asyncio.sleep(_PAUSE_SECONDS)
    for name in names:
        try:
            await asyncio.to_thread(_load, f"{models_url}/{name}/load")
        except OSError as exc:
            log.warning("model %s is not served: %s (Triton's log has the reason)", name, exc)


def _load(url: str) -> None:
    request = urllib.request.Request(url, data=b"{}", method="POST")  # noqa: S310
    urllib.request.urlopen(request, timeout=LOAD_SECONDS).close()  # noqa: S310
