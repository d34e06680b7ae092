"""Opens what a worker process works with: inference server, index, sources."""

from __future__ import annotations

from dataclasses import replace

from segue.audio.decoding import AudioLimits
from segue.catalogues import DEFAULT_CATALOGUE
from segue.embedding.model import Embedder, ModelCard
from segue.embedding.triton import TritonEmbedder
from segue.index.by_url import open_index
from segue.index.port import TrackStore
from segue.ingest.pipeline import Backends
from segue.ingest.sources import Sources
from segue.ingest.worker_settings import WorkerSettings
from segue.owner_token import token_of


async def open_backends(settings: WorkerSettings) -> Backends:
    """Connect to what the settings name.

    Raises
    ------
    EmbedderUnavailable, IndexUnavailable
        When the inference server or the index does not answer.
    ModelMisconfigured, SpaceMismatch
        When they answer, but do not fit.
    """
    embedder: Embedder = TritonEmbedder(
        settings.model.triton_url,
        settings.model.model,
        settings.model.model_version,
        timeout_seconds=settings.model.embed_timeout_seconds,
    )
    try:
        card = await embedder.card()
        store = await _open_store(settings, card, DEFAULT_CATALOGUE)
    except BaseException:
        await embedder.close()
        raise
    backends = Backends(
        card=card,
        embedder=embedder,
        store=store,
        sources=Sources.of(settings.queue, settings.audio, settings.kept),
        limits=AudioLimits(
            max_duration_seconds=settings.audio.max_duration_seconds,
            refuse_damage=settings.audio.audio_damage == "refuse",
        ),
        embed_timeout_seconds=settings.model.embed_timeout_seconds,
        estimates=settings.audio.audio_estimates,
    )
    others: dict[str, TrackStore] = {}
    try:
        for catalogue in settings.catalogues.known.named:
            others[catalogue] = await _open_store(settings, card, catalogue)
    except BaseException:
        await replace(backends, other_stores=others).close()
        raise
    return replace(backends, other_stores=others)


async def _open_store(settings: WorkerSettings, card: ModelCard, catalogue: str) -> TrackStore:
    if settings.index.index_url.startswith("segue:"):
        from segue.index.remote import RemoteStore

        token = token_of(settings.access)
        return await RemoteStore.open(
            settings.index, space=card.space, token=token, catalogue=catalogue
        )
    return await open_index(
        settings.index,
        space=card.space,
        dimension=card.dimension,
        genre_dimension=len(card.genres) or None,
        catalogue=catalogue,
    )
