"""The keeper of groups, over an index that changes or fails under it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any

import pytest

from query_service import DIMENSION, BandEmbedder, embedded
from segue.errors import IndexUnavailable
from segue.index.exact import ExactIndex, ExactRecordings
from segue.query import recording_keeper
from segue.query.backends import Backends
from segue.query.recording_keeper import RecordingKeeper, settle
from segue.recordings.rule import same_recording
from segue.tracks import EmbeddedTrack, Provenance, Track


class Recordings(ExactRecordings):
    """Does something to the index before groups are written, or fails instead of reading."""

    index: ExactIndex
    corrections: list[str]
    failures: list[Exception]

    async def due(self, limit: int) -> list[str]:
        if self.failures:
            raise self.failures.pop()
        return await super().due(limit)

    async def assign(self, recordings: Mapping[str, str], seen: Collection[Track]) -> bool:
        if self.corrections:
            await self.index.correct(self.corrections.pop(), {"title": "New"})
        return await super().assign(recordings, seen)


class UnsteadyIndex(ExactIndex):
    """An exact index with the recordings above."""

    def __init__(self) -> None:
        super().__init__(space="bands-v1", dimension=8)
        self.corrections: list[str] = []
        self.failures: list[Exception] = []

    @property
    def recordings(self) -> Recordings:
        found = Recordings(self._tracks, self._due)
        found.index, found.corrections, found.failures = self, self.corrections, self.failures
        return found


def copies() -> list[EmbeddedTrack]:
    """Two tracks of one file, and one alone."""
    one = embedded("a", 0.0)
    content = one.track.content_sha256
    track = Track("b", content_sha256=content, duration_seconds=one.track.duration_seconds)
    return [one, EmbeddedTrack(track, "bands-v1", one.vector), embedded("c", 50.0)]


@pytest.fixture
async def index() -> UnsteadyIndex:
    opened = UnsteadyIndex()
    await opened.upsert(copies())
    return opened


async def groups(index: ExactIndex) -> list[list[str]]:
    return list((await index.recordings.members(await index.recordings.sizes())).values())


async def test_what_is_corrected_meanwhile_is_looked_at_again(index: UnsteadyIndex) -> None:
    index.corrections.append("b")
    await settle(index)
    assert await groups(index) == [["a", "b"]]
    assert (await index.get(["b"]))["b"].metadata.title == "New"
    assert await index.recordings.due(10) == []


async def test_a_track_that_never_stands_still_keeps_nobody_waiting(index: UnsteadyIndex) -> None:
    index.corrections.extend(["a", "b"] * 20)
    await settle(index)
    assert await groups(index) == []
    assert "c" not in await index.recordings.due(10)


@pytest.mark.parametrize("failure", [IndexUnavailable("away"), RuntimeError("a bug")])
async def test_the_keeper_goes_on_after_a_failure(
    index: UnsteadyIndex, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    monkeypatch.setattr(recording_keeper, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(recording_keeper, "PAUSE_AFTER_FAILURE_SECONDS", 0.01)
    index.failures.append(failure)
    backends = Backends(BandEmbedder())
    keeping = asyncio.create_task(RecordingKeeper(backends).keep())
    await asyncio.sleep(0.02)  # nothing is open yet
    backends.index_opened(index)
    other = ExactIndex(space="bands-v1", dimension=DIMENSION, catalogue="archive")
    await other.upsert([embedded("x", 5)])
    backends.index_opened(other)
    async with asyncio.timeout(60):
        while not await index.recordings.sizes() or index.failures:
            await asyncio.sleep(0.01)
        while await other.recordings.due(9):
            await asyncio.sleep(0.01)
    keeping.cancel()
    with suppress(asyncio.CancelledError):
        await keeping
    assert await groups(index) == [["a", "b"]]


def of_stranger(number: int, seconds: float) -> EmbeddedTrack:
    """A track of the same content as the first one, which somebody else sent in."""
    one = embedded("a", 0.0)
    track = Track(
        f"0{number:03d}",
        content_sha256=one.track.content_sha256,
        duration_seconds=seconds,
        provenance=Provenance.INGESTED,
    )
    return EmbeddedTrack(track, "bands-v1", one.vector)


async def test_copies_of_strangers_do_not_hide_the_owners(
    index: UnsteadyIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording_keeper, "MOST_COMPARED", 2)
    await index.upsert([of_stranger(number, 75.0) for number in range(5)])
    await settle(index)
    assert ["a", "b"] in await groups(index)


async def test_a_track_of_a_stranger_costs_no_more_with_thousands_of_its_like(
    index: UnsteadyIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = 0

    def counted(*arguments: Any) -> bool:
        nonlocal compared
        compared += 1
        return same_recording(*arguments)

    monkeypatch.setattr(recording_keeper, "MOST_OF_OTHERS", 4)
    monkeypatch.setattr(recording_keeper, "same_recording", counted)
    # Copies of one another, and tracks that have to be compared with each of those.
    await index.upsert(
        [of_stranger(number, 75.0 if number % 2 else 100.0 + number) for number in range(200)]
    )
    await settle(index)
    assert compared <= 200 * 4
    for number in (200, 201, 202):
        compared = 0
        await index.upsert([of_stranger(number, 75.0)])
        await settle(index)
        assert compared <= 4
    assert await index.recordings.due(10) == []
