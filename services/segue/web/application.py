"""The web application: routes, and what stands before all of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from segue.errors import SegueError
from segue.settings import WebSettings
from segue.web import api
from segue.web.backend import Backend
from segue.web.identity import Identify
from segue.web.media import store
from segue.web.problems import answer_error

STATIC = Path(__file__).parent / "static"


def make_application(settings: WebSettings, owner_token: str) -> Starlette:
    """The application; its connection to the query service lives as long as it runs."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.backend = Backend(settings.web_query, owner_token)
        async with store.opened(settings) as app.state.media:
            yield
        await app.state.backend.close()

    routes = [
        Route("/healthz", health),
        *api.routes(),
        Mount("/", StaticFiles(directory=STATIC, html=True)),
    ]
    return Starlette(
        routes=[Mount(settings.web_prefix, routes=routes)] if settings.web_prefix else routes,
        lifespan=lifespan,
        middleware=[Middleware(Identify, owner_token)],
        exception_handlers={SegueError: answer_error},
    )


async def health(request: Request) -> Response:
    """Say that the process answers."""
    del request
    return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})
