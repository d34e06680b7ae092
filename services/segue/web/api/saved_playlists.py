"""Saved playlists: ``playlists`` and ``playlists/{playlist_id}``, for those who have an account."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from segue.catalogues import DEFAULT_CATALOGUE, Catalogues
from segue.errors import InvalidArgument
from segue.saved_playlists import PlaylistDraft, PlaylistSummary, SavedPlaylist
from segue.v1 import status_service_pb2
from segue.web.account_file import name_of
from segue.web.api.json_reading import parsed
from segue.web.api.json_writing import NOT_KEPT, moment
from segue.web.api.requests import (
    CATALOGUE,
    catalogue_of,
    check_query,
    json_body,
    path_text,
    require,
)
from segue.web.callers import Role, caller_of
from segue.web.playlists import OwnPlaylists

_FIELDS = ("name", "track_ids", "public", "comment", CATALOGUE)


async def list_playlists(request: Request) -> Response:
    """List those that the caller may hear, by name."""
    playlists = await _named(request)
    own = caller_of(request).account_id
    listed = [_described(one, own) for one in await playlists.every()]
    return _answer({"playlists": listed})


async def get_playlist(request: Request) -> Response:
    """Give one with the ids of its tracks."""
    playlists = await _named(request)
    return _whole(request, await playlists.get(path_text(request, "playlist_id")))


async def create_playlist(request: Request) -> Response:
    """Save a new one."""
    said = await _said(request)
    playlists = await _playlists(request, said.pop(CATALOGUE, DEFAULT_CATALOGUE))
    if "name" not in said:
        raise InvalidArgument("name", "must be given")
    return _whole(request, await playlists.create(PlaylistDraft(**said)), status=201)


async def replace_playlist(request: Request) -> Response:
    """Save one of the caller's own anew; what is not said stays."""
    said = await _said(request)
    playlists = await _playlists(request, said.pop(CATALOGUE, DEFAULT_CATALOGUE))
    playlist_id = path_text(request, "playlist_id")
    changed = await playlists.change(playlist_id, lambda draft: replace(draft, **said))
    return _whole(request, changed)


async def delete_playlist(request: Request) -> Response:
    """Remove one of the caller's own."""
    playlists = await _named(request)
    await playlists.remove(path_text(request, "playlist_id"))
    return _answer({})


async def _named(request: Request) -> OwnPlaylists:
    """Those of the catalogue that the query of an address names."""
    require(request, Role.LISTENER)
    check_query(request, (CATALOGUE,))
    return await _playlists(request, catalogue_of(request))


async def _playlists(request: Request, catalogue: str) -> OwnPlaylists:
    state, caller = request.app.state, caller_of(request)
    if catalogue != DEFAULT_CATALOGUE:
        asked = status_service_pb2.GetServerInfoRequest()
        info = await state.backend.call("StatusService", "GetServerInfo", asked, caller)
        Catalogues(tuple(info.catalogues)).checked(catalogue)
    return OwnPlaylists(state.playlist_store, state.backend, caller.account_id, catalogue)


async def _said(request: Request) -> dict[str, Any]:
    require(request, Role.LISTENER)
    check_query(request, ())
    said = parsed(await json_body(request) or b"{}")
    if not isinstance(said, dict):
        raise InvalidArgument("playlist", "must be an object")
    for name, value in said.items():
        if name not in _FIELDS:
            raise InvalidArgument(name, f"no such field; {', '.join(_FIELDS)}")
        _check(name, value)
    if "track_ids" in said:
        said["track_ids"] = tuple(said["track_ids"])
    return said


def _check(name: str, value: Any) -> None:
    if name == "track_ids":
        if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
            raise InvalidArgument(name, "must be a list of ids")
    elif name == "public":
        if not isinstance(value, bool):
            raise InvalidArgument(name, "must be true or false")
    elif not isinstance(value, str):
        raise InvalidArgument(name, "must be a text")


def _described(playlist: PlaylistSummary, account_id: str) -> dict[str, Any]:
    return {
        "playlist_id": playlist.playlist_id,
        "name": playlist.name,
        "owner": name_of(playlist.owner),
        "own": playlist.owner == account_id,
        "public": playlist.public,
        "comment": playlist.comment,
        "tracks": playlist.tracks,
        "duration_seconds": playlist.duration_seconds,
        CATALOGUE: playlist.catalogue,
        "created_at": moment(playlist.created_at),
        "changed_at": moment(playlist.changed_at),
    }


def _whole(request: Request, playlist: SavedPlaylist, status: int = 200) -> Response:
    described = _described(playlist.summary, caller_of(request).account_id)
    return _answer(described | {"track_ids": list(playlist.track_ids)}, status)


def _answer(body: dict[str, Any], status: int = 200) -> Response:
    return JSONResponse(body, status, NOT_KEPT)
