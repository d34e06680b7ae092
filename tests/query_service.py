"""A query service in this process: real gRPC, real index, real decoding; no inference server."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import grpc
import numpy as np
import numpy.typing as npt

from job_items import every_item
from segue.audio.front_end import FrontEnd
from segue.audio.signals import MelChunks
from segue.catalogues import Catalogues
from segue.embedding.model import ChunkEmbeddings, ModelCard
from segue.errors import EmbedderUnavailable, JobCancelled, JobNotFound, NotFound
from segue.index.port import TrackIndex
from segue.ingest_jobs import (
    DeadLetter,
    IngestItem,
    ItemState,
    ItemStatus,
    JobChange,
    JobProgress,
    QueueState,
    Submission,
)
from segue.jobs.listener_store import ListenerStore
from segue.jobs.map_store import MapStore
from segue.jobs.port import JobStore
from segue.jobs.presence import HeardWorker, WorkerCard
from segue.layers import MetadataLayers, with_layers
from segue.media.kept_uploads import KeptUploads
from segue.query.access import Access
from segue.query.change_notes import ChangeNotes
from segue.query.clips import Clip
from segue.query.learned import Learned
from segue.query.listener_keeper import ListenerKeeper
from segue.query.server import QueryServer
from segue.ranking.collaborative import CollaborativeSource, ScoreQuery
from segue.settings import AdmissionSettings, ListenerSettings, QuerySettings, QueueSettings
from segue.tracks import EmbeddedTrack, Provenance, Segment, Track, TrackMetadata
from segue.v1.catalog_service_pb2_grpc import CatalogServiceStub
from segue.v1.playlist_service_pb2_grpc import PlaylistServiceStub
from segue.v1.similarity_service_pb2_grpc import SimilarityServiceStub
from segue.v1.status_service_pb2_grpc import StatusServiceStub

DIMENSION = 8
GENRES = ("jazz", "metal")
PIECE = 1_000
CARD = ModelCard("bands", 1, DIMENSION, FrontEnd(), genres=GENRES)
NOW = datetime(2025, 3, 4, 5, 6, 7, tzinfo=UTC)


class BandEmbedder:
    """Embeds a chunk as the mean levels of eight groups of bands: tones apart differ."""

    def __init__(self) -> None:
        self.answers = True
        self.timeouts: list[float | None] = []

    async def card(self) -> ModelCard:
        if not self.answers:
            raise EmbedderUnavailable("switched off")
        return CARD

    async def embed_stream(
        self,
        batches: AsyncIterator[npt.NDArray[np.float32]],
        *,
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[ChunkEmbeddings]:
        self.timeouts.append(timeout_seconds)
        if not self.answers:
            raise EmbedderUnavailable("switched off")
        async for mels in batches:
            levels = mels.reshape(len(mels), DIMENSION, -1).mean(axis=2) + 80.0
            yield ChunkEmbeddings(levels / np.linalg.norm(levels, axis=1, keepdims=True))

    async def close(self) -> None:
        """Nothing is held open."""


class JobStoreInMemory:
    """A job store in memory whose jobs move only when a test moves them."""

    def __init__(self) -> None:
        self.jobs: dict[str, list[IngestItem]] = {}
        self.cancelled: set[str] = set()
        self.letters: list[DeadLetter] = []
        self.requests: dict[str, str] = {}
        self.catalogues: dict[str, str] = {}
        self.heard = [HeardWorker(WorkerCard("attic", 7, 2, "1.0"), 1.5)]

    async def submit(
        self, items: Sequence[IngestItem], *, job_id: str | None = None, request_id: str = ""
    ) -> Submission:
        if request_id in self.requests:
            return Submission(self.requests[request_id], repeated=True, upload_needed=True)
        if job_id is not None and job_id not in self.jobs:
            raise JobNotFound(f"no ingest job {job_id!r}")
        if job_id in self.cancelled:
            raise JobCancelled(f"the ingest job {job_id!r} was cancelled")
        job_id = job_id or f"job-{len(self.jobs) + 1}"
        self.catalogues.setdefault(job_id, items[0].catalogue)
        self.jobs.setdefault(job_id, []).extend(items)
        if request_id:
            self.requests[request_id] = job_id
        return Submission(job_id)

    async def progress(self, job_id: str) -> JobProgress:
        if job_id not in self.jobs:
            raise JobNotFound(f"no ingest job {job_id!r}")
        stopped = job_id in self.cancelled
        state = ItemState.CANCELLED if stopped else ItemState.QUEUED
        counts = {state: len(self.jobs[job_id])}
        catalogue = self.catalogues[job_id]
        return JobProgress(job_id, NOW, NOW if stopped else None, counts, catalogue)

    async def items(
        self, job_id: str, *, first: int = 0
    ) -> AsyncGenerator[Sequence[ItemStatus], None]:
        for start in range(first, len(self.jobs[job_id]), PIECE):
            yield [
                ItemStatus(item.track_id, item.uri, ItemState.QUEUED)
                for item in self.jobs[job_id][start : start + PIECE]
            ]

    async def list_jobs(
        self, *, limit: int, after: str | None = None, catalogue: str = ""
    ) -> tuple[list[JobProgress], str | None]:
        of_it = [job for job in reversed(self.jobs) if self.catalogues[job] == catalogue]
        newest = of_it[int(after or 0) :]
        following = str(int(after or 0) + limit) if len(newest) > limit else None
        return [await self.progress(job_id) for job_id in newest[:limit]], following

    async def cancel(self, job_id: str) -> int:
        before = await self.progress(job_id)
        self.cancelled.add(job_id)
        return before.counts.get(ItemState.QUEUED, 0)

    async def watch(self, job_id: str) -> AsyncIterator[JobChange]:
        yield JobChange(await self.progress(job_id), await every_item(self, job_id))
        done = [
            ItemStatus(item.track_id, item.uri, ItemState.INDEXED, attempts=1)
            for item in self.jobs[job_id]
        ]
        yield JobChange(JobProgress(job_id, NOW, NOW, {ItemState.INDEXED: len(done)}), done)

    async def dead_letters(
        self, *, limit: int, after: str | None = None, reason: str = "", catalogue: str = ""
    ) -> tuple[list[DeadLetter], str | None, int]:
        letters = self._letters(reason, catalogue)
        start = int(after or 0)
        following = str(start + limit) if start + limit < len(letters) else None
        return letters[start : start + limit], following, len(letters)

    async def replay(
        self,
        dead_letter_ids: Sequence[str],
        *,
        reason: str = "",
        request_id: str = "",
        catalogue: str = "",
    ) -> tuple[str | None, int]:
        known = {one.dead_letter_id: one for one in self._letters(reason, catalogue)}
        for one in dead_letter_ids:
            if one not in known:
                raise NotFound(f"no dead letter {one!r}")
        chosen = [known[one] for one in dead_letter_ids or known]
        if not chosen:
            return None, 0
        self.letters = [one for one in self.letters if one not in chosen]
        return (await self.submit([one.item for one in chosen])).job_id, len(chosen)

    async def dismiss(
        self,
        dead_letter_ids: Sequence[str],
        *,
        reason: str = "",
        request_id: str = "",
        catalogue: str = "",
    ) -> int:
        known = {one.dead_letter_id for one in self._letters(reason, catalogue)}
        for one in dead_letter_ids:
            if one not in known:
                raise NotFound(f"no dead letter {one!r}")
        chosen = set(dead_letter_ids or known)
        self.letters = [one for one in self.letters if one.dead_letter_id not in chosen]
        return len(chosen)

    def _letters(self, reason: str, catalogue: str) -> list[DeadLetter]:
        of_it = [one for one in self.letters if one.item.catalogue == catalogue]
        return [one for one in of_it if reason in ("", one.reason)]

    async def queue_state(self) -> QueueState:
        return QueueState(sum(map(len, self.jobs.values())), 0.0, len(self.letters))

    async def workers(self) -> list[HeardWorker]:
        return self.heard

    async def close(self) -> None:
        """Nothing is held open."""


@dataclass
class Recommender:
    """A collaborative source that a test can break."""

    known: dict[str, float] = field(default_factory=dict)
    error: Exception | None = None
    asked: list[tuple[ScoreQuery, float]] = field(default_factory=list)

    async def scores(self, query: ScoreQuery, *, timeout_seconds: float) -> dict[str, float]:
        self.asked.append((query, timeout_seconds))
        if self.error is not None:
            raise self.error
        return self.known

    async def close(self) -> None:
        """Nothing is held open."""


@dataclass
class Service:
    """A running query service and what stands behind it."""

    address: str
    similarity: SimilarityServiceStub
    playlists: PlaylistServiceStub
    catalog: CatalogServiceStub
    status: StatusServiceStub
    channel: grpc.aio.Channel
    server: QueryServer
    index: TrackIndex
    embedder: BandEmbedder
    job_store: JobStoreInMemory
    recommender: Recommender
    spool: Path


def direction(degrees: float) -> npt.NDArray[np.float32]:
    """Unit vector in the plane of the first two axes: cosines are cosines of differences."""
    vector = np.zeros(DIMENSION, np.float32)
    vector[:2] = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return vector


def embedded(track_id: str, degrees: float, **metadata: object) -> EmbeddedTrack:
    """A track whose song vector points to ``degrees``, its passages 3 degrees around it.

    Its title is of its tags, the rest was given.
    """
    track = Track(
        track_id,
        duration_seconds=60.0 + degrees,
        source_uri=f"file:///music/{track_id}.flac",
        content_sha256=hashlib.sha256(track_id.encode()).hexdigest(),
        ingested_at=NOW,
        predicted_genres={"metal": 0.25, "jazz": 0.75},
        provenance=Provenance.OWNER,
    )
    given = TrackMetadata(**metadata)  # type: ignore[arg-type]
    return EmbeddedTrack(
        with_layers(track, MetadataLayers(TrackMetadata(title=track_id.title()), given)),
        "bands-v1",
        direction(degrees),
        segments=[
            Segment(0, 0.0, 10.0, direction(degrees - 3)),
            Segment(1, 10.0, 20.0, direction(degrees + 3)),
        ],
    )


CATALOGUE = [
    embedded("a", 0, artist="Ann", genres=("jazz",), moods=("calm",), year=1960),
    embedded("b", 10, artist="Bob", genres=("jazz", "blues"), moods=("dark",), year=1970),
    embedded("c", 20, artist="Ann", genres=("metal",), moods=("dark",), year=1980),
    embedded("d", 30, artist="Dee", genres=("metal",), moods=("calm",), year=1990),
    embedded("e", 80, artist="Eve", genres=("jazz",), moods=("calm",)),
]
"""Five tracks; from ``a``, the others follow in the order of the alphabet."""


TOKEN = "of-the-owner-of-this-service"
OPEN = Access(TOKEN, open_to_everybody=True)
USUAL = AdmissionSettings()


async def serve(
    index: TrackIndex,
    tmp_path: Path,
    *,
    queue: JobStore | None = None,
    access: Access = OPEN,
    admission: AdmissionSettings = USUAL,
    kept: KeptUploads | None = None,
    media_roots: Sequence[Path] = (),
    listener_keeper: ListenerKeeper | None = None,
    others: Sequence[TrackIndex] = (),
    map_stores: Sequence[MapStore] = (),
    changes: ChangeNotes | None = None,
    **settings: float,
) -> AsyncGenerator[Service, None]:
    """Serve an index, with further settings, until the generator is closed.

    ``others`` are the indexes of further catalogues. ``queue`` takes the place of the store in
    memory; ``kept`` is where uploads are kept, ``media_roots`` where accounts
    hear files. Without a ``listener_keeper``, there is one whose
    queue does not answer. Maps of ``map_stores``, one for each catalogue in the order of these, are
    made when somebody asks for them, and not by themselves. ``changes`` notes which tracks calls
    change.
    """
    embedder, job_store, recommender = BandEmbedder(), JobStoreInMemory(), Recommender()

    indexes = {one.catalogue: one for one in (index, *others)}

    async def open_for(card: ModelCard, catalogue: str) -> TrackIndex:
        assert card.space == index.space
        return indexes[catalogue]

    source: CollaborativeSource = recommender

    def nobody() -> ListenerKeeper:
        nothing = ListenerSettings()
        queue = QueueSettings(redis_url=f"unix://{tmp_path}/nobody")
        return ListenerKeeper(ListenerStore(queue, nothing), nothing)

    server = QueryServer(
        QuerySettings(listen="127.0.0.1:0", shutdown_grace_seconds=0.5, **settings),
        embedder=embedder,
        open_index=open_for,
        job_store=job_store if queue is None else queue,
        spool=tmp_path / "spool",
        largest_upload_bytes=1_000_000,
        access=access,
        admission=admission,
        kept=kept,
        media_roots=media_roots,
        learned={
            "": Learned(source, listener_keeper or nobody()),
            **{one.catalogue: Learned(source, nobody()) for one in others},
        },
        catalogues=Catalogues(tuple(one.catalogue for one in others)),
        map_stores=dict(zip(indexes, map_stores, strict=True)) if map_stores else {},
        map_automatic=False,
        changes=changes,
    )
    port = await server.start()
    address = f"127.0.0.1:{port}"
    try:
        async with grpc.aio.insecure_channel(address) as channel:
            yield Service(
                address,
                SimilarityServiceStub(channel),  # type: ignore[no-untyped-call]
                PlaylistServiceStub(channel),  # type: ignore[no-untyped-call]
                CatalogServiceStub(channel),  # type: ignore[no-untyped-call]
                StatusServiceStub(channel),  # type: ignore[no-untyped-call]
                channel,
                server,
                index,
                embedder,
                job_store,
                recommender,
                tmp_path / "spool",
            )
    finally:
        await server.stop()


KILLER, HANGER = Clip(b"kill"), Clip(b"hang")


def fragile(clip: Clip, front: FrontEnd) -> list[MelChunks]:
    """A decoder that dies of one clip, hangs on another, and decodes all others to a ramp."""
    if clip == KILLER:
        os.kill(os.getpid(), signal.SIGSEGV)
    if clip == HANGER:
        time.sleep(600)
    ramp = np.linspace(front.floor_db, 0, front.bands, dtype=np.float32)
    return [np.tile(ramp[None, :, None], (1, 1, front.chunk_frames))]
