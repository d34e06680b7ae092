"""An ingest worker over a small embedder and store that misbehave for tracks of certain titles.

Run as ``python misbehaving_worker.py STORE_FILE``; everything between is the real worker.

Titles: ``abort`` kills its process, ``hang`` never returns, ``glutton`` takes all memory,
``bug`` raises, ``flaky`` finds the index away at its first two attempts, ``away`` always.
With ``DEAF`` in its environment the worker takes no messages.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import numpy.typing as npt
from celery import bootsteps

from segue.ingest.commands import prepare_environment
from segue.settings import TelemetrySettings, from_environment

STORE = Path(sys.argv[1])
DIMENSION = 16


class SmallEmbedder:
    """Mean energies of neighbouring bands, normalised: the same chunk, the same vector."""

    async def card(self):
        return CARD

    async def embed_stream(
        self, batches: AsyncIterator[npt.NDArray[np.float32]], *, timeout_seconds=None
    ):
        async for batch in batches:
            energies = batch.mean(axis=2).reshape(len(batch), DIMENSION, -1).mean(axis=2) + 100.0
            vectors = energies / np.linalg.norm(energies, axis=1, keepdims=True)
            yield ChunkEmbeddings(vectors.astype(np.float32))

    async def close(self):
        pass


class SqliteStore:
    """A durable track store that several processes share; it also counts upserts."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, timeout=30)

    @classmethod
    def create(cls, path: Path) -> None:
        """Make the file, unless it is there: by one process, for two at once lock each other out.

        SQLite refuses to change the journal's mode beside another connection, without any wait.
        """
        store = cls(path)
        store._db.execute("PRAGMA journal_mode = WAL")
        store._db.execute(
            "CREATE TABLE IF NOT EXISTS tracks (id TEXT PRIMARY KEY, sha TEXT, title TEXT,"
            " source TEXT, vector BLOB, segments INTEGER, upserts INTEGER DEFAULT 1,"
            " attempts INTEGER DEFAULT 0)"
        )
        store._db.execute("CREATE TABLE IF NOT EXISTS attempts (id TEXT)")
        store._db.close()

    async def get(self, track_ids: Sequence[str]):
        found = {}
        for track_id in track_ids:
            row = self._db.execute(
                "SELECT sha, title, source FROM tracks WHERE id = ?", (track_id,)
            ).fetchone()
            if row:
                found[track_id] = Track(
                    track_id,
                    TrackMetadata(title=row[1]),
                    source_uri=row[2],
                    content_sha256=row[0],
                    # All items of these tests are the owner's.
                    provenance=Provenance.OWNER,
                    layers=MetadataLayers(given=TrackMetadata(title=row[1])),
                )
        return found

    async def upsert(self, tracks) -> None:
        for embedded in tracks:
            track = embedded.track
            self._db.execute("INSERT INTO attempts VALUES (?)", (track.track_id,))
            attempt = self._db.execute(
                "SELECT COUNT(*) FROM attempts WHERE id = ?", (track.track_id,)
            ).fetchone()[0]
            misbehave(track.metadata.title, attempt)
            self._db.execute(
                "INSERT INTO tracks (id, sha, title, source, vector, segments)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
                " sha = excluded.sha, title = excluded.title, source = excluded.source,"
                " vector = excluded.vector, segments = excluded.segments, upserts = upserts + 1",
                (
                    track.track_id,
                    track.content_sha256,
                    track.metadata.title,
                    track.source_uri,
                    embedded.vector.tobytes(),
                    len(embedded.segments),
                ),
            )

    async def insert(self, tracks) -> set[str]:
        known = set(await self.get([embedded.track.track_id for embedded in tracks]))
        await self.upsert([one for one in tracks if one.track.track_id not in known])
        return known

    async def move(self, sources) -> set[str]:
        known = set(await self.get(list(sources)))
        for track_id in known:
            self._db.execute(
                "UPDATE tracks SET source = ? WHERE id = ?", (sources[track_id], track_id)
            )
        return known

    async def describe(self, track_id, layers) -> bool:
        title = layers.effective().title
        changed = self._db.execute("UPDATE tracks SET title = ? WHERE id = ?", (title, track_id))
        return changed.rowcount > 0

    async def close(self) -> None:
        self._db.close()


def misbehave(title: str, attempt: int) -> None:
    match title:
        case "abort":
            os.abort()
        case "hang":
            time.sleep(3_600)
        case "glutton":
            np.ones(8 << 30, np.uint8)
        case "bug":
            raise RuntimeError("a bug")
        case "flaky" if attempt <= 2:
            raise IndexUnavailable("the index is away")
        case "away":
            raise IndexUnavailable("the index is away for ever")


class Deafness(bootsteps.StartStopStep):
    """Never listens for messages, as Celery may do when it misses that a connection closed."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, consumer):
        consumer.task_consumer.consume = lambda: None


async def open_small_parts(settings):
    return Backends(
        card=CARD,
        embedder=SmallEmbedder(),
        store=SqliteStore(STORE),
        sources=Sources.of(settings.queue, settings.audio, settings.kept),
        limits=AudioLimits(),
        embed_timeout_seconds=10,
    )


if __name__ == "__main__":
    with ExitStack() as stack:
        telemetry_settings = from_environment(TelemetrySettings)
        prepare_environment(telemetry_settings, stack)
        from segue.audio.decoding import AudioLimits
        from segue.audio.front_end import FrontEnd
        from segue.embedding.model import ChunkEmbeddings, ModelCard
        from segue.errors import IndexUnavailable
        from segue.ingest.app import IngestApp
        from segue.ingest.pipeline import Backends
        from segue.ingest.sources import Sources
        from segue.ingest.worker_settings import WorkerSettings
        from segue.layers import MetadataLayers
        from segue.telemetry import configure_logging, serve_metrics
        from segue.tracks import Provenance, Track, TrackMetadata

        CARD = ModelCard("small", 1, DIMENSION, FrontEnd())
        configure_logging(telemetry_settings)
        SqliteStore.create(STORE)
        server = serve_metrics(telemetry_settings)
        if server is not None:
            stack.callback(server.close)
        app = IngestApp(WorkerSettings.from_environment(), open_small_parts)
        if "DEAF" in os.environ:
            app.steps["consumer"].add(Deafness)
        code = app.run_worker()
    sys.exit(code)
