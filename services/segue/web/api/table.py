"""Every address of the HTTP API with what answers it."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from segue.web.api import (
    audio,
    calls,
    clips,
    events,
    listening_test,
    operations,
    saved_playlists,
    session,
    uploads,
)
from segue.web.api.endpoints import EXPORT, INTERACTIONS, UNARY
from segue.web.api.map_columns import MapColumns
from segue.web.api.routing import PREFIX, ApiRouter, Handler, grouped
from segue.web.media.answers import Content, content_answer

DESCRIPTION = Path(__file__).parent / "openapi.json"

MEDIA: dict[tuple[str, str], Handler] = {
    ("GET", "tracks/{track_id}/audio"): audio.track_audio,
    ("GET", "tracks/{track_id}/cover"): audio.track_cover,
    ("GET", "tracks/{track_id}/waveform"): audio.track_waveform,
    ("GET", "tracks/{track_id}/spectrogram"): audio.track_spectrogram,
    ("POST", "clips"): clips.send_clip,
    ("GET", "clips/{clip_id}"): clips.about,
    ("DELETE", "clips/{clip_id}"): clips.forget_clip,
    ("GET", "clips/{clip_id}/audio"): audio.clip_audio,
    ("GET", "clips/{clip_id}/waveform"): audio.clip_waveform,
    ("GET", "clips/{clip_id}/spectrogram"): audio.clip_spectrogram,
    ("POST", "uploads"): uploads.upload,
    ("GET", "jobs/{job_id}/events"): events.job_events,
}
"""What is no call that is answered with one JSON object."""

SAVED: dict[tuple[str, str], Handler] = {
    ("GET", "playlists"): saved_playlists.list_playlists,
    ("POST", "playlists"): saved_playlists.create_playlist,
    ("GET", "playlists/{playlist_id}"): saved_playlists.get_playlist,
    ("PUT", "playlists/{playlist_id}"): saved_playlists.replace_playlist,
    ("DELETE", "playlists/{playlist_id}"): saved_playlists.delete_playlist,
}
"""Saved playlists, which are no part of the gRPC API."""

LISTENING: dict[tuple[str, str], Handler] = {
    ("GET", "listening-test/next"): listening_test.next_trial,
    ("GET", "listening-test/trials/{trial}/{sound}/audio"): listening_test.trial_audio,
    ("POST", "listening-test/ratings"): listening_test.rate_trial,
}
"""The listening test, which is no part of it either."""


OWN: dict[tuple[str, str], Handler] = {
    ("GET", "session"): session.show,
    ("POST", "session"): session.sign_in,
    ("DELETE", "session"): session.sign_out,
    ("GET", "operations"): operations.show,
}
"""What the page itself is made with."""


def handlers() -> dict[tuple[str, str], Handler]:
    """What answers, by method and path below ``api/v1/``."""
    return {
        **{(one.method, one.path): calls.unary(one) for one in UNARY},
        (EXPORT.method, EXPORT.path): calls.export_playlist,
        (INTERACTIONS.method, INTERACTIONS.path): calls.record_interactions,
        **MEDIA,
        **SAVED,
        **LISTENING,
        **OWN,
        ("GET", "map"): MapColumns(),
    }


def routes() -> list[BaseRoute]:
    """What the application mounts."""
    return [
        Route("/api/openapi.json", openapi),
        Mount(PREFIX, ApiRouter(grouped(handlers()))),
    ]


async def openapi(request: Request) -> Response:
    """Give the description of the API."""
    written = await asyncio.to_thread(DESCRIPTION.read_bytes)
    etag = hashlib.sha256(written).hexdigest()[:32]
    return content_answer(request, Content.of(written, "application/json", etag))
