"""Letting go of kept uploads that no track comes from: what kills and new sources left behind."""

from __future__ import annotations

import asyncio
import logging
import time

from segue.errors import SegueError
from segue.index.port import TrackIndex
from segue.kept_names import kept_uri
from segue.media.kept_rows import Use
from segue.media.kept_uploads import KeptUploads
from segue.query.backends import Backends
from segue.tracks import TrackFilter

log = logging.getLogger(__name__)

SWEEP_SECONDS = 600.0
SETTLED_SECONDS = 3_600.0
"""A use that is younger may be of a track that is being stored."""

MOST_STALE = 0.1
FEW_STALE = 20
"""More than this share of the uses, and than so many, are no left-overs but a catalogue that is not
the one it was: restored from a backup, or lost. Its audio is what it can be made again from."""

_PAGE = 500


async def keep_sweeping(backends: Backends) -> None:
    """Sweep now and then, until cancelled."""
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        if backends.kept is None:
            continue
        try:
            for index in backends.opened.values():
                await sweep(backends.kept, index)
        except SegueError as exc:
            log.warning("kept uploads that nothing uses stay for now: %s", exc)


async def sweep(
    kept: KeptUploads, index: TrackIndex, *, settled_seconds: float = SETTLED_SECONDS
) -> int:
    """Forget uses of a catalogue's live space whose tracks are gone, or come from elsewhere now.

    What tracks of other spaces use stays: another model may become the live one again. So does
    what tracks of other catalogues use, those that are not served included.

    Parameters
    ----------
    settled_seconds
        Age from which on a use is looked at.

    Returns
    -------
    int
        Number of uses that were forgotten: none when they are so many that the catalogue must have
        been lost.
    """
    oldest = time.time() - settled_seconds
    after: tuple[str, str, str] | None = None
    stale: list[Use] = []
    looked_at = 0
    while True:
        uses = await asyncio.to_thread(
            kept.uses,
            limit=_PAGE,
            after=after,
            catalogue=index.catalogue,
            space=index.space,
            older_than=oldest,
        )
        if not uses:
            break
        last = uses[-1]
        after = (last.track_id, last.space, last.sha256)
        looked_at += len(uses)
        stale += await _stale(uses, index)
    if len(stale) > max(FEW_STALE, MOST_STALE * looked_at):
        log.warning(
            "%d of %d kept uploads have no track in this catalogue: they stay. "
            "segue ingest kept:// brings the tracks back",
            len(stale),
            looked_at,
        )
        return 0
    if stale:
        await asyncio.to_thread(kept.release_uses, stale)
    await asyncio.to_thread(kept.tidy)
    return len(stale)


async def _stale(uses: list[Use], index: TrackIndex) -> list[Use]:
    wanted = tuple(dict.fromkeys(use.track_id for use in uses))
    listed, _ = await index.list_sources(
        limit=len(wanted), where=TrackFilter(only_track_ids=wanted)
    )
    sources = {track.track_id: track.source_uri for track in listed}
    return [use for use in uses if sources.get(use.track_id) != kept_uri(use.sha256)]
