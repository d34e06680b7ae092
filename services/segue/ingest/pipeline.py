"""One track from its URI into the index. Knows neither Celery nor Redis.

Decoding stays on the event loop's own thread: a worker process runs one track at a time, so nothing
else waits for that loop, and a thread of its own costs each track several switches. What was sent
to the inference server is computed meanwhile; only its answers are read later.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from segue import telemetry
from segue.audio.analysis import Analysis, analyse
from segue.audio.decoding import AudioLimits
from segue.audio.tags import read_tags
from segue.callers import Caller
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
from segue.ingest_jobs import AUDIO_DAMAGED, IngestItem, ItemState, derived_track_id
from segue.limits import cleaned_metadata
from segue.media_fragments import Part, divided_uri, part_digest
from segue.texts import shown_uri
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
    """

    card: ModelCard
    embedder: Embedder
    store: TrackStore
    sources: Sources
    limits: AudioLimits
    embed_timeout_seconds: float
    estimates: bool = True


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


async def ingest(item: IngestItem, backends: Backends) -> Outcome:
    """Fetch, decode, embed and store one track: a file, or the part of it that its URI names.

    A track whose content is in the index already is skipped, unless ``item.force`` is set,
    ``item.metadata`` says something new, or nobody whom the caller has reason to trust put it
    there. Nothing is stored before the last chunk is embedded. One that is expected to be new is
    embedded without asking, and asked for only when it is not.

    Raises
    ------
    SegueError
        Of any kind that sources, audio, embedder and index declare.
    """
    async with AsyncExitStack() as stack:
        uri, part = divided_uri(item.uri)
        with telemetry.stage(telemetry.INGEST_STAGE_SECONDS, "fetch"):
            source = await stack.enter_async_context(
                backends.sources.fetch(uri, item.caller, one_of_several=part is not None)
            )
        if part is not None:
            source = replace(source, sha256=part_digest(source.sha256, part))
        return await _ingest_fetched(item, part, source, backends)


async def _ingest_fetched(
    item: IngestItem, part: Part | None, source: FetchedSource, backends: Backends
) -> Outcome:
    known = None if item.expected_new else await _stored(item, backends)
    if _changes_nothing(item, source, known):
        return await _followed(item, known, backends)
    _check_replaceable(known, item)
    base = _corrections(item, source, known)
    if base is None:
        base = read_tags(source.file)
        if part is not None:
            base = _of_all_parts(base)
        source.file.seek(0)

    metadata = merged(item.metadata, base)
    analysis = analyse(
        source.file,
        backends.card.front_end,
        limits=backends.limits,
        start_seconds=0.0 if part is None else part.start_seconds,
        length_seconds=None if part is None else part.length_seconds,
        observe=_observe_stage,
        tempo=backends.estimates and metadata.bpm is None,
        key=backends.estimates and not metadata.key,
    )
    embeddings, start_seconds = await _embed(analysis, backends)
    track = Track(
        track_id=item.track_id,
        metadata=metadata,
        duration_seconds=analysis.duration_seconds,
        source_uri=shown_uri(item.uri),
        content_sha256=source.sha256,
        ingested_at=datetime.now(UTC),
        predicted_genres=mean_probabilities(backends.card.genres, embeddings.genre_probabilities),
        predicted_moods=mean_probabilities(backends.card.moods, embeddings.mood_probabilities),
        provenance=Provenance.OWNER if item.caller is Caller.OWNER else Provenance.INGESTED,
        damage=analysis.damage,
        file_name=item.file_name,
        estimated_tempo=analysis.tempo,
        estimated_key=analysis.key,
    )
    embedded = EmbeddedTrack(
        track=track,
        space=backends.card.space,
        vector=song_vector(embeddings.vectors, backends.card.halves),
        genre_vector=genre_distribution(track.predicted_genres),
        segments=segments(
            embeddings.vectors,
            start_seconds,
            chunk_seconds=backends.card.front_end.chunk_seconds,
            halves=backends.card.halves,
        ),
    )
    with telemetry.stage(telemetry.INGEST_STAGE_SECONDS, "upsert"):
        outcome = await _store(embedded, item, source, backends)
    if outcome is not None:
        return outcome
    return Outcome(
        ItemState.INDEXED,
        AUDIO_DAMAGED if analysis.damage else "",
        analysis.damage,
        audio_seconds=analysis.duration_seconds,
    )


async def _store(
    embedded: EmbeddedTrack, item: IngestItem, source: FetchedSource, backends: Backends
) -> Outcome | None:
    """Store the track; the outcome, when it was stored meanwhile and nothing is to change."""
    if item.expected_new:
        existed = await backends.store.insert([embedded])
        if not existed:
            return None
        # Go on as if that had been known from the start.
        known = await _stored(item, backends)
        if _changes_nothing(item, source, known):
            return await _followed(item, known, backends)
        _check_replaceable(known, item)
        corrections = _corrections(item, source, known)
        if corrections is not None:
            metadata = merged(item.metadata, corrections)
            embedded = replace(embedded, track=replace(embedded.track, metadata=metadata))
    elif item.caller is Caller.GUEST:
        # The owner may have ingested it while this was embedded.
        _check_replaceable(await _stored(item, backends), item)
    await backends.store.upsert([embedded])
    return None


async def _followed(item: IngestItem, known: Track | None, backends: Backends) -> Outcome:
    """What is said of a track that is not embedded again; its source follows the file."""
    source_uri = shown_uri(item.uri)
    if known is None or known.source_uri == source_uri:
        return _UNCHANGED
    if item.caller is Caller.GUEST and known.provenance is Provenance.OWNER:
        return _UNCHANGED  # where the owner's file lies is not a guest's to say
    if source_uri.startswith("spool:"):
        return _UNCHANGED  # an upload comes from nowhere that could be looked at again
    await backends.store.move({item.track_id: source_uri})
    return _MOVED


async def _stored(item: IngestItem, backends: Backends) -> Track | None:
    """The track in the index, if it is there."""
    return (await backends.store.get([item.track_id])).get(item.track_id)


def _changes_nothing(item: IngestItem, source: FetchedSource, known: Track | None) -> bool:
    """Whether ingesting the item would leave what is stored as it is."""
    return (
        known is not None
        and known.content_sha256 == source.sha256
        and not item.force
        and _trusted(known, item.caller)
        and merged(item.metadata, known.metadata) == known.metadata
    )


def _corrections(
    item: IngestItem, source: FetchedSource, known: Track | None
) -> TrackMetadata | None:
    """Stored metadata that outlive another ingest of the same file; None: there are none.

    Those of earlier versions are kept too, though the vectors are computed anew.
    """
    if known is None or known.content_sha256 != source.sha256:
        return None
    if known.provenance is not None and not _trusted(known, item.caller):
        return None
    return cleaned_metadata(known.metadata)


def _trusted(known: Track, caller: Caller) -> bool:
    """Whether a stored track's vectors and metadata may stand for the content of this caller's."""
    if known.provenance is Provenance.INGESTED:
        # The metadata are another's, which the owner has not agreed to.
        return caller is not Caller.OWNER
    return known.provenance is Provenance.OWNER


def _check_replaceable(known: Track | None, item: IngestItem) -> None:
    if known is None:
        return
    if item.track_id == derived_track_id("uri", item.uri) and known.source_uri not in (
        "",
        shown_uri(item.uri),
    ):
        raise TrackIdTaken(
            f"the id {item.track_id!r} follows from this place, but its track has moved to "
            f"{known.source_uri!r}"
        )
    if item.caller is not Caller.GUEST:
        return
    if known.provenance in (None, Provenance.OWNER):
        raise NotPermitted(
            f"the track {item.track_id!r} is the owner's: a guest may not replace it",
            next_step="Choose another track id, or have the owner ingest it.",
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


def merged(given: TrackMetadata, base: TrackMetadata) -> TrackMetadata:
    """``given`` where it says something, ``base`` elsewhere."""
    return base.replaced(given.given())


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
