"""One track from its URI into the index. Knows neither Celery nor Redis.

Decoding stays on the event loop's own thread: a worker process runs one track at a time, so nothing
else waits for that loop, and a thread of its own costs each track several switches. What was sent
to the inference server is computed meanwhile; only its answers are read later.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from segue import telemetry
from segue.audio.analysis import Analysis, analyse
from segue.audio.decoding import AudioLimits
from segue.audio.tags import read_tags
from segue.callers import Caller
from segue.catalogues import Catalogues
from segue.embedding.model import ChunkEmbeddings, Embedder, ModelCard
from segue.embedding.pooling import (
    genre_distribution,
    mean_probabilities,
    segments,
    song_vector,
)
from segue.errors import (
    AudioError,
    DeadlineExceeded,
    EmbedderUnavailable,
    NotPermitted,
    TrackIdTaken,
)
from segue.index.port import TrackStore
from segue.ingest.sources import FetchedSource, Sources
from segue.ingest_jobs import (
    AUDIO_DAMAGED,
    METADATA_UPDATED,
    IngestItem,
    ItemState,
    derived_track_id,
)
from segue.layers import MetadataLayers, merged, with_layers
from segue.limits import cleaned_metadata
from segue.media_fragments import divided_uri, part_digest
from segue.texts import shown_uri, without_folders
from segue.tracks import EmbeddedTrack, Provenance, Track, TrackMetadata


@dataclass(frozen=True, slots=True)
class Backends:
    """What the pipeline works with: inference server, index, sources.

    Attributes
    ----------
    embed_timeout_seconds
        Longest wait for the inference server once it has a batch; decoding takes its own time.
    estimates
        Whether to listen for tempo and key where nothing says them.
    other_stores
        Where tracks are stored that are not for the default catalogue, by catalogue.
    """

    card: ModelCard
    embedder: Embedder
    store: TrackStore
    sources: Sources
    limits: AudioLimits
    embed_timeout_seconds: float
    estimates: bool = True
    other_stores: Mapping[str, TrackStore] = field(default_factory=dict)

    def of(self, catalogue: str) -> Backends:
        """What tracks for a catalogue are ingested with.

        Raises
        ------
        CatalogueUnknown
            When there is none of that name.
        """
        Catalogues(tuple(self.other_stores)).checked(catalogue)
        return replace(self, store=self.other_stores[catalogue]) if catalogue else self

    async def close(self) -> None:
        """Let go of everything."""
        await self.embedder.close()
        for store in (self.store, *self.other_stores.values()):
            await store.close()
        await self.sources.close()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a track: ``INDEXED``, or ``SKIPPED`` with its reason.

    One that was indexed from a damaged file has the reason ``AUDIO_DAMAGED``.
    """

    state: ItemState
    reason: str = ""
    message: str = ""
    audio_seconds: float = 0.0


_UNCHANGED = Outcome(ItemState.SKIPPED, "UNCHANGED", "The index holds this content already.")
_MOVED = Outcome(
    ItemState.SKIPPED, "MOVED", "The index holds this content already; its source follows the file."
)
_METADATA_UPDATED = Outcome(
    ItemState.SKIPPED,
    METADATA_UPDATED,
    "The index holds this content already; what is said of it was changed.",
)


async def ingest(item: IngestItem, backends: Backends) -> Outcome:
    """Fetch, decode, embed and store one track: a file, or the part of it that its URI names.

    A track whose content is in the index already is skipped, unless ``item.force`` is set, or
    nobody whom the caller has reason to trust put it there. What ``item.metadata`` says anew is
    stored all the same. Of others nothing is stored before the last chunk is embedded. One that is
    expected to be new is embedded without asking, and asked for only when it is not.

    Raises
    ------
    SegueError
        Of any kind that sources, audio, embedder and index declare.
    """
    backends = backends.of(item.catalogue)
    async with AsyncExitStack() as stack:
        uri, part = divided_uri(item.uri)
        with telemetry.stage(telemetry.INGEST_STAGE_SECONDS, "fetch"):
            source = await stack.enter_async_context(
                backends.sources.fetch(
                    uri, item.caller, item.track_id, one_of_several=part is not None
                )
            )
        if part is not None:
            source = replace(source, sha256=part_digest(source.sha256, part), part=part)
        return await _ingest_fetched(item, source, backends)


async def _ingest_fetched(item: IngestItem, source: FetchedSource, backends: Backends) -> Outcome:
    known = None if item.expected_new else await _stored(item, backends)
    outcome = await _kept(item, source, known, backends)
    if outcome is not None:
        return outcome
    _check_replaceable(known, item)
    tags = _tags(source)
    layers = _layers(item, tags, known)
    said = layers.effective()
    analysis = analyse(
        source.file,
        backends.card.front_end,
        limits=backends.limits,
        start_seconds=0.0 if source.part is None else source.part.start_seconds,
        length_seconds=None if source.part is None else source.part.length_seconds,
        observe=_observe_stage,
        tempo=backends.estimates and said.bpm is None,
        key=backends.estimates and not said.key,
    )
    embeddings, start_seconds = await _embed(analysis, backends)
    track = Track(
        track_id=item.track_id,
        duration_seconds=analysis.duration_seconds,
        source_uri=backends.sources.keep(item, source, backends.card.space),
        content_sha256=source.sha256,
        ingested_at=datetime.now(UTC),
        predicted_genres=mean_probabilities(backends.card.genres, embeddings.genre_probabilities),
        predicted_moods=mean_probabilities(backends.card.moods, embeddings.mood_probabilities),
        predicted_descriptors=mean_probabilities(
            backends.card.descriptors, embeddings.descriptor_probabilities
        ),
        provenance=Provenance.OWNER if item.caller is Caller.OWNER else Provenance.INGESTED,
        damage=analysis.damage,
        file_name=item.file_name or source.file_name,
        estimated_tempo=analysis.tempo,
        estimated_key=analysis.key,
    )
    embedded = EmbeddedTrack(
        track=with_layers(track, layers),
        space=backends.card.space,
        vector=song_vector(embeddings.vectors, backends.card.halves),
        genre_vector=genre_distribution(track.predicted_genres),
        segments=segments(
            embeddings.vectors,
            start_seconds,
            chunk_seconds=backends.card.front_end.chunk_seconds,
            halves=backends.card.halves,
        ),
        fingerprint=analysis.fingerprint,
    )
    with telemetry.stage(telemetry.INGEST_STAGE_SECONDS, "upsert"):
        outcome = await _store(embedded, item, source, tags, known, backends)
    if outcome is not None:
        return outcome
    return Outcome(
        ItemState.INDEXED,
        AUDIO_DAMAGED if analysis.damage else "",
        analysis.damage,
        audio_seconds=analysis.duration_seconds,
    )


async def _store(
    embedded: EmbeddedTrack,
    item: IngestItem,
    source: FetchedSource,
    tags: TrackMetadata,
    known: Track | None,
    backends: Backends,
) -> Outcome | None:
    """Store the track; the outcome, when it was stored meanwhile and nothing is to change."""
    if item.expected_new:
        existed = await backends.store.insert([embedded])
        if not existed:
            return None
        # Go on as if that had been known from the start.
        known = await _stored(item, backends)
        outcome = await _kept(item, source, known, backends)
        if outcome is not None:
            return outcome
        _check_replaceable(known, item)
        layers = _layers(item, tags, known)
        embedded = replace(embedded, track=with_layers(embedded.track, layers))
    elif item.caller is Caller.GUEST:
        # The owner may have ingested it while this was embedded.
        _check_replaceable(await _stored(item, backends), item)
    await backends.store.upsert([embedded])
    backends.sources.let_go(known, embedded.track.source_uri, embedded.space, item.catalogue)
    return None


async def _kept(
    item: IngestItem, source: FetchedSource, known: Track | None, backends: Backends
) -> Outcome | None:
    """What is said of a track whose vectors stay as they are; None: it has to be embedded."""
    if (
        known is None
        or known.content_sha256 != source.sha256
        or item.force
        or not _trusted(known, item.caller)
    ):
        return None
    layers = _described_anew(item, source, known)
    if layers is None:
        return await _followed(item, source, known, backends)
    _check_replaceable(known, item)
    if not await backends.store.describe(item.track_id, layers):
        return None  # deleted meanwhile
    await _followed(item, source, known, backends)
    return _METADATA_UPDATED


async def _followed(
    item: IngestItem, source: FetchedSource, known: Track, backends: Backends
) -> Outcome:
    """What is said of a track that is not embedded again; its source follows the file."""
    source_uri = shown_uri(item.uri)
    if item.caller is Caller.GUEST and known.provenance is Provenance.OWNER:
        return _UNCHANGED  # where the owner's file lies is not a guest's to say
    space = backends.card.space
    if source_uri.startswith(("spool:", "kept:")):
        if known.source_uri and not known.source_uri.startswith(("spool:", "kept:")):
            return _UNCHANGED  # it lies where it can be looked at again
        # Its audio may not have been kept, or not for long.
        source_uri = backends.sources.keep(item, source, space)
        if not source_uri.startswith("kept:"):
            return _UNCHANGED
    if known.source_uri == source_uri:
        return _UNCHANGED
    await backends.store.move({item.track_id: source_uri})
    backends.sources.let_go(known, source_uri, space, item.catalogue)
    return _UNCHANGED if source_uri.startswith("kept:") else _MOVED


async def _stored(item: IngestItem, backends: Backends) -> Track | None:
    """The track in the index, if it is there."""
    return (await backends.store.get([item.track_id])).get(item.track_id)


def _tags(source: FetchedSource) -> TrackMetadata:
    """What the tags say of the file, or of its part; the file is left at its start."""
    tags = read_tags(source.file)
    source.file.seek(0)
    return tags if source.part is None else _of_all_parts(tags)


def _layers(item: IngestItem, tags: TrackMetadata, known: Track | None) -> MetadataLayers:
    """What tags and who gave the track say of it now; corrections that stand are the index's."""
    layers = MetadataLayers(tags, item.metadata)
    if known is None:
        return layers
    if known.layers is not None:
        if item.gives_metadata or not _trusted(known, item.caller):
            return layers
        return replace(layers, given=known.layers.given)
    # Nothing tells whose word it was. It may be a correction, and those are the owner's alone.
    if item.caller is Caller.GUEST or known.provenance in (Provenance.GIVEN, Provenance.INGESTED):
        return layers
    return layers.inheriting(cleaned_metadata(known.metadata))


def _described_anew(item: IngestItem, source: FetchedSource, known: Track) -> MetadataLayers | None:
    """The layers of a track whose content is known; None: nothing new is said of it."""
    if not item.gives_metadata:
        return None
    if (
        item.caller is Caller.GUEST
        and known.provenance is Provenance.OWNER
        and merged(item.metadata, known.metadata) == known.metadata
    ):
        return None  # it agrees with what the owner's says
    if known.layers is None:
        return _layers(item, _tags(source), known)
    if item.metadata == known.layers.given:
        return None
    return MetadataLayers(known.layers.tags, item.metadata)


def _trusted(known: Track, caller: Caller) -> bool:
    """Whether a stored track's vectors and metadata may stand for the content of this caller's."""
    return Provenance.is_trusted(known.provenance, by_owner=caller is Caller.OWNER)


def _check_replaceable(known: Track | None, item: IngestItem) -> None:
    if known is None:
        return
    guest = item.caller is Caller.GUEST
    if guest and known.provenance in (None, Provenance.OWNER):
        raise NotPermitted(
            f"the track {item.track_id!r} is the owner's: a guest may not replace it",
            next_step="Choose another track id, or have the owner ingest it.",
        )
    if item.track_id == derived_track_id("uri", item.uri) and known.source_uri not in (
        "",
        shown_uri(item.uri),
    ):
        # The owner may have moved it to where no guest may look.
        place = without_folders(known.source_uri) if guest else known.source_uri
        raise TrackIdTaken(
            f"the id {item.track_id!r} follows from this place, but its track has moved to "
            f"{place!r}"
        )


def _of_all_parts(tags: TrackMetadata) -> TrackMetadata:
    """What the tags of a file say that holds for every part of it."""
    return replace(
        tags,
        title="",
        isrc="",
        musicbrainz_recording_id="",
        track_number=None,
        bpm=None,
        key="",
        explicit=None,
        track_gain_db=None,
    )


async def _embed(
    analysis: Analysis, backends: Backends
) -> tuple[ChunkEmbeddings, npt.NDArray[np.float64]]:
    """Embeddings of all chunks, and where each starts."""
    starts: list[npt.NDArray[np.float64]] = []
    decoding_seconds = 0.0

    async def batches() -> AsyncIterator[npt.NDArray[np.float32]]:
        nonlocal decoding_seconds
        while True:
            began = time.perf_counter()
            batch = next(analysis, None)
            decoding_seconds += time.perf_counter() - began
            if batch is None:
                return
            starts.append(batch.start_seconds)
            yield batch.mels

    began = time.perf_counter()
    try:
        stream = backends.embedder.embed_stream(
            batches(), timeout_seconds=backends.embed_timeout_seconds
        )
        answers = [answer async for answer in stream]
    except DeadlineExceeded as exc:
        raise DeadlineExceeded(str(exc), reason=EmbedderUnavailable.reason) from exc
    finally:
        waiting = time.perf_counter() - began - decoding_seconds
        telemetry.INGEST_STAGE_SECONDS.labels("embed").observe(waiting)
    if not answers:
        raise AudioError("the audio gave no chunk", "AUDIO_TOO_SHORT")
    return ChunkEmbeddings.joined(answers), np.concatenate(starts)


def _observe_stage(name: str, seconds: float) -> None:
    telemetry.INGEST_STAGE_SECONDS.labels(name).observe(seconds)
