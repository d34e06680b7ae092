"""Signing in and out: ``api/v1/session``."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from segue import telemetry
from segue.errors import InvalidRequest, NotPermitted, Unauthenticated
from segue.web.api.json_reading import is_encodable, parsed
from segue.web.api.json_writing import NOT_KEPT, moment
from segue.web.attempts import Attempts
from segue.web.callers import Role, WebCaller, caller_of
from segue.web.identity import PAGE_HEADER, caller_in
from segue.web.listening_test.course import ListeningTest
from segue.web.refusals import PageHeaderMissing
from segue.web.sessions import Session, Sessions

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


class SignIns:
    """Makes sessions of what is shown, and slows down those who guess."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions
        self._attempts = Attempts()
        self._passwords = asyncio.Semaphore(PASSWORDS_AT_ONCE)

    async def sign_in(self, shown: dict[str, str], machine: str) -> Session:
        """A session for what was shown from a machine, in one of ``WAYS``.

        Raises
        ------
        CodeUsed, SignInRefused
            When it does not hold.
        Overloaded
            ``TOO_MANY_ATTEMPTS``, when it did not hold too often.
        """
        name = shown.get("name", "")
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
        return session

    async def _session(self, shown: dict[str, str], machine: str) -> Session | None:
        if "code" in shown:
            holds = await asyncio.to_thread(self.sessions.use_code, shown["code"])
            return self.sessions.of_owner() if holds else None
        if "token" in shown:
            if self.sessions.is_owner_token(shown["token"]):
                return self.sessions.of_owner()
            return self.sessions.by_api_key(shown["token"])
        async with self._passwords:
            # Those that came at the same time have failed meanwhile.
            self._attempts.check(machine, shown["name"])
            return await asyncio.to_thread(
                self.sessions.by_password, shown["name"], shown["password"]
            )


async def show(request: Request) -> Response:
    """Say who asks."""
    session: Session | None = request.state.session
    described = await _described(request, caller_of(request), session)
    return JSONResponse(described, headers=NOT_KEPT)


async def sign_in(request: Request) -> Response:
    """Make a session for whoever shows a code, a token, or a name and its password."""
    if request.headers.get(PAGE_HEADER) != "1":
        raise PageHeaderMissing("signing in is for the page's own code")
    sign_ins = _sign_ins(request)
    session = await sign_ins.sign_in(await _shown(request), caller_of(request).machine)
    described = await _described(request, caller_in(session), session)
    answer = JSONResponse(described, headers=NOT_KEPT)
    _set_cookie(request, answer, sign_ins.sessions.write(session))
    return answer


async def sign_out(request: Request) -> Response:
    """End the session of whoever asks."""
    session: Session | None = request.state.session
    if session is None:
        raise NotPermitted(
            "there is no session to end", reason="SESSION_MISSING", next_step="Sign in first."
        )
    await asyncio.to_thread(_sign_ins(request).sessions.end, session)
    answer = Response(status_code=204, headers=NOT_KEPT)
    _set_cookie(request, answer, "")
    return answer


def _sign_ins(request: Request) -> SignIns:
    sign_ins: SignIns = request.app.state.sign_ins
    return sign_ins


async def _described(
    request: Request, caller: WebCaller, session: Session | None
) -> dict[str, Any]:
    body: dict[str, Any] = {"role": caller.role.value, "name": caller.name}
    if caller.role is not Role.GUEST:
        test: ListeningTest = request.app.state.listening_test
        body["listening_test"] = await asyncio.to_thread(test.is_planned)
    if session is not None:
        body["expires_at"] = moment(session.expires)
    return body


def _set_cookie(request: Request, answer: Response, value: str) -> None:
    """Set the cookie of sessions; an empty value removes it."""
    sessions = _sign_ins(request).sessions
    secure, prefix = request.url.scheme == "https", request.state.prefix
    answer.set_cookie(
        sessions.cookie_name(secure=secure, prefix=prefix),
        value,
        max_age=sessions.lifetime_seconds if value else 0,
        path=prefix or "/",
        secure=secure,
        httponly=True,
        samesite="strict",
    )


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
