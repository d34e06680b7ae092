"""The API as one application below ``rest/``: who calls, what, and in which form it is answered."""

from __future__ import annotations

import logging
import math

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from segue.errors import Overloaded, SegueError
from segue.jobs.changed_tracks import ChangedTracks
from segue.jobs.playlist_store import RedisPlaylistStore
from segue.turns import set_line
from segue.web.accounts import Accounts
from segue.web.backend import Backend
from segue.web.callers import caller_of
from segue.web.subsonic import answers, system
from segue.web.subsonic.authentication import Authentication
from segue.web.subsonic.call import Call
from segue.web.subsonic.entries import Entry
from segue.web.subsonic.errors import Code, SubsonicError, code_of, message_of
from segue.web.subsonic.library_keeper import LibraryKeeper
from segue.web.subsonic.parameters import Parameters, read_parameters
from segue.web.subsonic.table import handler_of, is_public

log = logging.getLogger(__name__)

PATH = "/rest"

_METHODS = ("GET", "HEAD", "POST")
_ALLOWED = {
    "Access-Control-Allow-Methods": ", ".join(_METHODS),
    "Access-Control-Allow-Headers": "Content-Type, Range",
}


class Subsonic:
    """An ASGI application; made and closed inside a running event loop."""

    def __init__(
        self,
        backend: Backend,
        accounts: Accounts,
        store: RedisPlaylistStore,
        changed: ChangedTracks,
    ) -> None:
        self._backend = backend
        self._authentication = Authentication(accounts)
        self._store = store
        self._keeper = LibraryKeeper(backend, changed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def close(self) -> None:
        """End what is being read."""
        await self._keeper.close()

    async def _respond(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={**answers.HEADERS, **_ALLOWED})
        if request.method not in _METHODS:
            headers = {**answers.HEADERS, "Allow": ", ".join(_METHODS)}
            return Response(status_code=405, headers=headers)
        parameters, as_json = Parameters([]), False
        try:
            parameters = await read_parameters(request)
            as_json = parameters.get("f", "xml") != "xml"
            answered = await self._answered(request, parameters)
        except SegueError as exc:
            return _failed(exc, as_json=as_json)
        if isinstance(answered, Response):
            answered.headers["Access-Control-Allow-Origin"] = "*"
            return answered
        return answers.answer(answered, as_json=as_json)

    async def _answered(self, request: Request, parameters: Parameters) -> Entry | Response:
        form = parameters.get("f", "xml")
        if form not in ("xml", "json"):
            raise SubsonicError(Code.GENERIC, "f is xml or json; others, such as jsonp, are not")
        name = request.scope["path"].rpartition("/")[2]
        if is_public(name):
            return system.extensions()
        machine = caller_of(request).machine
        # In this thread: it looks whether a file has changed, and hashes a few dozen bytes.
        account = self._authentication.account_of(parameters, machine)
        set_line((machine,))
        self._keeper.begin()
        handler = handler_of(name)
        if handler is None:
            raise SubsonicError(Code.GENERIC, "This server has no such method")
        return await handler(
            Call(request, parameters, account, self._backend, self._keeper, self._store)
        )


def _failed(error: SegueError, *, as_json: bool) -> Response:
    status = 429 if isinstance(error, Overloaded) else 200
    code = code_of(error)
    if code is Code.GENERIC and not isinstance(error, SubsonicError):
        log.info("a call of OpenSubsonic failed: %s (%s)", error, error.reason)
    response = answers.failure(code, message_of(error), as_json=as_json, status=status)
    if error.retry_after_seconds:
        response.headers["Retry-After"] = str(math.ceil(error.retry_after_seconds))
    return response
