"""The query service: puts everything together, listens, and ends gracefully."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

import grpc
from grpc_health.v1 import health, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from segue.audio.decoder_pool import DecoderPool
from segue.catalogues import ONLY_DEFAULT, Catalogues
from segue.embedding.model import Embedder, ModelCard
from segue.errors import SegueError
from segue.exposure import check_listening
from segue.index.port import TrackIndex
from segue.jobs.map_store import MapStore
from segue.jobs.port import JobStore
from segue.media.kept_uploads import KeptUploads
from segue.query import catalog, listeners, maps, playlists, similarity, status, uploads
from segue.query.access import Access
from segue.query.address import ReservedAddress, reserve
from segue.query.admission import LARGEST_MESSAGE_BYTES, Admission
from segue.query.backends import Backends
from segue.query.catalog import CatalogServicer
from segue.query.change_notes import ChangeNotes
from segue.query.clips import ClipEmbedder
from segue.query.interceptors import Boundary, Deadlines
from segue.query.kept_metrics import keep_showing
from segue.query.kept_sweep import keep_sweeping
from segue.query.labels import KnownLabels
from segue.query.learned import NOTHING_LEARNED, Learned
from segue.query.listeners import ListenerServicer
from segue.query.map_keeper import MapKeeper
from segue.query.maps import MapServicer
from segue.query.paging import PageTokens
from segue.query.playlists import PlaylistServicer
from segue.query.queue_metrics import QueueMetrics
from segue.query.readiness import Readiness
from segue.query.recording_keeper import RecordingKeeper
from segue.query.search import SimilaritySearch
from segue.query.seeds import SeedSearch
from segue.query.similarity import SimilarityServicer
from segue.query.status import StatusServicer
from segue.query.word_keeper import WordKeeper
from segue.settings import AdmissionSettings, InvalidSetting, QuerySettings

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 30.0
"""How long callers are kept waiting at a closed port for what the service cannot do without."""

READERS = 16
"""Pieces of audio that are read from disks and shares at the same time."""

_OPTIONS = (
    ("grpc.max_receive_message_length", LARGEST_MESSAGE_BYTES),
    # Of a request that nobody asked for yet, gRPC takes in 64 KiB and no more.
    ("grpc.http2.bdp_probe", 0),
    # More than these of one connection wait at the client: no caller needs as many.
    ("grpc.max_concurrent_streams", 128),
    # A connection that never says what it wants, says nothing any more, or is gone, is let go.
    ("grpc.server_handshake_timeout_ms", 10_000),
    ("grpc.max_connection_idle_ms", 120_000),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.max_send_message_length", -1),
    # A client may ask whether the connection still stands while a watch is silent.
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    # Two services on one port would share its callers without a word.
    ("grpc.so_reuseport", 0),
)


class QueryServer:
    """A gRPC server over an embedder, an index, a job store and a collaborative source.

    It listens once the model has answered and the index is open, and not before: who waits for the
    port, or is sent here because of it, is answered. It closes everything that it was given.

    Parameters
    ----------
    open_index
        Opens the index of a catalogue that belongs to a model; called until it succeeds.
    spool
        Folder for uploads.
    access
        Knows the owner.
    admission
        How much calls may take.
    page_tokens
        Makes page tokens; None: with a key of this process's own.
    kept
        Where uploads are kept; None: nowhere.
    media_roots
        Folders below which files must lie to be read for an account; none: they may lie anywhere.
    learned
        The collaborative sides of the catalogues, those that have one. Unless each has a keeper of
        listeners, ListenerService is not served.
    catalogues
        Those that are served.
    map_stores
        Where the maps of the catalogues are published. Unless each has one, MapService is not
        served.
    map_automatic
        Whether a map is made again when its catalogue has changed.
    changes
        Notes which tracks calls change.
    """

    def __init__(
        self,
        settings: QuerySettings,
        *,
        embedder: Embedder,
        open_index: Callable[[ModelCard, str], Awaitable[TrackIndex]],
        job_store: JobStore,
        spool: Path,
        largest_upload_bytes: int,
        access: Access,
        admission: AdmissionSettings,
        page_tokens: PageTokens | None = None,
        embed_timeout_seconds: float = 30.0,
        kept: KeptUploads | None = None,
        media_roots: Sequence[Path] = (),
        learned: Mapping[str, Learned] = MappingProxyType({}),
        catalogues: Catalogues = ONLY_DEFAULT,
        map_stores: Mapping[str, MapStore] = MappingProxyType({}),
        map_automatic: bool = True,
        changes: ChangeNotes | None = None,
    ) -> None:
        self._settings = settings
        self._backends = Backends(embedder, kept, catalogues, media_roots)
        self._covers = DecoderPool(1)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="reader")
        self._job_store = job_store
        self._learned = {name: learned.get(name, NOTHING_LEARNED) for name in catalogues}
        self._spool = spool
        self._changes = ChangeNotes() if changes is None else changes
        self._clips = ClipEmbedder(embedder, timeout_seconds=embed_timeout_seconds)
        labels = KnownLabels()
        searches = {
            catalogue: SimilaritySearch(
                one.source,
                collaborative_timeout_seconds=settings.collaborative_timeout_seconds,
                popularity=one.popularity,
                rankers=one.rankers,
                catalogue=catalogue,
            )
            for catalogue, one in self._learned.items()
        }
        self._server = grpc.aio.server(
            # The first is the outermost.
            interceptors=[
                Boundary(),
                access,
                Admission(admission),
                Deadlines(settings.default_timeout_seconds),
            ],
            options=[
                *_OPTIONS,
                ("grpc.max_allowed_incoming_connections", admission.most_connections),
            ],
        )
        tokens = PageTokens() if page_tokens is None else page_tokens
        seeds = {
            catalogue: SeedSearch(self._clips, one.plays)
            for catalogue, one in self._learned.items()
        }
        SimilarityServicer(self._backends, searches, seeds, labels, tokens).add_to(self._server)
        PlaylistServicer(self._backends, searches, seeds, labels).add_to(self._server)
        CatalogServicer(
            self._backends,
            job_store,
            labels,
            tokens,
            spool=spool,
            largest_upload_bytes=largest_upload_bytes,
            covers=self._covers,
            readers=self._readers,
            changes=self._changes,
        ).add_to(self._server)
        of_the_index = [similarity.SERVICE, playlists.SERVICE, catalog.SERVICE]
        self._keepers = {
            catalogue: one.listener_keeper
            for catalogue, one in self._learned.items()
            if one.listener_keeper is not None
        }
        records_listeners = self._keepers.keys() == self._learned.keys()
        StatusServicer(
            self._backends, job_store, self._learned, records_listeners=records_listeners
        ).add_to(self._server)
        if records_listeners:
            ListenerServicer(self._backends, self._keepers).add_to(self._server)
            of_the_index.append(listeners.SERVICE)
        self._map_keepers = {
            catalogue: MapKeeper(
                store, self._backends, automatic=map_automatic, catalogue=catalogue
            )
            for catalogue, store in map_stores.items()
        }
        if self._map_keepers.keys() == self._learned.keys():
            MapServicer(self._map_keepers, self._backends).add_to(self._server)
            of_the_index.append(maps.SERVICE)
        self.readiness = Readiness(self._backends, open_index, of_the_index)
        self._queue_metrics = QueueMetrics(job_store, self.readiness.show_queue)
        health_pb2_grpc.add_HealthServicer_to_server(self.readiness.servicer, self._server)
        names = (*of_the_index, status.SERVICE, health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, self._server)
        self._reserved: ReservedAddress | None = None
        self._keeping: list[asyncio.Task[None]] = []

    async def start(self) -> int:
        """Wait for model and index, then listen; the port that is really listened on.

        The address is tried first, so that a wrong one is told of at once. When model or index do
        not come, it listens after a while all the same, NOT_SERVING, for an operator who asks why.

        Raises
        ------
        InvalidSetting
            When the address cannot be listened on, or is reached by other machines, or the settings
            name no index to search.
        """
        check_listening(self._settings.listen, insecure=self._settings.insecure)
        self._reserved = await reserve(self._settings.listen)
        await asyncio.to_thread(uploads.sweep, self._spool)
        self._keeping.append(asyncio.create_task(self._queue_metrics.keep()))
        if not await self.readiness.wait(PATIENCE_SECONDS):
            log.warning("listening all the same: segue status tells what is missing")
        self._reserved.release()
        try:
            port = self._server.add_insecure_port(self._reserved.address)
        except RuntimeError as exc:
            raise InvalidSetting(f"SEGUE_LISTEN = {self._settings.listen!r}: {exc}") from exc
        await self._server.start()
        self._keeping.append(asyncio.create_task(self.readiness.keep()))
        self._keeping.append(asyncio.create_task(RecordingKeeper(self._backends).keep()))
        self._keeping.append(asyncio.create_task(WordKeeper(self._backends).keep()))
        self._keeping.append(asyncio.create_task(keep_sweeping(self._backends)))
        self._keeping.append(asyncio.create_task(self._changes.keep()))
        for keeper in self._keepers.values():
            self._keeping.append(asyncio.create_task(keeper.keep()))
        for map_keeper in self._map_keepers.values():
            self._keeping.append(asyncio.create_task(map_keeper.keep()))
        if self._backends.kept is not None:
            self._keeping.append(asyncio.create_task(keep_showing(self._backends.kept)))
        log.info("listening on port %d", port)
        return int(port)

    async def stop(self) -> None:
        """Refuse new calls, let running ones end within the grace, close everything."""
        await self.readiness.stop()
        for keeping in self._keeping:
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping
        await self._server.stop(self._settings.shutdown_grace_seconds)
        if self._reserved is not None:
            self._reserved.release()
        self._clips.close()
        self._covers.close()
        self._readers.shutdown(wait=False, cancel_futures=True)
        closing = [
            self._backends.embedder.close(),
            self._job_store.close(),
            self._changes.close(),
        ]
        # Catalogues may share a source.
        sources = {id(one.source): one.source for one in self._learned.values()}
        closing += [source.close() for source in sources.values() if source is not None]
        closing += [keeper.close() for keeper in self._keepers.values()]
        closing += [map_keeper.close() for map_keeper in self._map_keepers.values()]
        closing += [index.close() for index in self._backends.opened.values()]
        for closed in closing:
            try:
                await closed
            except SegueError as error:
                log.warning("while closing: %s", error)
