"""Whose pages may ask this one: hosts against DNS rebinding, origins against foreign pages.

A browser lets any page send requests to any address, this machine's too. What it also sends, and no
page can change, is the host that it looked up, and where the page came from.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from segue.settings import WebSettings
from segue.web.problems import problem
from segue.web.proxies import HOST
from segue.web.refusals import HostUnknown, OriginForeign

READING = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""

SUBSONIC = "/rest/"
"""Below this path every request brings its own credentials and no cookie counts, so that clients
that are web pages of elsewhere may use it."""

_PORTS = {"http": "80", "https": "443"}


class Origins:
    """Middleware that refuses requests by a strange name, and changes that foreign pages want."""

    def __init__(self, app: ASGIApp, settings: WebSettings) -> None:
        self._app = app
        self._names = settings.host_names | {"localhost", host_name(settings.web_listen)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            refusal = self._refusal(scope, headers)
            if refusal is not None:
                await problem(refusal)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> HostUnknown | OriginForeign | None:
        hosts = headers.getlist("host")
        if len(hosts) > 1 or not all(self._knows(host) for host in hosts):
            return HostUnknown("the page is not known by the host that this request names")
        if scope["method"] in READING or is_subsonic(scope):
            return None
        if not comes_from_here(scope, headers):
            return OriginForeign("this request was made by a page of somewhere else")
        return None

    def _knows(self, host: str) -> bool:
        """Whether a host is named, or a number: no resolver has a say in those."""
        if not HOST.fullmatch(host):
            return False
        name = host_name(host)
        if name in self._names or name.endswith(".localhost"):
            return True
        try:
            ip_address(name)
        except ValueError:
            return False
        return True


def comes_from_here(scope: Scope, headers: Headers) -> bool:
    """Whether a request was made by the page itself, or by no page at all."""
    if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:  # such as a bracket that is not closed: no browser sends that
        return False
    scheme, host = scope["scheme"], headers.get("host", "")
    return parts.scheme == scheme and _with_port(parts.netloc, scheme) == _with_port(host, scheme)


def is_subsonic(scope: Scope) -> bool:
    """Whether a request is one of OpenSubsonic."""
    path: str = scope.get("state", {}).get("path", "")
    return path.startswith(SUBSONIC)


def host_name(host: str) -> str:
    """A host without its port and brackets, in small letters."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


def _with_port(host: str, scheme: str) -> str:
    port = host.rpartition("]")[2].partition(":")[2] or _PORTS.get(scheme, "")
    return f"{host_name(host)}:{port}"
