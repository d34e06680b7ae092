"""A large synthetic catalogue whose right answers are known by brute force."""

from __future__ import annotations

import asyncio
import functools
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segue.embedding.configuration import newest_version, read_configuration_file
from segue.index.edge.builds import DEFAULT_POLICY, BuildPolicy
from segue.index.edge.index import EdgeIndex
from segue.query.recording_keeper import settle
from segue.resources import resource_folder
from segue.settings import DEFAULT_MODEL
from segue.tracks import EmbeddedTrack, Matrix, Segment, Track, TrackMetadata, Vector

_FOLDER = resource_folder("model_repository") / DEFAULT_MODEL
CARD = read_configuration_file(_FOLDER / "config.pbtxt", newest_version(_FOLDER)).card
SPACE = CARD.space
DIMENSION = CARD.dimension
GENRES = len(CARD.genres) or None
"""Length of the genre vectors that the model gives beside its embeddings."""
CLUSTERS = 2_000
SPREAD = 0.7
PASSAGE_SPREAD = 0.6
"""Length of what tells a passage from its song, whose vector has length 1."""
SHARES = (8, 50, 1_000)
"""A filter on the label ``one-in-N`` keeps one track of N."""

BATCH = 2_000

_NO_BUILDS = BuildPolicy(share=2.0)
"""No graph is built while a catalogue is filled: it would be built again and again as it grows."""


@dataclass(frozen=True)
class Catalogue:
    """Song vectors, shape (n, DIMENSION); labels follow from the position."""

    vectors: Matrix

    def labels(self, number: int) -> tuple[str, ...]:
        """Genre labels of the track at a position."""
        mixed = (number * 2_654_435_761) % 4_294_967_296
        return ("any", *(f"one-in-{share}" for share in SHARES if mixed % share == 0))

    @functools.cached_property
    def _labelled(self) -> dict[str, np.ndarray]:
        kept: dict[str, list[int]] = {}
        for number in range(len(self.vectors)):
            for label in self.labels(number):
                kept.setdefault(label, []).append(number)
        return {label: np.array(numbers) for label, numbers in kept.items()}

    def kept(self, label: str) -> np.ndarray:
        """Positions of the tracks that carry a label."""
        return self._labelled[label]

    def nearest(self, query: np.ndarray, label: str | None, limit: int) -> list[str]:
        """Ids of the most similar tracks, by brute force."""
        positions = np.arange(len(self.vectors)) if label is None else self.kept(label)
        scores = self.vectors[positions] @ query
        best = positions[np.argsort(-scores, kind="stable")[:limit]]
        return [track_id(int(number)) for number in best]


def track_id(number: int) -> str:
    """Id of the track at a position."""
    return f"track-{number:06d}"


def make_catalogue(count: int, seed: int = 7) -> Catalogue:
    """Unit vectors in clusters of uneven size, as genres and artists make them."""
    return Catalogue(_clustered(np.random.default_rng(seed), count))


def make_queries(count: int, seed: int = 11) -> Matrix:
    """Queries from the same clusters that are no tracks of the catalogue."""
    return _clustered(np.random.default_rng(seed), count)


def _clustered(rng: np.random.Generator, count: int) -> Matrix:
    centres = np.random.default_rng(3).normal(size=(CLUSTERS, DIMENSION))
    chosen = (CLUSTERS * rng.random(count) ** 2).astype(int)
    vectors = centres[chosen] + SPREAD * rng.normal(size=(count, DIMENSION))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32)


def filled(folder: Path, catalogue: Catalogue, *, passages: int = 0) -> Path:
    """Data folder whose index holds the catalogue: filled once, kept for later runs."""
    name = f"catalogue-{len(catalogue.vectors)}" + (f"x{passages}" if passages else "")
    data = folder / name
    done = data / "filled"
    if not done.exists():
        asyncio.run(_fill(data / "index", catalogue, passages))
        done.touch()
    return data


def embedded(
    catalogue: Catalogue, numbers: Iterable[int], *, passages: int = 0
) -> list[EmbeddedTrack]:
    """Tracks at some positions, as the index takes them, each with so many passages."""
    return [
        EmbeddedTrack(
            _track(catalogue, number),
            SPACE,
            catalogue.vectors[number],
            _genre_vector(number),
            _passages(catalogue, number, passages),
        )
        for number in numbers
    ]


def _passages(catalogue: Catalogue, number: int, count: int) -> list[Segment]:
    """Passages of ten seconds around a track's song vector."""
    if not count:
        return []
    noise = np.random.default_rng(number).normal(size=(count, DIMENSION))
    vectors = catalogue.vectors[number] + PASSAGE_SPREAD * noise / np.sqrt(DIMENSION)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return [
        Segment(place, 10.0 * place, 10.0 * (place + 1), vector)
        for place, vector in enumerate(vectors.astype(np.float32))
    ]


async def _fill(folder: Path, catalogue: Catalogue, passages: int) -> None:
    """Write all tracks, then build each graph once; what was written stays when it is stopped."""
    written = folder.parent / "written"
    if not written.exists():
        shutil.rmtree(folder, ignore_errors=True)
        index = await _open(folder, _NO_BUILDS)
        try:
            count = len(catalogue.vectors)
            for first in range(0, count, BATCH):
                numbers = range(first, min(first + BATCH, count))
                await index.upsert(embedded(catalogue, numbers, passages=passages))
            # What a service would do once in the background must not disturb what is measured.
            await settle(index)
        finally:
            await index.close()
        written.touch()
    index = await _open(folder, DEFAULT_POLICY)
    try:
        await index.settled()
    finally:
        await index.close()


async def _open(folder: Path, policy: BuildPolicy) -> EdgeIndex:
    return await EdgeIndex.open(
        folder, space=SPACE, dimension=DIMENSION, genre_dimension=GENRES, policy=policy
    )


def _genre_vector(number: int) -> Vector | None:
    if GENRES is None:
        return None
    shares = np.random.default_rng(number).random(GENRES)
    return (shares / np.linalg.norm(shares)).astype(np.float32)


def _track(catalogue: Catalogue, number: int) -> Track:
    metadata = TrackMetadata(
        title=f"Title {number}",
        artist=f"Artist {number % 5_000}",
        album=f"Album {number % 20_000}",
        genres=catalogue.labels(number),
        moods=("calm",),
        year=1960 + number % 60,
    )
    return Track(track_id(number), metadata, 200.0, f"file:///music/{number}.mp3", f"{number:064x}")
