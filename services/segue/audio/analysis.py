"""From a file to the chunks that the model takes: decode, log-mel, cut."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias, TypeVar

import numpy as np

from segue.audio.chunking import BATCH_CHUNKS, ChunkBatch, chunks
from segue.audio.decoding import AudioLimits, Decoding, decode_stream
from segue.audio.fingerprint import FingerprintStream
from segue.audio.front_end import FrontEnd
from segue.audio.mel import LogMelStream
from segue.audio.musical_key import KeyMeter
from segue.audio.opening import Source
from segue.audio.signals import LogMel, Mono
from segue.audio.silence import SilenceMeter
from segue.audio.tempo import TempoMeter
from segue.errors import AudioError
from segue.fingerprints import Fingerprint
from segue.tracks import EstimatedKey, EstimatedTempo

_TURN_SAMPLES = 1 << 20
"""Samples at the model's rate that are transformed at once: 48 s at 22.05 kHz, 4 MB.

The transform of a few seconds costs a quarter more, because decoding pushed it out of the
processor's cache meanwhile.
"""

StageObserver: TypeAlias = Callable[[str, float], None]
"""Called once per stage (``decode``, ``mel``, ``estimate``) with its wall time in seconds."""

_Item = TypeVar("_Item")


class Analysis(Iterator[ChunkBatch]):
    """The chunks of one file, made while they are taken, and what was learnt on the way.

    Some faults show only at the end of a file, so nothing of an analysis may be kept before it
    ran to its end without an error.

    Attributes
    ----------
    duration_seconds
        Length of the decoded passage so far; final once the iterator is exhausted.
    damage
        What is wrong with the file though enough of it decodes, such as ``decoded 171.2 s of
        180.0 s; 3 broken frames``; empty for a whole one. Final once the iterator is exhausted.
    tempo, key
        What is heard of them, where they are listened for; asked once the iterator is exhausted.
    """

    def __init__(
        self,
        blocks: Decoding,
        front: FrontEnd,
        observe: StageObserver | None,
        batch_chunks: int,
        tempo: TempoMeter | None,
        key: KeyMeter | None,
    ) -> None:
        self._front = front
        self._observe = observe
        self._decode_time = _StageTime()
        self._mel_time = _StageTime()
        self._estimate_time = _StageTime()
        self._tempo = tempo
        self._key = key
        self._blocks = blocks
        self._samples = 0
        self._silence = SilenceMeter(front.rate_hz)
        self._fingerprint = FingerprintStream(front)
        self._batches = chunks(self._mels(), front, batch_chunks=batch_chunks)
        self._chunk_count = 0

    @property
    def duration_seconds(self) -> float:
        return self._samples / self._front.rate_hz

    @property
    def damage(self) -> str:
        return self._blocks.losses.description

    @property
    def tempo(self) -> EstimatedTempo | None:
        return None if self._tempo is None else self._tempo.estimate()

    @property
    def key(self) -> EstimatedKey | None:
        return None if self._key is None else self._key.estimate()

    @property
    def fingerprint(self) -> Fingerprint:
        """Of all that was decoded; asked for once the iterator is exhausted."""
        return self._fingerprint.finish()

    def __next__(self) -> ChunkBatch:
        batch = next(self._batches, None)
        if batch is None:
            self._check_end()
            raise StopIteration
        self._chunk_count += len(batch)
        return batch

    def _mels(self) -> Iterator[LogMel]:
        stream = LogMelStream(self._front)
        waiting: list[Mono] = []
        waiting_samples = 0
        try:
            for block in self._decode_time.over(self._blocks):
                self._samples += block.size
                self._silence.push(block)
                waiting.append(block)
                waiting_samples += block.size
                if waiting_samples >= _TURN_SAMPLES:
                    with self._mel_time:
                        mels = stream.push(*waiting)
                        self._fingerprint.push(mels)
                    self._listen(mels, waiting)
                    yield mels
                    waiting, waiting_samples = [], 0
            with self._mel_time:
                mels = stream.finish(*waiting)
                self._fingerprint.push(mels)
            self._listen(mels, waiting)
            yield mels
        finally:
            if self._observe is not None:
                self._observe("decode", self._decode_time.seconds)
                self._observe("mel", self._mel_time.seconds)
                if self._tempo is not None or self._key is not None:
                    self._observe("estimate", self._estimate_time.seconds)

    def _listen(self, mels: LogMel, blocks: Sequence[Mono]) -> None:
        with self._estimate_time:
            if self._tempo is not None:
                self._tempo.push(mels)
            if self._key is not None:
                self._key.push(*blocks)

    def _check_end(self) -> None:
        if self._samples and self._silence.is_silent:
            raise AudioError("there is no sound in the audio", "AUDIO_SILENT")
        if self._chunk_count == 0:
            raise AudioError(
                f"{self.duration_seconds:.2f} s of audio are less than one chunk of "
                f"{self._front.chunk_seconds:.2f} s",
                "AUDIO_TOO_SHORT",
            )


def analyse(
    source: Source,
    front: FrontEnd,
    *,
    limits: AudioLimits = AudioLimits(),
    start_seconds: float = 0.0,
    length_seconds: float | None = None,
    observe: StageObserver | None = None,
    batch_chunks: int = BATCH_CHUNKS,
    tempo: bool = False,
    key: bool = False,
) -> Analysis:
    """Decode a file (or a passage of it) and give its log-mel chunks, in bounded memory.

    Parameters
    ----------
    source
        A path, a seekable binary file, or a file's bytes.
    front
        The model's analysis parameters.
    limits
        What is accepted.
    start_seconds, length_seconds
        The passage that is wanted; None reaches to the end.
    observe
        Told how long each stage took, once, when the analysis ends in any way.
    batch_chunks
        Most chunks in one batch.
    tempo, key
        Whether to listen for them too.

    Returns
    -------
    Analysis
        An iterator of batches. Iterating raises ``AudioError``: all reasons of ``decode_stream``,
        and at the end ``AUDIO_SILENT`` or ``AUDIO_TOO_SHORT``; ``SourceError`` for a path
        that cannot be read.
    """
    if not (np.isfinite(start_seconds) and start_seconds >= 0):
        raise ValueError(f"start_seconds = {start_seconds} is not a time")
    if length_seconds is not None and not length_seconds > 0:
        raise ValueError(f"length_seconds = {length_seconds} is not a length")
    blocks = decode_stream(
        source,
        front.rate_hz,
        limits=limits,
        start_seconds=start_seconds,
        length_seconds=length_seconds,
    )
    return Analysis(
        blocks,
        front,
        observe,
        batch_chunks,
        TempoMeter(front) if tempo else None,
        KeyMeter(front.rate_hz) if key else None,
    )


class _StageTime:
    """Adds up the wall time that a stage takes."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._began = 0.0

    def __enter__(self) -> None:
        self._began = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self.seconds += time.perf_counter() - self._began

    def over(self, items: Iterable[_Item]) -> Iterator[_Item]:
        """Give ``items``, counting the time that each takes to come."""
        iterator = iter(items)
        while True:
            try:
                with self:
                    item = next(iterator)
            except StopIteration:
                return
            yield item
