"""Corrections stand apart from the spaces: what an adapter does with them, and their port."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from typing import Protocol

from segue.layers import Corrections


class CorrectionStore(Protocol):
    """Corrections by track id, for all embedding spaces of one place."""

    async def get(self, track_ids: Collection[str]) -> dict[str, Corrections]:
        """Corrections of those of the tracks that have some, or had some that were reset.

        Raises
        ------
        IndexUnavailable
            When they cannot be read, here and below.
        """
        ...

    async def put(self, corrections: Mapping[str, Corrections], space: str) -> None:
        """Replace all corrections of these tracks, as made in a space; empty ones were reset.

        When it returns, they survive a crash of the process.
        """
        ...

    async def delete(self, track_ids: Collection[str]) -> None:
        """Forget corrections of tracks; those that have none are passed over."""
        ...

    def made_elsewhere(self, space: str) -> AsyncIterator[Mapping[str, Corrections]]:
        """Corrections that were made in other spaces, some at a time."""
        ...

    async def close(self) -> None:
        """Let go of files and connections."""
        ...


class CorrectionsInMemory:
    """Corrections that end with the process."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[Corrections, str]] = {}

    async def get(self, track_ids: Collection[str]) -> dict[str, Corrections]:
        return {key: self._made[key][0] for key in track_ids if key in self._made}

    async def put(self, corrections: Mapping[str, Corrections], space: str) -> None:
        self._made.update((key, (changes, space)) for key, changes in corrections.items())

    async def delete(self, track_ids: Collection[str]) -> None:
        for key in track_ids:
            self._made.pop(key, None)

    async def made_elsewhere(self, space: str) -> AsyncIterator[Mapping[str, Corrections]]:
        yield {key: changes for key, (changes, where) in self._made.items() if where != space}

    async def close(self) -> None:
        pass
