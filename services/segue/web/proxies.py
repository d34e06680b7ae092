"""Where a request really came from and by which address, as named proxies say.

Nobody else's word is taken: a client writes into these headers what it likes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send

from segue.settings import Network, WebSettings

PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)+")
"""A prefix that a proxy may tell; anything else is none."""

HOST = re.compile(r"[A-Za-z0-9._-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")
"""A host with or without a port. What does not look like one reaches neither logs nor addresses."""

_PAIR = re.compile(r'([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^;,\s"]*))')


@dataclass(frozen=True, slots=True)
class Told:
    """What a proxy says of a request; empty where it says nothing.

    Attributes
    ----------
    sources
        Addresses that the request came through, the farthest first.
    scheme
        ``http`` or ``https``.
    host
        With its port, if it has one.
    prefix
        Path that the proxy took off.
    """

    sources: tuple[str, ...] = ()
    scheme: str = ""
    host: str = ""
    prefix: str = ""


class BehindProxy:
    """Middleware that lets requests through named proxies look as their clients made them.

    The address that ``scope["client"]`` holds is afterwards the nearest one that is no proxy's;
    ``scope["state"]["prefix"]`` is what the page's addresses begin with outside, and
    ``scope["state"]["path"]`` the path without any of it: by that one, whatever the prefix is
    called, it is decided what a request is of.
    """

    def __init__(self, app: ASGIApp, settings: WebSettings) -> None:
        self._app = app
        self._networks = settings.proxy_networks
        self._read = from_forwarded if settings.web_forwarded == "forwarded" else from_x_forwarded
        self._prefix = settings.web_prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            told = Told()
            client = scope.get("client")
            if client and is_within(client[0], self._networks):
                told = self._read(Headers(scope=scope))
            _rewrite(scope, told, self._networks)
            scope.setdefault("state", {}).update(
                prefix=told.prefix + self._prefix, path=_below(self._prefix, scope["path"])
            )
        await self._app(scope, receive, send)


def from_x_forwarded(headers: Headers) -> Told:
    """What the usual headers say. Of several values the nearest proxy wrote the last."""
    return _checked(
        _values(headers, "x-forwarded-for"),
        {
            name: next(reversed(_values(headers, f"x-forwarded-{name}")), "")
            for name in ("proto", "host", "prefix")
        },
    )


def from_forwarded(headers: Headers) -> Told:
    """What the header of RFC 7239 says; it knows of no prefix."""
    hops = [
        {name.lower(): quoted or plain for name, quoted, plain in _PAIR.findall(hop)}
        for hop in _values(headers, "forwarded")
    ]
    return _checked([hop.get("for", "") for hop in hops], hops[-1] if hops else {})


def is_within(address: str, networks: Iterable[Network]) -> bool:
    """Whether an address lies in one of the networks."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return any(parsed in network for network in networks)


def _below(prefix: str, path: str) -> str:
    """A path without a prefix; empty where it does not lie below it."""
    return path.removeprefix(prefix) if path.startswith(f"{prefix}/") else ""


def _checked(sources: Iterable[str], told: Mapping[str, str]) -> Told:
    scheme, host, prefix = (told.get(name, "") for name in ("proto", "host", "prefix"))
    prefix = prefix.rstrip("/")
    return Told(
        sources=tuple(_address(source) for source in sources),
        scheme=scheme.lower() if scheme.lower() in ("http", "https") else "",
        host=host if HOST.fullmatch(host) else "",
        prefix=prefix if PREFIX.fullmatch(prefix) else "",
    )


def _rewrite(scope: Scope, told: Told, networks: Collection[Network]) -> None:
    # From the nearest on: what stands before the first stranger is that stranger's own word.
    for source in reversed(told.sources):
        if not source:
            break
        scope["client"] = (source, 0)
        if not is_within(source, networks):
            break
    if told.scheme:
        scope["scheme"] = told.scheme
    if told.host:
        MutableHeaders(scope=scope)["host"] = told.host


def _values(headers: Headers, name: str) -> list[str]:
    return [one.strip() for text in headers.getlist(name) for one in text.split(",")]


def _address(source: str) -> str:
    """An IP address out of what proxies write: with a port, in brackets, ``unknown``."""
    text = source.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ip_address(text))
    except ValueError:
        return ""
