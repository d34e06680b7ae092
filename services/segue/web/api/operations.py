"""``api/v1/operations``: how every part is and how fast it goes, in one answer.

The owner sees more of it than others: which machines there are, and what they do, is nobody else's
business.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from segue.settings import WebSettings
from segue.v1 import status_service_pb2
from segue.web.api.json_writing import NOT_KEPT, as_json
from segue.web.api.requests import check_query
from segue.web.backend import Backend
from segue.web.callers import GUEST, OWNER, caller_of
from segue.web.figures import Figures

STATUS_SECONDS = 5.0
FRESH_SECONDS = 2.0
"""An answer is given again for so long: many who look ask no more than one."""


class Operations:
    """What is known of all parts; it is kept for a moment."""

    def __init__(self, settings: WebSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._figures = Figures(settings.metrics_pages, clock)
        self._clock = clock
        self._locks = {True: asyncio.Lock(), False: asyncio.Lock()}
        self._told: dict[bool, tuple[float, dict[str, Any]]] = {}

    async def fresh(self, backend: Backend, *, of_owner: bool) -> dict[str, Any]:
        """Status and figures, at most ``FRESH_SECONDS`` old. Raises as :meth:`Backend.call`.

        Parameters
        ----------
        of_owner
            As the owner sees them; everybody else sees no figures.
        """
        async with self._locks[of_owner]:
            read_at, told = self._told.get(of_owner, (-math.inf, {}))
            if self._clock() - read_at > FRESH_SECONDS:
                status, figures = await asyncio.gather(
                    backend.call(
                        "StatusService",
                        "GetStatus",
                        status_service_pb2.GetStatusRequest(),
                        OWNER if of_owner else GUEST,
                        timeout_seconds=STATUS_SECONDS,
                    ),
                    self._figures.read() if of_owner else _nothing(),
                )
                told = {"status": as_json(status), "figures": figures}
                self._told[of_owner] = (self._clock(), told)
            return told


async def show(request: Request) -> Response:
    """Say how every part is."""
    check_query(request, ())
    state = request.app.state
    operations: Operations = state.operations
    told = await operations.fresh(state.backend, of_owner=caller_of(request).is_owner)
    return JSONResponse(told, headers=NOT_KEPT)


async def _nothing() -> None:
    return None
