"""Addresses of the HTTP API, and what is said where there is none.

A track's id may hold any sign. A ``/`` in it comes as ``%2F``, which the server has decoded by the
time routes are looked for, so the path is taken as it was sent. Fields of it are decoded where they
are read (:func:`segue.web.api.requests.path_text`).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, Router
from starlette.types import Receive, Scope, Send

from segue.turns import set_line
from segue.web.api.json_writing import NOT_KEPT
from segue.web.callers import OWNERS_LINE, WebCaller
from segue.web.refusals import MethodNotAllowed

PREFIX = "/api/v1"

Handler = Callable[[Request], Awaitable[Response]]

_ENCODED = re.compile(rb"%([0-9A-Fa-f]{2})")
_SLASH, _PERCENT = b"/", b"%"


class ApiRouter:
    """Finds the route of a request by its path as it was sent; answers those that have none."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self._router = Router(routes, redirect_slashes=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        caller: WebCaller = scope["state"]["caller"]
        set_line((OWNERS_LINE if caller.is_owner else caller.machine,))
        inner = {**scope, "path": scope.get("root_path", "") + _path_as_sent(scope)}
        try:
            await self._router(inner, receive, send)
        except HTTPException as exc:
            if exc.status_code != MethodNotAllowed.status or scope["method"] != "OPTIONS":
                raise
            allowed = (exc.headers or {}).get("Allow", "")
            headers = {**NOT_KEPT, "Allow": f"{allowed}, OPTIONS"}
            await Response(status_code=204, headers=headers)(scope, receive, send)
        finally:
            scope["route"] = inner.get("route")  # by which requests are counted


def grouped(handlers: Mapping[tuple[str, str], Handler]) -> list[Route]:
    """Routes for handlers by method and path; those of one path share one route.

    Those that say more come first: ``jobs/{job_id}:cancel`` before ``jobs/{job_id}``.
    """
    by_path: dict[str, dict[str, Handler]] = {}
    for (method, path), handler in handlers.items():
        by_path.setdefault(path, {})[method] = handler
    return [
        Route(f"/{path}", _by_method(methods), methods=list(methods))
        for path, methods in sorted(by_path.items(), key=_by_literals)
    ]


def _by_literals(one: tuple[str, object]) -> tuple[int, int]:
    path = one[0]
    return path.count("{"), -len(path)


def _by_method(handlers: Mapping[str, Handler]) -> Handler:
    async def handle(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await handlers[method](request)

    return handle


def _path_as_sent(scope: Scope) -> str:
    sent: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    _, _, rest = sent.partition(PREFIX.encode())
    return _ENCODED.sub(_decoded, rest).decode("latin-1")


def _decoded(found: re.Match[bytes]) -> bytes:
    """What need not stay encoded for routes to be found, such as a colon."""
    sign = bytes.fromhex(found.group(1).decode())
    plain = b"!" <= sign <= b"~" and sign not in (_SLASH, _PERCENT)
    return sign if plain else found.group(0)
