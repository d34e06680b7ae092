"""Which labels and names of a filter no track of the catalogue carries."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from segue.index.port import TrackIndex
from segue.tracks import LABEL_FILTERS, LabelMatch, TrackFilter
from segue.turns import Pace

KNOWN_FOR_SECONDS = 30.0
"""How long a label that was seen counts as known, although its last track may have gone since."""


class KnownLabels:
    """Remembers the labels that were seen, so that a filter of known ones costs no look-up.

    A label that is not known is looked up every time: it may be written at any moment, by any
    process.
    """

    def __init__(self) -> None:
        self._known: set[tuple[str, str, LabelMatch]] = set()
        self._since = time.monotonic()

    async def unknown(self, index: TrackIndex, where: TrackFilter) -> list[str]:
        """Labels and names of the filter's ``any_of`` and ``all_of`` that no track carries."""
        asked = [
            (field, label, match)
            for field in LABEL_FILTERS
            if (match := getattr(where, field))
            for label in (*match.any_of, *match.all_of)
        ]
        pace = Pace()
        unknown = []
        for field, label, match in asked:
            alone = replace(match, any_of=(label,), all_of=(), none_of=())
            if not await self._seen(index, field, alone):
                unknown.append(label)
            await pace.step()
        return list(dict.fromkeys(unknown))

    def forget(self) -> None:
        """Look everything up again: tracks were changed or deleted."""
        self._known.clear()
        self._since = time.monotonic()

    async def _seen(self, index: TrackIndex, field: str, label: LabelMatch) -> bool:
        if time.monotonic() - self._since > KNOWN_FOR_SECONDS:
            self.forget()
        key = (index.catalogue, field, label)
        if key in self._known:
            return True
        named: dict[str, Any] = {field: label}
        tracks, _ = await index.list_tracks(limit=1, where=TrackFilter(**named))
        if tracks:
            self._known.add(key)
        return bool(tracks)
