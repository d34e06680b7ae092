"""A clip as a seed: its bytes become one vector of the live space."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from segue import deadlines, telemetry
from segue.audio.analysis import analyse
from segue.audio.decoder_pool import DecoderPool
from segue.audio.front_end import FrontEnd
from segue.audio.signals import MelChunks
from segue.embedding.halves import Half
from segue.embedding.model import ChunkEmbeddings, Embedder
from segue.embedding.pooling import song_vector
from segue.errors import AudioError, DeadlineExceeded, InvalidArgument
from segue.limits import LARGEST_CLIP_BYTES, LONGEST_CLIP_SECONDS
from segue.tracks import Vector

DECODERS = 2
"""Clips that are decoded at the same time, at most."""


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

    audio: bytes
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


def decoded(clip: Clip, front: FrontEnd) -> list[MelChunks]:
    """Chunks of a clip, in batches; raises ``AudioError``."""
    batches = analyse(
        clip.audio,
        front,
        start_seconds=clip.start_seconds,
        length_seconds=clip.length_seconds or LONGEST_CLIP_SECONDS,
    )
    return [batch.mels for batch in batches]


class ClipEmbedder:
    """Embeds clips. They are decoded in processes of their own, which a malformed file may kill.

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
        self._observe_decode = _stage("decode")
        self._observe_embed = _stage("embed")

    async def vector(self, clip: Clip, front: FrontEnd, halves: Sequence[Half] = ()) -> Vector:
        """Song vector of a clip, shape (dimension,).

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
        batches = await self._decoded(clip, front)
        embedding = time.perf_counter()
        self._observe_decode(embedding - started)
        allowed = deadlines.remaining_seconds(self._timeout_seconds)
        try:
            async with asyncio.timeout(allowed):
                stream = self._embedder.embed_stream(_all(batches), timeout_seconds=allowed)
                answers = [answer async for answer in stream]
        except TimeoutError as exc:
            raise DeadlineExceeded(f"the clip was not embedded within {allowed:g} s") from exc
        self._observe_embed(time.perf_counter() - embedding)
        return song_vector(ChunkEmbeddings.joined(answers).vectors, halves)

    def close(self) -> None:
        """End the decoding processes."""
        self._decoders.close()

    async def _decoded(self, clip: Clip, front: FrontEnd) -> list[MelChunks]:
        allowed = deadlines.remaining_seconds(self._timeout_seconds)
        if allowed <= 0:
            raise DeadlineExceeded("no time was left to decode the clip")
        return await asyncio.wrap_future(
            self._decoders.submit(self._decode, clip, front, timeout_seconds=allowed)
        )


async def _all(batches: list[MelChunks]) -> AsyncIterator[MelChunks]:
    for batch in batches:
        yield batch


def _stage(name: str) -> Callable[[float], None]:
    observe: Callable[[float], None] = telemetry.QUERY_STAGE_SECONDS.labels(name).observe
    return observe
