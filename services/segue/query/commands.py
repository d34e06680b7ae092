"""``segue query``: runs the query service until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
from dataclasses import replace

import click
import uvloop

from segue.command import SegueCommand, insecure_option, json_option
from segue.embedding.model import ModelCard
from segue.embedding.triton import TritonEmbedder
from segue.index.by_url import open_index, tell_of_plain_key
from segue.index.port import TrackIndex
from segue.jobs.changed_tracks import ChangedTracks
from segue.jobs.map_store import MapStore
from segue.jobs.redis_store import RedisJobStore
from segue.media.kept_uploads import KeptUploads
from segue.owner_token import token_of
from segue.query.access import Access
from segue.query.change_notes import ChangeNotes
from segue.query.learned import PublishedLearning
from segue.query.open_files import room_for_connections
from segue.query.paging import PageTokens
from segue.query.server import QueryServer
from segue.ranking.collaborative import open_source
from segue.settings import (
    AccessSettings,
    AdmissionSettings,
    AudioSettings,
    CatalogueSettings,
    FactorSettings,
    IndexSettings,
    KeptUploadSettings,
    ListenerSettings,
    MapSettings,
    ModelSettings,
    QuerySettings,
    QueueSettings,
    TelemetrySettings,
    from_environment,
)
from segue.telemetry import configure_logging, serve_metrics

log = logging.getLogger(__name__)

_SWITCH_SECONDS = 0.001
"""For so long a thread that computes keeps the interpreter from the event loop, which asks for it
again after every look at its connections."""

_ROUNDS_OF_GARBAGE = 100
"""Collections of younger objects between two of all objects."""


@click.command(cls=SegueCommand)
@click.option("--listen", metavar="HOST:PORT", help="Address to serve on (SEGUE_LISTEN).")
@insecure_option
@json_option
def query(listen: str | None, insecure: bool, as_json: bool) -> None:
    """Serve similarity search and the catalogue over gRPC.

    Everything is configured by SEGUE_* environment variables. Ends gracefully on SIGTERM.
    """
    del as_json  # only failures print
    telemetry = from_environment(TelemetrySettings)
    configure_logging(telemetry)
    settings = from_environment(QuerySettings)
    if listen is not None:
        settings = replace(settings, listen=listen)
    settings = replace(settings, insecure=settings.insecure or insecure)
    metrics = serve_metrics(telemetry)
    try:
        # A third less CPU per call than the standard loop.
        uvloop.run(serve(settings))
    finally:
        if metrics is not None:
            metrics.close()


async def serve(settings: QuerySettings) -> None:
    """Serve until SIGTERM or SIGINT."""
    model = from_environment(ModelSettings)
    queue = from_environment(QueueSettings)
    index_settings = from_environment(IndexSettings)
    access = from_environment(AccessSettings)
    admission = from_environment(AdmissionSettings)
    listeners = from_environment(ListenerSettings)
    factor_settings = from_environment(FactorSettings)
    catalogues = from_environment(CatalogueSettings).known
    learning = {
        catalogue: PublishedLearning(queue, factor_settings, listeners, catalogue)
        for catalogue in catalogues
    }
    built_in = settings.collaborative_url.startswith("factors:")
    source = None
    if not built_in:
        source = open_source(
            settings.collaborative_url,
            ca_file=settings.collaborative_ca,
            token=settings.collaborative_token,
        )
    tell_of_plain_key(index_settings)

    async def open_for(card: ModelCard, catalogue: str) -> TrackIndex:
        return await open_index(
            index_settings,
            space=card.space,
            dimension=card.dimension,
            genre_dimension=len(card.genres) or None,
            catalogue=catalogue,
        )

    server = QueryServer(
        settings,
        embedder=TritonEmbedder(
            model.triton_url,
            model.model,
            model.model_version,
            timeout_seconds=model.embed_timeout_seconds,
        ),
        open_index=open_for,
        job_store=RedisJobStore(queue),
        spool=queue.spool,
        access=Access.of(access),
        admission=replace(
            admission, most_connections=room_for_connections(admission.most_connections)
        ),
        # Replicas share the owner's token, so a page token of one is good for the others.
        page_tokens=PageTokens(token_of(access)),
        largest_upload_bytes=from_environment(AudioSettings).max_upload_bytes,
        embed_timeout_seconds=model.embed_timeout_seconds,
        kept=KeptUploads.of(from_environment(KeptUploadSettings)),
        media_roots=queue.media_folders,
        learned={
            catalogue: one.learned(built_in=built_in, source=source)
            for catalogue, one in learning.items()
        },
        catalogues=catalogues,
        map_stores={one: MapStore(queue, catalogue=one) for one in catalogues},
        map_automatic=from_environment(MapSettings).map_automatic,
        changes=ChangeNotes(
            {catalogue: ChangedTracks(queue, catalogue=catalogue) for catalogue in catalogues}
        ),
    )
    for one in learning.values():
        one.start()
    running = asyncio.create_task(_run(server))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        log.info("stopping")
    finally:
        await server.stop()
        for one in learning.values():
            await one.close()


async def _run(server: QueryServer) -> None:
    """Start, which may take as long as the model does, and serve until cancelled."""
    await server.start()
    _collect_garbage_rarely()
    sys.setswitchinterval(_SWITCH_SECONDS)
    await asyncio.Event().wait()


def _collect_garbage_rarely() -> None:
    """Leave alone what stays, and look at all of the rest ten times less often than usual.

    One collection of all objects stops the service for tens of milliseconds.
    """
    gc.collect()
    gc.freeze()
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _ROUNDS_OF_GARBAGE)
