"""A client of OpenSubsonic: sends what a player sends, and checks every answer by the contract."""

from __future__ import annotations

import hashlib
import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

from open_subsonic.contract import ANSWERS, breaches

NAMESPACE = "{http://subsonic.org/restapi}"

Pairs = list[tuple[str, str]]


class Player:
    """A player with one account.

    Parameters
    ----------
    page
        Address of the page, with the slash at its end.
    common
        What it sends with every call.
    """

    def __init__(self, page: str, **common: str) -> None:
        self.rest = f"{page}rest/"
        self.common = common

    def address(self, method: str, *more: tuple[str, str], **parameters: str | int) -> str:
        """Address of a call, as it stands in a player."""
        pairs: Pairs = [*self.common.items(), *more]
        pairs += [(name, str(value)) for name, value in parameters.items()]
        return f"{self.rest}{method}?{urlencode(pairs)}"

    def call(self, method: str, *more: tuple[str, str], **parameters: str | int) -> Any:
        """The answer of a method, in JSON, which has to be as the contract says, and fine."""
        answer = self.answer(method, *more, **parameters)
        assert answer["status"] == "ok", answer
        return answer

    def refused(self, method: str, *more: tuple[str, str], **parameters: str | int) -> int:
        """The code of the error that a method answers with."""
        answer = self.answer(method, *more, **parameters)
        assert answer["status"] == "failed", answer
        code: int = answer["error"]["code"]
        return code

    def answer(self, method: str, *more: tuple[str, str], **parameters: str | int) -> Any:
        """The answer of a method, in JSON, which has to be as the contract says."""
        _, headers, body = fetch(self.address(method, *more, **{**parameters, "f": "json"}))
        assert headers["content-type"] == "application/json", body[:500]
        read = json.loads(body)
        name = method.removesuffix(".view")
        if name in ANSWERS:
            wrong = breaches(name, read)
            assert not wrong, (method, wrong)
        return read["subsonic-response"]

    def xml(self, method: str, *more: tuple[str, str], **parameters: str | int) -> Any:
        """The root of the answer in XML, which has to be fine."""
        _, headers, body = fetch(self.address(method, *more, **parameters))
        assert headers["content-type"].startswith("text/xml")
        root = ElementTree.fromstring(body)  # our own server's
        assert root.tag == f"{NAMESPACE}subsonic-response"
        assert root.get("status") == "ok", body
        return root

    def bytes(
        self, method: str, *more: tuple[str, str], headers: dict[str, str] | None = None,
        **parameters: str | int,
    ) -> tuple[int, Any, bytes]:  # fmt: skip
        """Status, headers and body of a method that gives bytes."""
        return fetch(self.address(method, *more, **parameters), headers=headers)


def signed(name: str, password: str, salt: str = "c19b2d") -> dict[str, str]:
    """What a player of the token scheme sends."""
    token = hashlib.md5((password + salt).encode(), usedforsecurity=False).hexdigest()
    return {"u": name, "t": token, "s": salt}


def fetch(
    address: str,
    *,
    headers: dict[str, str] | None = None,
    body: Pairs | None = None,
    method: str | None = None,
) -> tuple[int, Any, bytes]:
    """Status, headers and body that an address answers with; ``body`` is sent as a form."""
    data = None if body is None else urlencode(body).encode()
    request = urllib.request.Request(  # of the loopback
        address, data, headers or {}, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as exc:
        with exc:
            return exc.code, exc.headers, exc.read()
