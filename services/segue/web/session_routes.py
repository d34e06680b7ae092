"""Signing in and out: ``api/v1/session``."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from segue import telemetry
from segue.errors import InvalidRequest, NotPermitted, Unauthenticated
from segue.web.api.json_reading import is_encodable, parsed
from segue.web.attempts import Attempts
from segue.web.callers import caller_of
from segue.web.identity import PAGE_HEADER, caller_in
from segue.web.refusals import PageHeaderMissing
from segue.web.sessions import Session, Sessions

ADDRESS = "/api/v1/session"
WAYS = (frozenset({"code"}), frozenset({"token"}), frozenset({"name", "password"}))
MOST_CHARACTERS = 1_024
PASSWORDS_AT_ONCE = 2
"""Checking one takes a core and 32 MiB for a quarter of a second."""


class SignInRefused(Unauthenticated):
    """What was shown to sign in does not hold."""

    reason = "SIGN_IN_REFUSED"
    next_step = (
        "Check the name and the password. The owner of the stack signs in by a link: segue page"
    )


class CodeUsed(SignInRefused):
    """A link that signs in was used before, or is too old."""

    reason = "SIGN_IN_CODE_USED"
    next_step = "Have another link made: segue page"


class SessionRoutes:
    """The three requests, over the sessions of the page."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._attempts = Attempts()
        self._passwords = asyncio.Semaphore(PASSWORDS_AT_ONCE)

    @property
    def routes(self) -> list[Route]:
        """Its one route, which answers every method: the next one would match any path."""
        return [Route(ADDRESS, self)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        handlers = {
            "GET": self.show,
            "HEAD": self.show,
            "POST": self.sign_in,
            "DELETE": self.sign_out,
        }
        handler = handlers.get(scope["method"])
        if handler is None:
            raise HTTPException(405, headers={"Allow": ", ".join(handlers)})
        answer = await handler(Request(scope, receive))
        await answer(scope, receive, send)

    async def show(self, request: Request) -> Response:
        """Say who asks."""
        session: Session | None = request.state.session
        caller = caller_of(request)
        body = {"role": caller.role.value, "name": caller.name}
        if session is not None:
            body["expires_at"] = _timestamp(session.expires)
        return JSONResponse(body, headers=_NOT_KEPT)

    async def sign_in(self, request: Request) -> Response:
        """Make a session for whoever shows a code, a token, or a name and its password."""
        if request.headers.get(PAGE_HEADER) != "1":
            raise PageHeaderMissing("signing in is for the page's own code")
        shown = await _shown(request)
        machine, name = caller_of(request).machine, shown.get("name", "")
        # Nobody guesses a code, so old links, which any page can open, hold nobody up.
        if "code" not in shown:
            self._attempts.check(machine, name)
        session = await self._session(shown, machine)
        if session is None:
            if "code" in shown:
                telemetry.WEB_SIGN_INS.labels("refused").inc()
                raise CodeUsed("the link does not hold any more")
            self._attempts.failed(machine, name)
            raise SignInRefused("what was shown to sign in does not hold")
        self._attempts.succeeded(machine, name)
        telemetry.WEB_SIGN_INS.labels(session.role).inc()
        caller = caller_in(session)
        body = {
            "role": caller.role.value,
            "name": caller.name,
            "expires_at": _timestamp(session.expires),
        }
        answer = JSONResponse(body, headers=_NOT_KEPT)
        self._set_cookie(request, answer, self._sessions.write(session), session.expires)
        return answer

    async def sign_out(self, request: Request) -> Response:
        """End the session of whoever asks."""
        session: Session | None = request.state.session
        if session is None:
            raise NotPermitted(
                "there is no session to end", reason="SESSION_MISSING", next_step="Sign in first."
            )
        await asyncio.to_thread(self._sessions.end, session)
        answer = Response(status_code=204, headers=_NOT_KEPT)
        self._set_cookie(request, answer, "", 0.0)
        return answer

    async def _session(self, shown: dict[str, str], machine: str) -> Session | None:
        if "code" in shown:
            holds = await asyncio.to_thread(self._sessions.use_code, shown["code"])
            return self._sessions.of_owner() if holds else None
        if "token" in shown:
            if self._sessions.is_owner_token(shown["token"]):
                return self._sessions.of_owner()
            return self._sessions.by_api_key(shown["token"])
        async with self._passwords:
            # Those that came at the same time have failed meanwhile.
            self._attempts.check(machine, shown["name"])
            return await asyncio.to_thread(
                self._sessions.by_password, shown["name"], shown["password"]
            )

    def _set_cookie(self, request: Request, answer: Response, value: str, expires: float) -> None:
        secure, prefix = request.url.scheme == "https", request.state.prefix
        answer.set_cookie(
            self._sessions.cookie_name(secure=secure, prefix=prefix),
            value,
            max_age=self._sessions.lifetime_seconds if expires else 0,
            path=prefix or "/",
            secure=secure,
            httponly=True,
            samesite="strict",
        )


_NOT_KEPT = {"Cache-Control": "no-store"}


async def _shown(request: Request) -> dict[str, str]:
    body: Any = parsed(await request.body())
    if not isinstance(body, dict) or frozenset(body) not in WAYS:
        raise InvalidRequest(
            "the body must be a JSON object with code, token, or name and password"
        )
    texts = {
        name: value
        for name, value in body.items()
        if isinstance(value, str) and 0 < len(value) <= MOST_CHARACTERS and is_encodable(value)
    }
    if len(texts) < len(body):
        raise InvalidRequest(f"what is shown must be texts of 1 to {MOST_CHARACTERS} characters")
    return texts


def _timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
