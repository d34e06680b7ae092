"""Parameters of calls."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.requests import Request

from segue.web.subsonic import parameters
from segue.web.subsonic.errors import Code, SubsonicError
from segue.web.subsonic.parameters import Parameters, read_parameters


def request(method: str, query: bytes, body: bytes = b"", kind: str = "") -> Request:
    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": "/rest/ping",
        "query_string": query,
        "headers": [(b"content-type", kind.encode()), (b"host", b"h")],
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(scope, receive)


async def test_a_form_adds_to_the_address() -> None:
    kind = "application/x-www-form-urlencoded; charset=utf-8"
    read = await read_parameters(request("POST", b"u=ann&id=1", b"id=2&name=%C3%A9+%26&e=", kind))
    assert (read.get("u"), read.get("name"), read.every("id")) == ("ann", "é &", ["1", "2"])
    assert read.has("e")
    assert not read.given("e")


async def test_a_body_that_is_no_form_is_not_read() -> None:
    read = await read_parameters(request("POST", b"u=ann", b"id=2", "application/json"))
    assert read.every("id") == []


async def test_there_are_no_more_than_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parameters, "MOST_PARAMETERS", 3)
    with pytest.raises(SubsonicError, match="more than 3"):
        await read_parameters(request("GET", b"a&b&c&d"))


def test_values_are_read_as_what_they_are() -> None:
    read = Parameters([("n", "7"), ("b", "TRUE"), ("i", "0"), ("i", "2"), ("e", "")])
    assert (read.integer("n", 1, most=5), read.integer("e", 1, most=5)) == (5, 1)
    assert read.integers("i") == [0, 2]
    assert read.boolean("b", default=False)
    assert read.boolean("e", default=True)


@pytest.mark.parametrize("text", ["-1", "1.5", "٣", "x", "9" * 19])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(SubsonicError) as caught:
        Parameters([("n", text)]).integer("n", 1, most=5)
    assert caught.value.code is Code.GENERIC
    with pytest.raises(SubsonicError):
        Parameters([("n", text)]).boolean("n", default=True)
