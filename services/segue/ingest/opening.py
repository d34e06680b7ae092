"""What a worker process keeps open: inference stream, index, sources."""

from __future__ import annotations

from dataclasses import dataclass

from segue.audio.decoding import AudioLimits
from segue.embedding.model import Embedder, ModelCard
from segue.embedding.triton import TritonEmbedder
from segue.index.by_url import open_index
from segue.index.port import TrackStore
from segue.ingest.pipeline import Parts
from segue.ingest.sources import Sources
from segue.settings import (
    AudioSettings,
    IndexSettings,
    InvalidSetting,
    ModelSettings,
    QueueSettings,
    TelemetrySettings,
    from_environment,
)


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """All settings of an ingest worker."""

    queue: QueueSettings
    audio: AudioSettings
    model: ModelSettings
    index: IndexSettings
    telemetry: TelemetrySettings

    @classmethod
    def from_environment(cls) -> WorkerSettings:
        """Read them.

        Raises
        ------
        InvalidSetting
            When one is unreadable or out of range, or names an index that another process owns.
        """
        settings = cls(
            queue=from_environment(QueueSettings),
            audio=from_environment(AudioSettings),
            model=from_environment(ModelSettings),
            index=from_environment(IndexSettings),
            telemetry=from_environment(TelemetrySettings),
        )
        scheme = settings.index.index_url.partition(":")[0]
        if scheme in ("edge", "exact"):
            raise InvalidSetting(
                f"SEGUE_INDEX_URL has scheme {scheme!r}: the query process owns that index, "
                "so a worker writes through it: segue://host:port"
            )
        return settings


async def open_parts(settings: WorkerSettings) -> Parts:
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
        store = await _open_store(settings.index, card)
    except BaseException:
        await embedder.close()
        raise
    return Parts(
        card=card,
        embedder=embedder,
        store=store,
        sources=Sources.of(settings.queue, settings.audio),
        limits=AudioLimits(max_duration_seconds=settings.audio.max_duration_seconds),
        embed_timeout_seconds=settings.model.embed_timeout_seconds,
    )


async def _open_store(settings: IndexSettings, card: ModelCard) -> TrackStore:
    if settings.index_url.startswith("segue:"):
        from segue.index.remote import RemoteStore

        return await RemoteStore.open(settings, space=card.space)
    return await open_index(
        settings,
        space=card.space,
        dimension=card.dimension,
        genre_dimension=len(card.genres) or None,
    )
