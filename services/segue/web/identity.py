"""Middleware that finds out who sent a request: by a token, by a session, or nobody known."""

from __future__ import annotations

from dataclasses import replace

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from segue.callers import machine_at
from segue.errors import SegueError, Unauthenticated
from segue.web.callers import GUEST, OWNER, Role, WebCaller
from segue.web.origins import READING, is_subsonic
from segue.web.problems import problem
from segue.web.refusals import PageHeaderMissing
from segue.web.sessions import Session, Sessions

PAGE_HEADER = "x-segue-page"
"""Sent by the page's own code with every request: no form and no link of elsewhere can."""


class Identify:
    """Puts a :class:`~segue.web.callers.WebCaller` into the state of every request.

    Parameters
    ----------
    open_to_everybody
        Let everybody who shows nothing do what the owner may.
    """

    def __init__(
        self, app: ASGIApp, sessions: Sessions, *, open_to_everybody: bool = False
    ) -> None:
        self._app = app
        self._sessions = sessions
        self._nobody = WebCaller(Role.OWNER, proven=False) if open_to_everybody else GUEST

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                self._identify(scope, Headers(scope=scope))
            except SegueError as exc:
                await problem(exc)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _identify(self, scope: Scope, headers: Headers) -> None:
        session: Session | None = None
        caller = self._nobody
        if not is_subsonic(scope):
            token = bearer_token(headers)
            if token:
                caller = self._by_token(token)
            else:
                session = self._session(scope, headers)
                caller = caller_in(session) if session else caller
        if session and scope["method"] not in READING and headers.get(PAGE_HEADER) != "1":
            raise PageHeaderMissing("this request has a session and is not of the page's own code")
        client = scope.get("client")
        machine = machine_at(client[0]) if client else ""
        scope["state"].update(caller=replace(caller, machine=machine), session=session)

    def _by_token(self, token: str) -> WebCaller:
        if self._sessions.is_owner_token(token):
            return OWNER
        session = self._sessions.by_api_key(token)
        if session is None:
            raise Unauthenticated("the token is neither the owner's nor an API key of an account")
        return caller_in(session)

    def _session(self, scope: Scope, headers: Headers) -> Session | None:
        name = self._sessions.cookie_name(
            secure=scope["scheme"] == "https", prefix=scope["state"]["prefix"]
        )
        cookies = cookie_parser("; ".join(headers.getlist("cookie")))
        return self._sessions.read(cookies[name]) if name in cookies else None


def bearer_token(headers: Headers) -> str:
    """What a request shows as ``Authorization: Bearer``; empty when it does not.

    Other schemes are for a proxy in front.
    """
    for text in headers.getlist("authorization"):
        scheme, _, credential = text.partition(" ")
        if scheme.lower() == "bearer":
            return credential.strip() or "-"
    return ""


def caller_in(session: Session) -> WebCaller:
    """Who has a session."""
    return WebCaller(Role(session.role), session.name, session.account_id)
