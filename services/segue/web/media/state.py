"""Where the handlers of an application find what it holds."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from segue.web.media.store import MediaStore


def media_of(request: HTTPConnection) -> MediaStore:
    """What the page keeps of audio."""
    media: MediaStore = request.app.state.media
    return media
