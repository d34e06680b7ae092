"""The page's files: held in memory, compressed, under addresses that change with their content."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from segue.web.negotiation import accepts_gzip, is_known
from segue.web.refusals import AddressNotFound

FOLDERS = ("app", "style", "vendor")
INDEX = "index.html"

MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
}
"""By the ending; everything else is plain text."""

_PACKED = frozenset({".png", ".ico", ".woff2"})
_REFERENCE = re.compile(rf'((?:href|src)=")({"|".join(FOLDERS)})/')

KEPT = "public, max-age=31536000, immutable"
ASKED = "no-cache"


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file as it is sent.

    Attributes
    ----------
    packed
        Its body with gzip; empty where that saves nothing.
    tag
        Strong entity tag of ``body``; that of ``packed`` has ``-gzip`` before its closing quote.
    """

    media_type: str
    body: bytes
    packed: bytes
    tag: str

    @classmethod
    def of(cls, name: str, body: bytes) -> PageFile:
        """A file by its name and content."""
        ending = Path(name).suffix
        packed = b"" if ending in _PACKED else gzip.compress(body, 9, mtime=0)
        return cls(
            media_type=MEDIA_TYPES.get(ending, "text/plain; charset=utf-8"),
            body=body,
            packed=packed if len(packed) < len(body) else b"",
            tag=f'"{sha256(body).hexdigest()[:24]}"',
        )

    def answer(self, headers: Headers, cache_control: str) -> Response:
        """The file, or that whoever asks has it already."""
        as_gzip = bool(self.packed) and accepts_gzip(headers)
        tag = f'{self.tag[:-1]}-gzip"' if as_gzip else self.tag
        told = {"ETag": tag, "Cache-Control": cache_control, "Vary": "Accept-Encoding"}
        if is_known(headers, tag):
            return Response(status_code=304, headers=told)
        if as_gzip:
            told["Content-Encoding"] = "gzip"
        body = self.packed if as_gzip else self.body
        return Response(body, headers=told, media_type=self.media_type)


class Page:
    """Everything in a folder, read once.

    The files lie under ``v/<digest of all of them>/`` too, where ``index.html`` looks for them:
    browsers keep those without asking again, and a new release is another address.
    """

    def __init__(self, folder: Path) -> None:
        bodies = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        digest = sha256()
        for name, body in bodies.items():
            digest.update(f"{name} {len(body)} ".encode() + body)
        self.version = digest.hexdigest()[:16]
        index = _REFERENCE.sub(rf"\1v/{self.version}/\2/", bodies.pop(INDEX).decode())
        self._index = PageFile.of(INDEX, index.encode())
        self._files: Mapping[str, PageFile] = {
            name: PageFile.of(name, body) for name, body in bodies.items()
        }

    @property
    def routes(self) -> list[BaseRoute]:
        """Routes of the page; they match any path, so they come last."""
        return [
            Route("/", self.index),
            Route("/v/{version}/{name:path}", self.kept_file),
            Route("/{name:path}", self.file),
        ]

    async def index(self, request: Request) -> Response:
        """Give the page itself."""
        return self._index.answer(request.headers, ASKED)

    async def kept_file(self, request: Request) -> Response:
        """Give a file of this release, to be kept; one of another release is not here."""
        if request.path_params["version"] != self.version:
            raise AddressNotFound("this is another release of the page")
        return self._file(request).answer(request.headers, KEPT)

    async def file(self, request: Request) -> Response:
        """Give a file by its plain name."""
        return self._file(request).answer(request.headers, ASKED)

    def _file(self, request: Request) -> PageFile:
        found = self._files.get(request.path_params["name"])
        if found is None:
            raise AddressNotFound("the page has no such file")
        return found
