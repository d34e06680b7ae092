"""The page's application in front of a real query service, asked without a network.

Of the tracks, ``a`` is a file that browsers play, ``b`` one that they do not, ``c`` a part of the
file of ``a``, and the others have no audio that can be had. The catalogue ``archive`` has an ``a``
of its own, another file without a picture.
"""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace

import httpx
import numpy as np
import pytest
import soundfile
from mutagen.flac import FLAC, Picture
from starlette.applications import Starlette

from query_service import CATALOGUE, DIMENSION, TOKEN, embedded, serve
from segue.errors import SegueError
from segue.index.exact import ExactIndex
from segue.query.access import Access
from segue.settings import WebSettings
from segue.web import api
from segue.web.application import make_application
from segue.web.callers import Role, WebCaller
from segue.web.media import store
from segue.web.media.decoders import Decoders
from segue.web.problems import answer_error

RATE_HZ = 22_050
ANN = WebCaller(Role.LISTENER, "ann", "ann~2")
PNG = b"\x89PNG\r\n\x1a\n" + b"picture" * 1_000


def steps(seconds=12):
    """A tone that becomes louder with every second."""
    time = np.arange(RATE_HZ * seconds) / RATE_HZ
    return (0.05 + 0.05 * np.floor(time)) * np.sin(2 * np.pi * 440 * time)


@pytest.fixture
async def service(tmp_path):
    """A query service that knows its owner."""
    playable, converted = tmp_path / "a.flac", tmp_path / "b.aiff"
    for path in (playable, converted):
        soundfile.write(path, steps(), RATE_HZ)
    tagged, picture = FLAC(playable), Picture()
    picture.type, picture.mime, picture.data = 3, "image/png", PNG
    tagged.add_picture(picture)
    tagged.save()
    sources = {
        "a": playable.as_uri(),
        "b": converted.as_uri(),
        "c": f"{playable.as_uri()}#t=4,7.5",
    }
    index = ExactIndex(space="bands-v1", dimension=DIMENSION)
    for one in CATALOGUE:
        track = replace(one.track, source_uri=sources.get(one.track.track_id, ""))
        await index.upsert([replace(one, track=track)])
    archived = tmp_path / "archived.flac"
    soundfile.write(archived, steps(3), RATE_HZ)
    archive = ExactIndex(space="bands-v1", dimension=DIMENSION, catalogue="archive")
    other = embedded("a", 90)
    await archive.upsert([replace(other, track=replace(other.track, source_uri=archived.as_uri()))])
    async for running in serve(index, tmp_path, others=[archive], access=Access(TOKEN)):
        yield running


@pytest.fixture(scope="session")
def decoders():
    """Decoder processes that applications share one after the other: they take long to start."""

    class Shared(Decoders):
        async def close(self):
            """They go on."""

    shared = Shared()
    yield shared
    asyncio.run(Decoders.close(shared))


@pytest.fixture
async def application(service, tmp_path, decoders, monkeypatch):
    """The application, started."""
    monkeypatch.setattr(store, "Decoders", lambda: decoders)
    settings = WebSettings(web_query=service.address, web_folder=tmp_path / "web")
    settings.web_folder.mkdir()
    made = make_application(settings, TOKEN)
    async with made.router.lifespan_context(made):
        yield made


def client_of(app, **headers):
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://127.0.0.1/api/v1/",
        headers=headers,
        timeout=60,
    )


@pytest.fixture
async def guest(application):
    """A client that shows nothing."""
    async with client_of(application) as client:
        yield client


@pytest.fixture
async def owner(application):
    """A client that shows the owner's token."""
    async with client_of(application, Authorization=f"Bearer {TOKEN}") as client:
        yield client


@pytest.fixture
async def listener(application):
    """A client of whom the middleware has found out that it is the account ``ann``."""

    served = Starlette(routes=api.routes(), exception_handlers={SegueError: answer_error})
    served.state = application.state

    async def known(scope, receive, send):
        await served({**scope, "state": {"caller": ANN}}, receive, send)

    async with client_of(known) as client:
        yield client


@pytest.fixture
def clip():
    """A song as bytes: WAV."""
    file = io.BytesIO()
    soundfile.write(file, steps(), RATE_HZ, format="WAV")
    return file.getvalue()
