"""A client in front of the page's application, without a server between them."""

from __future__ import annotations

from contextlib import asynccontextmanager

import httpx

from segue.settings import WebSettings
from segue.web.application import make_application

TOKEN = "the-token-of-the-owner"
PAGE = {"X-Segue-Page": "1"}
OWNER = {"Authorization": f"Bearer {TOKEN}"}


def settings(folder, **more):
    """Settings of a page whose query service does not answer."""
    return WebSettings(web_folder=folder / "web", web_query="127.0.0.1:1", **more)


@asynccontextmanager
async def client_of(application, *, base="http://localhost:50056", client=("192.0.2.7", 4000)):
    """An httpx client that the application sees at an address."""
    async with application.router.lifespan_context(application):
        transport = httpx.ASGITransport(application, client=client)
        async with httpx.AsyncClient(transport=transport, base_url=base) as opened:
            yield opened


def page(folder, **more):
    """A client of a page with these settings."""
    base = more.pop("base", "http://localhost:50056")
    address = more.pop("client", "192.0.2.7")
    return client_of(
        make_application(settings(folder, **more), TOKEN), base=base, client=(address, 4_000)
    )
