"""Indexes under contract, and catalogues whose right answers the exact index knows."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest

from local_qdrant import local_qdrant
from random_fingerprints import fingerprint_of, random_codes
from segue.fingerprints import NO_FINGERPRINT
from segue.index.corrections import CorrectionsInMemory
from segue.index.edge.index import EdgeIndex
from segue.index.exact import ExactIndex
from segue.index.port import TrackIndex
from segue.index.qdrant.index import QdrantIndex
from segue.layers import MetadataLayers, corrections_to, with_layers
from segue.settings import IndexSettings, from_environment
from segue.tracks import (
    EmbeddedTrack,
    EstimatedKey,
    EstimatedTempo,
    Provenance,
    Segment,
    Track,
    TrackMetadata,
)

Open: TypeAlias = Callable[..., Awaitable[TrackIndex]]

SERVER_VARIABLE = "SEGUE_TEST_QDRANT_URL"
SPACE = "test-v1"
DIMENSION = 16
GENRE_DIMENSION = 4
GENRES = ("ambient", "blues", "drum and bass", "folk", "jazz", "métal")
MOODS = ("calm", "dark", "happy", "tense")
MUSICBRAINZ_IDS = tuple(f"{digit}" * 8 + "-2222-4333-8444-555555555555" for digit in "123")
ARTISTS = ("", "Ada", "  ADA ", "Björk", "Carla  Bley", "   ")


async def open_server(
    space: str = SPACE, genres: int | None = GENRE_DIMENSION, catalogue: str = ""
) -> QdrantIndex:
    if SERVER_VARIABLE not in os.environ:
        pytest.skip(f"{SERVER_VARIABLE} (qdrant://host:6334) names no Qdrant server")
    # A space of its own: nothing that the server holds is touched.
    key = os.environ.get("SEGUE_TEST_QDRANT_API_KEY", "")
    return await open_qdrant(os.environ[SERVER_VARIABLE], key, space, genres, catalogue)


async def open_qdrant(
    url: str, key: str, space: str, genres: int | None, catalogue: str = ""
) -> QdrantIndex:
    variables = {
        "SEGUE_INDEX_URL": url,
        "SEGUE_INDEX_API_KEY": key,
        "SEGUE_INDEX_TIMEOUT_SECONDS": "30",
    }
    settings = from_environment(IndexSettings, variables)
    return await QdrantIndex.open(
        settings, space=space, dimension=DIMENSION, genre_dimension=genres, catalogue=catalogue
    )


ENGINES = ["exact", "edge", "qdrant-local", "qdrant-server"]


@pytest.fixture(params=ENGINES)
async def spaces(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Open]:
    """Opens several spaces of one place, of any catalogue; closed, and emptied, at the end."""
    opened: list[TrackIndex] = []
    corrections: defaultdict[str, CorrectionsInMemory] = defaultdict(CorrectionsInMemory)
    servers = AsyncExitStack()
    url = ""
    if request.param == "qdrant-local":
        url = f"qdrant://127.0.0.1:{await servers.enter_async_context(local_qdrant())}"

    async def open_space(space: str, catalogue: str = "") -> TrackIndex:
        one: TrackIndex
        if request.param == "exact":
            one = ExactIndex(
                space=space,
                dimension=DIMENSION,
                genre_dimension=GENRE_DIMENSION,
                corrections=corrections[catalogue],
                catalogue=catalogue,
            )
        elif request.param == "qdrant-local":
            one = await open_qdrant(url, "", space, GENRE_DIMENSION, catalogue)
        elif request.param == "qdrant-server":
            one = await open_server(space, catalogue=catalogue)
        else:
            one = await EdgeIndex.open(
                tmp_path / "index",
                space=space,
                dimension=DIMENSION,
                genre_dimension=GENRE_DIMENSION,
                catalogue=catalogue,
            )
        opened.append(one)
        return one

    yield open_space
    for one in opened:
        listed, _ = await one.list_tracks(limit=10_000)
        await one.delete([track.track_id for track in listed])
    for one in opened:
        await one.close()
    await servers.aclose()


@pytest.fixture(params=ENGINES)
async def index(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[TrackIndex]:
    async with one_index(request.param, tmp_path, GENRE_DIMENSION) as opened:
        yield opened


@pytest.fixture(params=ENGINES)
async def without_genres(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[TrackIndex]:
    """An index of a model that gives no shares of genres."""
    async with one_index(request.param, tmp_path, None) as opened:
        yield opened


@asynccontextmanager
async def one_index(engine: str, folder: Path, genres: int | None) -> AsyncIterator[TrackIndex]:
    opened: TrackIndex
    servers = AsyncExitStack()
    if engine == "exact":
        opened = ExactIndex(space=SPACE, dimension=DIMENSION, genre_dimension=genres)
    elif engine == "qdrant-local":
        port = await servers.enter_async_context(local_qdrant())
        opened = await open_qdrant(f"qdrant://127.0.0.1:{port}", "", SPACE, genres)
    elif engine == "qdrant-server":
        opened = await open_server(SPACE if genres else "without-genres-v1", genres)
    else:
        opened = await EdgeIndex.open(
            folder / "index", space=SPACE, dimension=DIMENSION, genre_dimension=genres
        )
    yield opened
    if engine == "qdrant-server":
        listed, _ = await opened.list_tracks(limit=10_000)
        await opened.delete([track.track_id for track in listed])
    await opened.close()
    await servers.aclose()


@pytest.fixture
def oracle() -> ExactIndex:
    return ExactIndex(space=SPACE, dimension=DIMENSION, genre_dimension=GENRE_DIMENSION)


@pytest.fixture
def catalogue() -> Callable[..., list[EmbeddedTrack]]:
    return make_catalogue


PREDICTED: tuple[dict[str, float], ...] = (
    {"jazz": 0.5, "folk": 0.25},
    {"jazz": 0.499999, "métal": 0.999999, "drum and bass": 0.05},
    {},
    {"jazz": float(np.float32(0.29)), "folk": 0.1, "blues": 0.8},
    {"ambient": 0.07, "a@b": 0.6},
    {"folk": 0.57, "ambient": 0.3, "métal": 1.0, "blues": 0.0},
)


def make_further(number: int) -> dict[str, Any]:
    """What only some tracks say, in combinations that repeat with their number."""
    said: dict[str, Any] = {}
    if number % 3 == 0:
        said |= {"artist": "Ada, Björk", "artists": ("Ada", "Bjo\u0308rk"), "album_artist": "ADA"}
    if number % 4 == 1:
        said |= {"isrc": f"USRC176078{number % 10:02d}", "key": ("Am", "C", "F#m")[number % 3]}
        said |= {"bpm": 90.5 + number % 40, "track_gain_db": -7.25, "track_number": 1 + number % 9}
    if number % 5 == 2:
        said |= {"explicit": number % 2 == 0, "language": "eng", "disc_number": 2}
    if number % 6 == 3:
        said |= {
            "musicbrainz_recording_id": MUSICBRAINZ_IDS[0],
            "musicbrainz_release_id": MUSICBRAINZ_IDS[1],
            "musicbrainz_artist_ids": MUSICBRAINZ_IDS[number % 3 :],
        }
    return said


ESTIMATED_TEMPI = (None, EstimatedTempo(100.0, 0.9), EstimatedTempo(100.0, 0.49))
ESTIMATED_KEYS = (
    EstimatedKey("Am", 0.5), EstimatedKey("Am", 0.2), None, EstimatedKey("F#", 0.8),
    EstimatedKey("C", 1.0),
)  # fmt: skip


def with_sources(track: Track, number: int) -> Track:
    """The same metadata, from one source or several, or of an earlier version."""
    said = track.metadata
    if number % 4 == 1:
        return with_layers(track, MetadataLayers(said))
    if number % 4 == 2:
        return with_layers(track, MetadataLayers(TrackMetadata("Hidden", year=1900), said))
    if number % 4 == 3:
        corrections = corrections_to(said, ["artists", "genres", "year"])
        return with_layers(track, MetadataLayers(said, corrections=corrections))
    return track


def make_catalogue(size: int, *, seed: int = 0) -> list[EmbeddedTrack]:
    """Clustered tracks with every combination of given and missing metadata."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((6, DIMENSION))
    tracks = []
    for number in range(size):
        centre = centres[rng.integers(6)]
        count = int(rng.integers(0, 4))
        parts = centre + 0.5 * rng.standard_normal((count, DIMENSION))
        vector = parts.mean(axis=0) if count else centre + 0.5 * rng.standard_normal(DIMENSION)
        track = Track(
            f"track-{number:04d}",
            TrackMetadata(
                title=f"Title {number}",
                artist=str(rng.choice(ARTISTS)),
                album=f"Album {number % 7}",
                genres=tuple(rng.choice(GENRES, size=rng.integers(0, 4), replace=False).tolist()),
                moods=tuple(rng.choice(MOODS, size=rng.integers(0, 3), replace=False).tolist()),
                year=None if rng.random() < 0.2 else int(rng.integers(1990, 2000)),
            ).replaced(make_further(number)),
            duration_seconds=0.0 if rng.random() < 0.2 else float(rng.integers(30, 60)) + 0.25,
            source_uri=f"file:///music/{number}.mp3",
            content_sha256=f"{number:064x}",
            ingested_at=datetime(2026, 1, 1, 12, 30, number % 60, 250, tzinfo=UTC),
            predicted_genres=PREDICTED[number % len(PREDICTED)],
            predicted_moods={} if number % 5 == 0 else {"calm": 1.0, "dark": 0.29},
            predicted_descriptors={}
            if number % 3 == 0
            else {"piano": number % 10 / 10, "slow": 1.0},
            provenance=(None, *Provenance)[number % (1 + len(Provenance))],
            damage="decoded 171.2 s of 180.0 s" if number % 5 == 0 else "",
            file_name="Für Elise.mp3" if number % 7 == 0 else "",
            estimated_tempo=ESTIMATED_TEMPI[number % len(ESTIMATED_TEMPI)],
            estimated_key=ESTIMATED_KEYS[number % len(ESTIMATED_KEYS)],
        )
        track = with_sources(track, number)
        segments = [
            Segment(i, 10.0 * i, 10.0 * i + 10.0, part.astype(np.float32))
            for i, part in enumerate(parts)
        ]
        genre = rng.dirichlet(np.ones(GENRE_DIMENSION)).astype(np.float32)
        fingerprint = fingerprint_of(random_codes(number)) if number % 3 else NO_FINGERPRINT
        tracks.append(
            EmbeddedTrack(track, SPACE, vector.astype(np.float32), genre, segments, fingerprint)
        )
    return tracks
