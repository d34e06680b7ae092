"""The map of a catalogue as one JSON object of columns, made once for all who ask for it."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from segue.errors import InvalidArgument
from segue.v1 import map_service_pb2 as messages
from segue.web.api.json_writing import JSON_TYPE
from segue.web.api.requests import check_query
from segue.web.backend import TIMEOUT_SECONDS, Backend, QueryUnavailable
from segue.web.callers import caller_of
from segue.web.media.answers import CALLERS_OWN
from segue.web.negotiation import accepts_gzip, is_known

LAYOUTS = {"tsne": messages.MAP_LAYOUT_TSNE, "pca": messages.MAP_LAYOUT_PCA}

MOST_KEPT = 6
"""Answers that are kept, of a layout, label and catalogue each: some 1.5 MB for 50,000 tracks."""

_COMPRESSION = 5


@dataclass(frozen=True, slots=True)
class _Body:
    version: str
    packed: bytes


class MapColumns:
    """Answers ``GET map``; keeps what it answered until the map is another one."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, str], _Body] = OrderedDict()

    async def __call__(self, request: Request) -> Response:
        """Give the map; 304 to who has it already."""
        check_query(request, ("layout", "label", "catalogue"))
        layout = request.query_params.get("layout", "tsne")
        label = request.query_params.get("label", "")
        if layout not in LAYOUTS:
            raise InvalidArgument("layout", f"is none of {', '.join(LAYOUTS)}")
        catalogue = request.query_params.get("catalogue", "")
        body = await self._body(request, layout, label, catalogue)
        etag = f'"{body.version}-{layout}-{label.encode().hex()}"'
        headers = {"ETag": etag, "Cache-Control": CALLERS_OWN, "Vary": "Accept-Encoding"}
        if is_known(request.headers, etag):
            return Response(status_code=304, headers=headers)
        if accepts_gzip(request.headers):
            headers["Content-Encoding"] = "gzip"
            return Response(body.packed, headers=headers, media_type=JSON_TYPE)
        plain = await asyncio.to_thread(gzip.decompress, body.packed)
        return Response(plain, headers=headers, media_type=JSON_TYPE)

    async def _body(self, request: Request, layout: str, label: str, catalogue: str) -> _Body:
        key = (layout, label, catalogue)
        kept = self._kept.get(key)
        asked = messages.GetMapRequest(
            layout=LAYOUTS[layout],
            labels=[label] if label else [],
            known_version=kept.version if kept else "",
            catalogue=catalogue,
        )
        backend: Backend = request.app.state.backend
        pieces: list[messages.GetMapResponse] = []
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                async for piece in backend.stream(
                    "MapService", "GetMap", asked, caller_of(request)
                ):
                    pieces.append(piece)  # noqa: PERF401  # within a time limit
        except TimeoutError as exc:
            raise QueryUnavailable("the map was not read in time") from exc
        if not pieces and kept is not None:
            self._kept.move_to_end(key)
            return kept
        body = await asyncio.to_thread(_written, pieces, layout)
        self._kept[key] = body
        self._kept.move_to_end(key)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return body


def _written(pieces: list[messages.GetMapResponse], layout: str) -> _Body:
    first = pieces[0]
    columns: dict[str, Any] = {
        "version": first.version,
        "embedding_space": first.embedding_space,
        "total_tracks": first.total_tracks,
        "layout": layout,
        "genres": list(first.genres),
        "moods": list(first.moods),
        "artists": list(first.artists),
    }
    # Four digits are a two-hundredth of a point on a large screen.
    for name in ("x", "y"):
        columns[name] = [round(value, 4) for piece in pieces for value in getattr(piece, name)]
    for name in ("track_ids", "genre_codes", "mood_codes", "artist_codes", "years"):
        columns[name] = [value for piece in pieces for value in getattr(piece, name)]
    columns["labels"] = {
        label.label: [level for piece in pieces for level in piece.labels[number].levels]
        for number, label in enumerate(first.labels)
    }
    plain = json.dumps(columns, ensure_ascii=False, separators=(",", ":")).encode()
    return _Body(first.version, gzip.compress(plain, _COMPRESSION, mtime=0))
