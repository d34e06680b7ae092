"""``api/v1/operations``: how every part is and how fast it goes, in one answer."""

from __future__ import annotations

import asyncio
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
from segue.web.callers import GUEST, caller_of
from segue.web.figures import Figures

STATUS_SECONDS = 5.0
FRESH_SECONDS = 2.0
"""An answer is given again for so long: many who look ask no more than one."""


class Operations:
    """What is known of all parts; it is kept for a moment."""

    def __init__(self, settings: WebSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._figures = Figures(settings.metrics_pages, clock)
        self._clock = clock
        self._lock = asyncio.Lock()
        self._read_at = float("-inf")
        self._told: dict[str, Any] = {}

    async def fresh(self, backend: Backend) -> dict[str, Any]:
        """Status and figures, at most ``FRESH_SECONDS`` old. Raises as :meth:`Backend.call`."""
        async with self._lock:
            if self._clock() - self._read_at > FRESH_SECONDS:
                status, figures = await asyncio.gather(
                    # A guest's view of it, which is everybody's.
                    backend.call(
                        "StatusService",
                        "GetStatus",
                        status_service_pb2.GetStatusRequest(),
                        GUEST,
                        timeout_seconds=STATUS_SECONDS,
                    ),
                    self._figures.read(),
                )
                self._told = {"status": as_json(status), "figures": figures}
                self._read_at = self._clock()
            return self._told


async def show(request: Request) -> Response:
    """Say how every part is."""
    check_query(request, ())
    state = request.app.state
    operations: Operations = state.operations
    told = await operations.fresh(state.backend)
    if not caller_of(request).is_owner:
        # Which machines there are, and what they do, is nobody else's business.
        told = {**told, "figures": None}
    return JSONResponse(told, headers=NOT_KEPT)
