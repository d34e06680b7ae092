"""Middleware that finds out who sent a request."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from segue.owner_token import METADATA_KEY, shows_token
from segue.web.callers import GUEST, OWNER


class Identify:
    """Puts a :class:`~segue.web.callers.WebCaller` into the state of every request."""

    def __init__(self, app: ASGIApp, owner_token: str) -> None:
        self._app = app
        self._owner_token = owner_token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            shown = [(METADATA_KEY, text) for text in Headers(scope=scope).getlist(METADATA_KEY)]
            known = shows_token(shown, self._owner_token)
            scope.setdefault("state", {})["caller"] = OWNER if known else GUEST
        await self._app(scope, receive, send)
