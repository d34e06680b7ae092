"""All settings of an ingest worker."""

from __future__ import annotations

from dataclasses import dataclass, field

from segue.settings import (
    AccessSettings,
    AudioSettings,
    CatalogueSettings,
    IndexSettings,
    InvalidSetting,
    KeptUploadSettings,
    MapSettings,
    ModelSettings,
    QueueSettings,
    from_environment,
)


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """Settings of an ingest worker, by what they are about."""

    queue: QueueSettings
    audio: AudioSettings
    model: ModelSettings
    index: IndexSettings
    access: AccessSettings
    kept: KeptUploadSettings
    maps: MapSettings
    catalogues: CatalogueSettings = field(default_factory=CatalogueSettings)

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
            access=from_environment(AccessSettings),
            kept=from_environment(KeptUploadSettings),
            catalogues=from_environment(CatalogueSettings),
            maps=from_environment(MapSettings),
        )
        scheme = settings.index.index_url.partition(":")[0]
        if scheme in ("edge", "exact"):
            raise InvalidSetting(
                f"SEGUE_INDEX_URL has scheme {scheme!r}: the query process owns that index, "
                "so a worker writes through it: segue://host:port"
            )
        return settings
