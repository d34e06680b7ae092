"""Corrections stand apart from the spaces: what an adapter does with them, and their port."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from segue.layers import Corrections


class CorrectionStore(Protocol):
    """Corrections by track id, for all embedding spaces of one place."""

    async def get(self, track_ids: Collection[str]) -> dict[str, Corrections]:
        """Corrections of those of the tracks that have some.

        Raises
        ------
        IndexUnavailable
            When they cannot be read, here and below.
        """
        ...

    async def put(self, corrections: Mapping[str, Corrections]) -> None:
        """Replace all corrections of these tracks; of an empty one nothing is kept.

        When it returns, they survive a crash of the process.
        """
        ...

    async def close(self) -> None:
        """Let go of files and connections."""
        ...


class CorrectionsInMemory:
    """Corrections that end with the process."""

    def __init__(self) -> None:
        self._corrections: dict[str, Corrections] = {}

    async def get(self, track_ids: Collection[str]) -> dict[str, Corrections]:
        return {key: self._corrections[key] for key in track_ids if key in self._corrections}

    async def put(self, corrections: Mapping[str, Corrections]) -> None:
        for track_id, changes in corrections.items():
            self._corrections.pop(track_id, None)
            if changes:
                self._corrections[track_id] = changes

    async def close(self) -> None:
        pass
