"""A catalogue goes from one index through a file into another, as export and import take it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contract.conftest import DIMENSION, GENRE_DIMENSION, SPACE
from embedded_tracks import assert_equal
from random_fingerprints import fingerprint_of, noisy, random_codes
from segue.exchange.reading import CatalogueFile, UsableRow
from segue.exchange.writing import CatalogueWriter
from segue.index.edge.index import EdgeIndex
from segue.index.port import TrackIndex
from segue.index.qdrant.index import QdrantIndex
from segue.layers import FieldSource, MetadataLayers, with_layers
from segue.limits import checked_track
from segue.query.recording_keeper import settle
from segue.tracks import EmbeddedTrack, Provenance, TrackMetadata
from segue.wire.tracks import (
    embedded_track_from_message,
    embedded_track_to_message,
    stored_track_from_message,
)

NOW = datetime(2026, 2, 3, tzinfo=UTC)
SONG = random_codes(10_000, 900)
CORRECTED, COPIES = "track-0005", ("track-0013", "track-0021", "track-0029")


def ingested(one: EmbeddedTrack) -> EmbeddedTrack:
    """The track as workers of this version store it, some of them with a copy."""
    track = one.track
    if track.layers is None:
        track = with_layers(track, MetadataLayers(track.metadata))
    if track.track_id in COPIES:
        layers = MetadataLayers(TrackMetadata(f"{track.metadata.title} (copy)"))
        track = with_layers(replace(track, duration_seconds=115.0), layers)
        print_of = fingerprint_of(noisy(SONG, 0.02, COPIES.index(track.track_id)))
        one = replace(one, fingerprint=print_of)
    track = replace(track, provenance=track.provenance or Provenance.OWNER)
    return replace(one, track=checked_track(track))


def exported(tracks: list[EmbeddedTrack], target: Path) -> None:
    with CatalogueWriter(target, space=SPACE, dimension=DIMENSION) as writer:
        for one in tracks:
            writer.add(stored_track_from_message(embedded_track_to_message(one), space=SPACE))
        writer.finish()


def imported(source: Path) -> list[EmbeddedTrack]:
    tracks = []
    for row in CatalogueFile(source).read():
        assert isinstance(row, UsableRow), row
        message = embedded_track_to_message(row.embedded)
        tracks.append(embedded_track_from_message(message, space=SPACE, now=NOW, field="tracks"))
    return tracks


@pytest.fixture
async def old(tmp_path: Path, catalogue: Callable[..., list[EmbeddedTrack]]) -> list[EmbeddedTrack]:
    """All of an embedded index, in which a track was corrected and copies were found."""
    index = await EdgeIndex.open(
        tmp_path / "old", space=SPACE, dimension=DIMENSION, genre_dimension=GENRE_DIMENSION
    )
    await index.upsert([ingested(one) for one in catalogue(40)])
    await index.correct(CORRECTED, {"title": "By hand", "year": None})
    await settle(index)
    found = [one async for one in index.embedded()]
    await index.close()
    return found


def rounding(index: TrackIndex) -> float:
    """By how much an engine changes vectors of unit length."""
    return 1e-7 if isinstance(index, QdrantIndex) else 0.0


async def test_a_catalogue_arrives_as_it_was(
    index: TrackIndex, old: list[EmbeddedTrack], tmp_path: Path
) -> None:
    exported(old, tmp_path / "catalogue.parquet")
    await index.upsert(imported(tmp_path / "catalogue.parquet"))
    await settle(index)
    new = [one async for one in index.embedded()]
    assert [one.track.track_id for one in new] == [one.track.track_id for one in old]
    for one, right in zip(new, old, strict=True):
        assert_equal(one, right, within=rounding(index))
    recordings = {one.track.track_id: one.track.recording for one in new}
    assert len({recordings.pop(track_id) for track_id in COPIES} - {""}) == 1
    assert set(recordings.values()) == {""}


async def test_corrections_that_arrived_outlive_the_next_ingest(
    index: TrackIndex, old: list[EmbeddedTrack], tmp_path: Path
) -> None:
    exported(old, tmp_path / "catalogue.parquet")
    await index.upsert(imported(tmp_path / "catalogue.parquet"))
    (corrected,) = [one for one in old if one.track.track_id == CORRECTED]
    tags = MetadataLayers(TrackMetadata("Tagged anew", year=2020))
    await index.upsert([replace(corrected, track=with_layers(corrected.track, tags))])
    track = (await index.get([CORRECTED]))[CORRECTED]
    assert (track.metadata.title, track.metadata.year) == ("By hand", None)
    assert track.layers is not None
    assert track.layers.sources()["title"] is FieldSource.CORRECTED
    reset = await index.correct(CORRECTED, {}, ["title", "year"])
    assert (reset.metadata.title, reset.metadata.year) == ("Tagged anew", 2020)


async def test_what_arrived_can_go_on(
    index: TrackIndex, old: list[EmbeddedTrack], tmp_path: Path
) -> None:
    exported(old, tmp_path / "first.parquet")
    await index.upsert(imported(tmp_path / "first.parquet"))
    await settle(index)
    exported([one async for one in index.embedded()], tmp_path / "second.parquet")
    again = await EdgeIndex.open(
        tmp_path / "back", space=SPACE, dimension=DIMENSION, genre_dimension=GENRE_DIMENSION
    )
    await again.upsert(imported(tmp_path / "second.parquet"))
    await settle(again)
    back = [one async for one in again.embedded()]
    await again.close()
    for one, right in zip(back, old, strict=True):
        assert_equal(one, right, within=2 * rounding(index))
