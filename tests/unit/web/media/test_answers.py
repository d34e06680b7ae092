"""Bytes as answers: whole, in part, by condition; and what they come from is closed."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.requests import Request

from segue.errors import SourceUnavailable
from segue.web.media.answers import Content, content_answer, file_content

WHOLE = bytes(range(256)) * 4


async def asked(content, method="GET", **headers):
    async def app(scope, receive, send):
        await content_answer(Request(scope), content)(scope, receive, send)

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://segue") as client:
        return await client.request(
            method, "/", headers={name.replace("_", "-"): text for name, text in headers.items()}
        )


@pytest.fixture(params=["file", "memory"])
def content(request, tmp_path):
    if request.param == "memory":
        return Content.of(WHOLE, "audio/flac", "tag", "Ä 1.flac")
    path = tmp_path / "a"
    path.write_bytes(WHOLE)
    return file_content(path, "audio/flac", "tag", "Ä 1.flac")


async def test_all_of_it(content):
    response = await asked(content)
    assert (response.status_code, response.content) == (200, WHOLE)
    assert response.headers["content-length"] == "1024"
    assert response.headers["accept-ranges"] == "bytes"
    assert response.headers["etag"] == '"tag"'
    assert response.headers["cache-control"] == "private, no-cache"
    assert response.headers["content-disposition"] == "inline; filename*=UTF-8''%C3%84%201.flac"


async def test_a_part_of_it(content):
    response = await asked(content, range="bytes=250-259")
    assert (response.status_code, response.content) == (206, WHOLE[250:260])
    assert response.headers["content-range"] == "bytes 250-259/1024"
    assert response.headers["content-length"] == "10"


async def test_none_of_it(content):
    head = await asked(content, "HEAD", range="bytes=0-9")
    assert (head.status_code, head.content, head.headers["content-length"]) == (206, b"", "10")
    known = await asked(content, if_none_match='"tag"')
    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", '"tag"')
    behind = await asked(content, range="bytes=1024-")
    assert (behind.status_code, behind.headers["content-range"]) == (416, "bytes */1024")
    assert behind.json()["error"]["reason"] == "RANGE_NOT_SATISFIABLE"


async def test_nothing_is_an_answer_too():
    response = await asked(Content.of(b"", "audio/flac", "tag"))
    assert (response.status_code, response.content) == (200, b"")


def streamed(closed, failing=None):
    async def pieces(part):
        try:
            for _ in range(part.length):
                yield b"x"
                await asyncio.sleep(0)
                if failing is not None:
                    raise failing
        finally:
            closed.set()

    return Content(1_000_000, "audio/flac", "tag", pieces)


async def test_when_the_client_goes_away_what_it_came_from_is_closed():
    closed, taken = asyncio.Event(), []

    async def receive():
        while len(taken) < 20:
            await asyncio.sleep(0)
        return {"type": "http.disconnect"}

    async def send(message):
        taken.append(message)  # as servers do, it does not say that nobody listens any more

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
    answer = content_answer(Request(scope), streamed(closed))
    await asyncio.wait_for(answer(scope, receive, send), 30)
    assert closed.is_set()
    assert len(taken) < 1_000


async def test_what_fails_on_the_way_ends_too_early():
    closed, taken = asyncio.Event(), []

    async def receive():
        await asyncio.Event().wait()

    async def send(message):
        taken.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
    content = streamed(closed, SourceUnavailable("the share is away"))
    await content_answer(Request(scope), content)(scope, receive, send)
    assert closed.is_set()
    assert [message["type"] for message in taken] == ["http.response.start", "http.response.body"]
    assert taken[-1]["more_body"]  # never finished: the server closes the connection
