"""Counts every request, and answers what nobody expected to fail."""

from __future__ import annotations

import logging
import time
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from segue import telemetry
from segue.web.problems import problem
from segue.web.refusals import InternalError

log = logging.getLogger(__name__)

LASTING = ("/audio", "/events", "/uploads", "/clips", "/rest")
"""Routes whose answers last as long as a client listens: their time says nothing."""


class Boundary:
    """Middleware around all that may refuse or fail."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = Sent(send)
        began = time.perf_counter()
        telemetry.WEB_IN_FLIGHT.inc()
        try:
            await self._app(scope, receive, sent)
        except ClientDisconnect:
            log.info("a client went away")
        except Exception:
            log.exception("a request of the page failed")
            if sent.status:  # the rest of the answer is missing: the connection is closed
                return
            await problem(InternalError("something failed"))(scope, receive, sent)
        finally:
            telemetry.WEB_IN_FLIGHT.dec()
            count(scope, sent, time.perf_counter() - began)


class Sent:
    """Passes an answer on, and notes its status and size."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0
        self.size = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        self.size += len(message.get("body", b""))
        await self._send(message)


def count(scope: Scope, sent: Sent, seconds: float) -> None:
    """Count an answer under its route, so that no client makes labels up."""
    route = route_of(scope)
    caller = scope.get("state", {}).get("caller")
    who = caller.role.value if caller is not None else "nobody"
    telemetry.WEB_TOTAL.labels(route, str(sent.status or 499), who).inc()
    telemetry.WEB_BYTES.labels(route).inc(sent.size)
    if not any(part in route for part in LASTING):
        telemetry.WEB_SECONDS.labels(route).observe(seconds)


def route_of(scope: Scope) -> str:
    """The route that answered, as it is written; ``none`` where no route did."""
    route: Any = scope.get("route")
    return getattr(route, "path", "none")
