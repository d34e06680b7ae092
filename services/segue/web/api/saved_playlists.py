"""Saved playlists: ``playlists`` and ``playlists/{playlist_id}``, for those who have an account."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from segue.errors import InvalidArgument
from segue.saved_playlists import PlaylistDraft, PlaylistSummary, SavedPlaylist
from segue.web.account_file import name_of
from segue.web.api.json_reading import parsed
from segue.web.api.json_writing import NOT_KEPT
from segue.web.api.requests import check_query, json_body, path_text, require
from segue.web.callers import Role, caller_of
from segue.web.playlists import OwnPlaylists

_FIELDS = ("name", "track_ids", "public", "comment")


async def list_playlists(request: Request) -> Response:
    """List those that the caller may hear, by name."""
    check_query(request, ())
    playlists = _playlists(request)
    own = caller_of(request).account_id
    listed = [_described(one, own) for one in await playlists.every()]
    return _answer({"playlists": listed})


async def get_playlist(request: Request) -> Response:
    """Give one with the ids of its tracks."""
    check_query(request, ())
    return _whole(request, await _playlists(request).get(path_text(request, "playlist_id")))


async def create_playlist(request: Request) -> Response:
    """Save a new one."""
    playlists = _playlists(request)
    said = await _said(request)
    if "name" not in said:
        raise InvalidArgument("name", "must be given")
    return _whole(request, await playlists.create(PlaylistDraft(**said)), status=201)


async def replace_playlist(request: Request) -> Response:
    """Save one of the caller's own anew; what is not said stays."""
    playlists = _playlists(request)
    said = await _said(request)
    playlist_id = path_text(request, "playlist_id")
    changed = await playlists.change(playlist_id, lambda draft: replace(draft, **said))
    return _whole(request, changed)


async def delete_playlist(request: Request) -> Response:
    """Remove one of the caller's own."""
    check_query(request, ())
    await _playlists(request).remove(path_text(request, "playlist_id"))
    return _answer({})


def _playlists(request: Request) -> OwnPlaylists:
    require(request, Role.LISTENER)
    state = request.app.state
    return OwnPlaylists(state.playlist_store, state.backend, caller_of(request).account_id)


async def _said(request: Request) -> dict[str, Any]:
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
        "created_at": _moment(playlist.created_at),
        "changed_at": _moment(playlist.changed_at),
    }


def _whole(request: Request, playlist: SavedPlaylist, status: int = 200) -> Response:
    described = _described(playlist.summary, caller_of(request).account_id)
    return _answer(described | {"track_ids": list(playlist.track_ids)}, status)


def _answer(body: dict[str, Any], status: int = 200) -> Response:
    return JSONResponse(body, status, NOT_KEPT)


def _moment(seconds: float) -> str:
    written = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return written.replace("+00:00", "Z")
