"""A clip as a seed: its bytes become one vector of the live space."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pickle import PickleBuffer

import numpy as np

from segue import deadlines, telemetry
from segue.audio.analysis import analyse
from segue.audio.decoder_pool import DecoderPool
from segue.audio.decoding import CLIP_LIMITS
from segue.audio.front_end import FrontEnd
from segue.audio.signals import MelChunks
from segue.embedding.model import ChunkEmbeddings, Embedder, ModelCard
from segue.embedding.pooling import (
    genre_distribution,
    mean_probabilities,
    segments,
    song_vector,
)
from segue.errors import AudioError, DeadlineExceeded, InvalidArgument
from segue.limits import LARGEST_CLIP_BYTES, LONGEST_CLIP_SECONDS
from segue.tracks import Matrix, Vector
from segue.turns import FairSlots

DECODERS = 2
"""Clips that are decoded at the same time, at most."""

EMBEDDINGS = 4
"""Clips whose chunks are at the inference server at the same time, at most: ingest wants it too."""

_SHORTEST_SECONDS = 0.001


@dataclass(frozen=True, slots=True)
class Clip:
    """A file's bytes, and the passage of it that is meant (length 0: to the end).

    Raises
    ------
    AudioError
        When there are no bytes, or too many.
    InvalidArgument
        When its start or length is not a time, or the passage is too long.
    """

    audio: bytes | memoryview
    start_seconds: float = 0.0
    length_seconds: float = 0.0

    def __post_init__(self) -> None:
        if not self.audio:
            raise AudioError("seed.clip.audio is empty", "AUDIO_EMPTY")
        if len(self.audio) > LARGEST_CLIP_BYTES:
            raise AudioError(
                f"seed.clip.audio has {len(self.audio)} bytes, over {LARGEST_CLIP_BYTES}",
                "AUDIO_TOO_LARGE",
            )
        for name in ("start_seconds", "length_seconds"):
            seconds = getattr(self, name)
            if not (seconds >= 0 and math.isfinite(seconds)):
                raise InvalidArgument(f"seed.clip.{name}", f"{seconds} is not a time")
        if self.length_seconds > LONGEST_CLIP_SECONDS:
            raise InvalidArgument(
                "seed.clip.length_seconds",
                f"{self.length_seconds:g} s are over {LONGEST_CLIP_SECONDS:g} s",
            )

    def __reduce__(self) -> tuple[type[Clip], tuple[PickleBuffer, float, float]]:
        # The audio travels beside the pickle, so that it is not copied into it.
        return Clip, (PickleBuffer(self.audio), self.start_seconds, self.length_seconds)


@dataclass(frozen=True, slots=True, eq=False)
class HeardClip:
    """What a model hears in a clip, put together as that of a track is."""

    chunks: ChunkEmbeddings
    card: ModelCard

    @property
    def vector(self) -> Vector:
        """Song vector, shape (dimension,)."""
        return song_vector(self.chunks.vectors, self.card.halves)

    @property
    def passages(self) -> Matrix:
        """Vectors of its passages of about ten seconds, shape (n, dimension), in order of time."""
        front = self.card.front_end
        hop_seconds = front.chunk_hop_frames * front.hop / front.rate_hz
        found = segments(
            self.chunks.vectors,
            hop_seconds * np.arange(len(self.chunks.vectors), dtype=np.float64),
            chunk_seconds=front.chunk_seconds,
            halves=self.card.halves,
        )
        return np.array([one.vector for one in found], dtype=np.float32)

    @property
    def genre_shares(self) -> Vector | None:
        """Shares of genres, shape (genres,), of sum 1; None where the model gives none."""
        probabilities = self.chunks.genre_probabilities
        return genre_distribution(mean_probabilities(self.card.genres, probabilities))


def decoded(clip: Clip, front: FrontEnd) -> list[MelChunks]:
    """Chunks of a clip, in batches; raises ``AudioError``."""
    batches = analyse(
        bytes(clip.audio),
        front,
        start_seconds=clip.start_seconds,
        length_seconds=clip.length_seconds or LONGEST_CLIP_SECONDS,
        limits=CLIP_LIMITS,
    )
    return [batch.mels for batch in batches]


class ClipEmbedder:
    """Embeds clips. They are decoded in processes of their own, which a malformed file may kill.

    Callers take turns at the few decoders, however many clips each of them sends.

    Parameters
    ----------
    timeout_seconds
        Most time that decoding, and then the inference server, may take.
    decode
        What runs in a decoding process; it must be importable there.
    """

    def __init__(
        self,
        embedder: Embedder,
        *,
        timeout_seconds: float,
        decode: Callable[[Clip, FrontEnd], list[MelChunks]] = decoded,
    ) -> None:
        self._embedder = embedder
        self._timeout_seconds = timeout_seconds
        self._decode = decode
        self._decoders = DecoderPool(DECODERS)
        self._decoding = FairSlots(DECODERS)
        self._embedding = FairSlots(EMBEDDINGS)
        self._observe_decode = _stage("decode")
        self._observe_embed = _stage("embed")

    async def heard(self, clip: Clip, card: ModelCard) -> HeardClip:
        """What the model hears in a clip.

        Raises
        ------
        AudioError
            When the clip cannot be embedded.
        EmbedderUnavailable
            When the inference server does not answer.
        DeadlineExceeded
            When the caller's time ran out.
        """
        started = time.perf_counter()
        batches = await self._decoded(clip, card.front_end)
        embedding = time.perf_counter()
        self._observe_decode(embedding - started)
        allowed = deadlines.remaining_seconds(self._timeout_seconds)
        try:
            async with asyncio.timeout(allowed), self._embedding.place():
                stream = self._embedder.embed_stream(_all(batches), timeout_seconds=allowed)
                answers = [answer async for answer in stream]
        except TimeoutError as exc:
            raise DeadlineExceeded(f"the clip was not embedded within {allowed:g} s") from exc
        self._observe_embed(time.perf_counter() - embedding)
        return HeardClip(ChunkEmbeddings.joined(answers), card)

    def close(self) -> None:
        """End the decoding processes."""
        self._decoders.close()

    async def _decoded(self, clip: Clip, front: FrontEnd) -> list[MelChunks]:
        allowed = deadlines.remaining_seconds(self._timeout_seconds)
        waiting_since = time.perf_counter()
        try:
            async with asyncio.timeout(allowed):
                await self._decoding.acquire()
        except TimeoutError as exc:
            raise DeadlineExceeded(f"no decoder was free for the clip in {allowed:g} s") from exc
        # Ours until the process is done, also when nobody waits for it any more.
        loop = asyncio.get_running_loop()
        left = allowed - (time.perf_counter() - waiting_since)
        future = self._decoders.submit(
            self._decode, clip, front, timeout_seconds=max(left, _SHORTEST_SECONDS)
        )
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(self._decoding.release))
        return await asyncio.wrap_future(future)


async def _all(batches: list[MelChunks]) -> AsyncIterator[MelChunks]:
    for batch in batches:
        yield batch


def _stage(name: str) -> Callable[[float], None]:
    observe: Callable[[float], None] = telemetry.QUERY_STAGE_SECONDS.labels(name).observe
    return observe
