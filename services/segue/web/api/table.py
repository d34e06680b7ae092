"""Every address of the HTTP API with what answers it."""

from __future__ import annotations

from starlette.routing import Mount

from segue.web.api import audio, calls
from segue.web.api.endpoints import EXPORT, INTERACTIONS, UNARY
from segue.web.api.routing import PREFIX, ApiRouter, Handler, grouped


def routes() -> list[Mount]:
    """What the application mounts."""
    handlers: dict[tuple[str, str], Handler] = {
        (one.method, one.path): calls.unary(one) for one in UNARY
    }
    handlers[EXPORT.method, EXPORT.path] = calls.export_playlist
    handlers[INTERACTIONS.method, INTERACTIONS.path] = calls.record_interactions
    handlers["GET", "tracks/{track_id}/audio"] = audio.track_audio
    handlers["GET", "tracks/{track_id}/cover"] = audio.track_cover
    return [Mount(PREFIX, ApiRouter(grouped(handlers)))]
