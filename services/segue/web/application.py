"""The web application: routes, and what stands before all of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from segue.errors import SegueError
from segue.settings import AccessSettings, AudioSettings, QueueSettings, WebSettings
from segue.web import api, subsonic
from segue.web.accounts import Accounts
from segue.web.api.operations import Operations
from segue.web.api.session import SignIns
from segue.web.backend import Backend
from segue.web.bodies import Bodies
from segue.web.boundary import Boundary
from segue.web.headers import SecurityHeaders
from segue.web.identity import Identify
from segue.web.listening_test.course import ListeningTest
from segue.web.media import store
from segue.web.origins import Origins
from segue.web.page import Page
from segue.web.plays import Plays
from segue.web.problems import answer_error, answer_http_exception
from segue.web.proxies import BehindProxy
from segue.web.sessions import Sessions

STATIC = Path(__file__).parent / "static"


def make_application(
    settings: WebSettings,
    owner_token: str,
    access: AccessSettings | None = None,
    audio: AudioSettings | None = None,
    queue: QueueSettings | None = None,
) -> Starlette:
    """The application; its connection to the query service lives as long as it runs.

    Parameters
    ----------
    access
        Whether the stack is open to everybody.
    audio
        How large an upload may be.
    queue
        Where playlists are kept.

    Raises
    ------
    SecretFileUnusable
        When the key of sessions can be neither made nor read.
    """
    access, audio = access or AccessSettings(), audio or AudioSettings()
    queue = queue or QueueSettings()
    accounts = Accounts(settings.web_folder)
    hours = settings.web_session_hours
    sessions = Sessions(settings.web_folder, owner_token, hours * 3_600.0, accounts)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.backend = Backend(settings.web_query, owner_token)
        app.state.plays = Plays(app.state.backend)
        app.state.listening_test = ListeningTest(settings.web_folder)
        async with (
            store.opened(settings) as app.state.media,
            subsonic.opened(app.state, accounts, queue),
        ):
            yield
        await app.state.backend.close()

    routes: list[BaseRoute] = [
        Route("/healthz", health),
        *api.routes(),
        *subsonic.routes(),
        *Page(STATIC).routes,
    ]
    application = Starlette(
        routes=_below(settings.web_prefix, routes),
        lifespan=lifespan,
        # The first stands outermost.
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(Boundary),
            Middleware(BehindProxy, settings),
            Middleware(Origins, settings),
            Middleware(Identify, sessions, open_to_everybody=access.open_to_everybody),
            Middleware(
                Bodies,
                largest_upload_bytes=audio.max_upload_bytes,
                idle_seconds=settings.web_idle_seconds,
            ),
        ],
        exception_handlers={SegueError: answer_error, HTTPException: answer_http_exception},
    )
    application.state.operations = Operations(settings)
    application.state.sign_ins = SignIns(sessions)
    # Starlette's own would name a host, which is the proxy's to know.
    application.router.redirect_slashes = False
    return application


async def health(request: Request) -> Response:
    """Say that the process answers."""
    del request
    return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})


def _below(prefix: str, routes: list[BaseRoute]) -> list[BaseRoute]:
    if not prefix:
        return routes

    async def page(request: Request) -> Response:
        # Addresses in the page are relative to a folder.
        return RedirectResponse(f"{request.state.prefix}/", status_code=308)

    return [Route(prefix, page), Mount(prefix, routes=routes)]
