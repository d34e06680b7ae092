"""How full the folder of kept uploads is, in metrics."""

from __future__ import annotations

import asyncio
import logging
import math

from segue import telemetry
from segue.media.kept_uploads import KeptUploads, KeptUploadsUnusable

log = logging.getLogger(__name__)

REFRESH_SECONDS = 15.0

_KINDS = ("used", "limit")


async def keep_showing(kept: KeptUploads) -> None:
    """Show it again and again, until cancelled."""
    while True:
        await show(kept)
        await asyncio.sleep(REFRESH_SECONDS)


async def show(kept: KeptUploads) -> None:
    """Look once; NaN is shown while the folder fails."""
    try:
        room = await asyncio.to_thread(kept.room)
    except KeptUploadsUnusable:  # whoever keeps or reads an upload says so
        files, sizes = math.nan, (math.nan, math.nan)
    else:
        files, sizes = float(room.files), (float(room.used_bytes), float(room.most_bytes))
    telemetry.KEPT_UPLOADS.set(files)
    for kind, size in zip(_KINDS, sizes, strict=True):
        telemetry.KEPT_UPLOADS_BYTES.labels(kind).set(size)
