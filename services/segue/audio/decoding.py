"""Decoding files to mono samples at the model's rate, as a stream in bounded memory.

Damage and its consequence (:mod:`segue.audio.damage` has the bounds):

- Packets that do not decode are skipped and counted.
- What the file declares of its length (a frame count, a sample count, a chunk's size) is compared
  with what was decoded, wherever it was lost. Headers that declare no length (a WAV written to a
  pipe, an MP3 without a frame count) leave nothing to compare.
- A file that ends before its audio does *breaks off*.
- NaN and infinity in PCM refuse the file; a lossy decoder gives them only for damaged packets,
  where they become silence.
- Links of an Ogg chain are opened one by one, each with its own codec, rate and channels. MP3s that
  were joined are one stream, which is as long as all their counts say together.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np

from segue.audio.damage import Losses
from segue.audio.formats import Container, is_lossless
from segue.audio.frame_stream import FrameStream
from segue.audio.mixing import Resampler, mix_to_mono
from segue.audio.opening import Opened, Parts, Source
from segue.audio.signals import Mono
from segue.errors import AudioError
from segue.limits import LONGEST_CLIP_FILE_SECONDS, MOST_CLIP_SAMPLES

_TRUE_TO_LENGTH = {Container.FLAC, Container.MP4}
"""Containers that are written with their length known; elsewhere it is often a guess."""

_MOST_SAMPLES_PER_BYTE = 1 << 15
"""More than the longest FLAC frame of eight silent channels has (24,000); others have far fewer."""


@dataclass(frozen=True, slots=True)
class AudioLimits:
    """What is accepted. Limits hold for what is decoded, not only for what headers say.

    Attributes
    ----------
    max_duration_seconds
        Longest audio that is decoded.
    min_rate_hz, max_rate_hz
        Sample rates of the source.
    max_channels
        Channels of the source.
    max_samples
        Samples of all channels together that are decoded: what bounds the processor's time. Some
        hundred millions take a few seconds.
    refuse_damage
        Refuse a file that is damaged, however little it lost.
    """

    max_duration_seconds: float = 4 * 3_600.0
    min_rate_hz: int = 4_000
    max_rate_hz: int = 384_000
    max_channels: int = 8
    max_samples: int = 1 << 33
    refuse_damage: bool = False

    def __post_init__(self) -> None:
        if not (
            self.max_duration_seconds > 0
            and 0 < self.min_rate_hz <= self.max_rate_hz
            and self.max_channels >= 1
            and self.max_samples >= 1
        ):
            raise ValueError(f"limits out of range: {self}")


CLIP_LIMITS = AudioLimits(
    max_duration_seconds=LONGEST_CLIP_FILE_SECONDS, max_samples=MOST_CLIP_SAMPLES
)
"""What is accepted of clips that are searched by: a few seconds of one processor."""


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """What a file's header says of it.

    Attributes
    ----------
    codec, container, rate_hz, channels
        FFmpeg's names, such as ``mp3`` and ``wav``, and its format; of a chain the first link's.
    duration_seconds
        Declared or estimated length; None without either, and of a chain.
    """

    codec: str
    container: str
    rate_hz: int
    channels: int
    duration_seconds: float | None


def probe(source: Source) -> AudioInfo:
    """Read a file's header.

    Raises
    ------
    AudioError
        As ``decode_stream`` does for a file that cannot be opened.
    SourceError
        When the path names no readable file; ``SourceNotReadable`` where permission is missing.
    """
    with ExitStack() as stack:
        parts = Parts(source, stack)
        opened = parts.open(0, stack)
        context = opened.stream.codec_context
        return AudioInfo(
            codec=opened.codec,
            container=opened.container.value,
            rate_hz=int(context.rate),
            channels=int(context.channels),
            duration_seconds=opened.declared_seconds if len(parts) == 1 else None,
        )


def decode_stream(
    source: Source,
    rate_hz: int,
    *,
    limits: AudioLimits = AudioLimits(),
    start_seconds: float = 0.0,
    length_seconds: float | None = None,
) -> Decoding:
    """Decode to mono float32 at ``rate_hz``, in blocks of a few seconds.

    Channels are averaged. The source's rate and channels may change on the way. A passage is cut
    exact to one sample of the source. What lies before it is skipped in lossless files that can be
    entered anywhere; in others its samples are decoded and counted.

    Parameters
    ----------
    source
        A path, a seekable binary file (left open, at any position), or a file's bytes.
    rate_hz
        Rate of the samples given.
    limits
        What is accepted.
    start_seconds, length_seconds
        The passage that is wanted; None reaches to the end.

    Returns
    -------
    Decoding
        An iterator. Iterating raises ``AudioError``: ``AUDIO_EMPTY``, ``AUDIO_NOT_AUDIO``,
        ``AUDIO_UNSUPPORTED_CODEC``, ``AUDIO_UNDECODABLE``, ``AUDIO_SAMPLE_RATE``,
        ``AUDIO_CHANNELS``, ``AUDIO_NON_FINITE``, ``AUDIO_TOO_LONG``, ``AUDIO_TOO_MANY_SAMPLES`` or
        ``AUDIO_TRUNCATED``, the last few after samples have been given; ``SourceError`` when the
        path names no readable file; ``SourceNotReadable`` where permission is missing.
    """
    return Decoding(source, rate_hz, limits, start_seconds, length_seconds)


class Decoding(Iterator[Mono]):
    """The samples of one file, decoded while they are taken: shape (n,), n > 0, finite.

    Attributes
    ----------
    losses
        What is damaged; final once the iterator is exhausted. Of a passage that ends before the
        file does, what broken frames lie in it.
    """

    def __init__(
        self,
        source: Source,
        rate_hz: int,
        limits: AudioLimits,
        start_seconds: float,
        length_seconds: float | None,
    ) -> None:
        self.losses = Losses()
        self._limits = limits
        self._start_seconds = start_seconds
        self._end_seconds = np.inf if length_seconds is None else start_seconds + length_seconds
        self._blocks = self._decode(source, rate_hz)

    def __next__(self) -> Mono:
        return next(self._blocks)

    def _decode(self, source: Source, rate_hz: int) -> Iterator[Mono]:
        limits, end_seconds = self._limits, self._end_seconds
        resampler = Resampler(rate_hz)
        position = decoded_seconds = 0.0
        spent = 0
        with ExitStack() as stack:
            for frame, codec, skipped_seconds in self._frames(Parts(source, stack)):
                position += skipped_seconds
                source_hz = int(frame.sample_rate)
                _check_format(source_hz, frame.layout.nb_channels, limits)
                # A frame may reach beyond the passage: a few seconds are joined in one.
                left = min(end_seconds - position, 1e6)
                spent += min(int(frame.samples), round(left * source_hz)) * frame.layout.nb_channels
                if spent > limits.max_samples:
                    raise _too_many_samples(limits)
                block = mix_to_mono(frame, lossy=not is_lossless(codec))
                next_position = position + block.size / source_hz
                decoded_seconds += block.size / source_hz
                if decoded_seconds > limits.max_duration_seconds:
                    raise AudioError(
                        f"the audio lasts longer than {limits.max_duration_seconds:g} s",
                        "AUDIO_TOO_LONG",
                    )
                first = max(0, round((self._start_seconds - position) * source_hz))
                last = min(block.size, round(left * source_hz))
                position = next_position
                if first < last:
                    yield from resampler.push(block[first:last], source_hz)
                if position >= end_seconds:
                    break
            else:
                self.losses.judge(refuse=limits.refuse_damage)
            yield from resampler.finish()

    def _frames(self, parts: Parts) -> Iterator[tuple[Any, str, float]]:
        """Decoded frames joined to a few seconds each, of all parts in turn.

        Each with its codec, and with how many seconds were skipped before it.
        """
        for number in range(len(parts)):
            with ExitStack() as stack:
                try:
                    opened = parts.open(number, stack)
                except AudioError as exc:
                    if number == 0 or exc.reason not in {"AUDIO_UNDECODABLE", "AUDIO_NOT_AUDIO"}:
                        raise
                    self._lose_bytes(parts, number)
                    continue
                context = opened.stream.codec_context
                _check_format(context.rate, context.channels, self._limits)
                end = self._end_seconds if len(parts) == 1 else np.inf
                stream = FrameStream(opened, self.losses, end)
                first = 0.0
                if self._start_seconds > 0 and len(parts) == 1:
                    skipped = stream.skip(self._start_seconds)
                    if skipped is None:
                        opened = parts.open(number, stack)
                        stream = FrameStream(opened, self.losses, end)
                    first = skipped or 0.0
                _refuse_declared_length(opened, first, self._end_seconds, self._limits)
                _refuse_declared_samples(opened, first, self._end_seconds, self._limits)
                for frame in stream.frames():
                    yield frame, opened.codec, first
                    first = 0.0

    def _lose_bytes(self, parts: Parts, number: int) -> None:
        """Count a link that cannot be opened as lost: as long as its bytes are among the others."""
        decoded_bytes = sum(parts.bytes_of(before) for before in range(number))
        share = parts.bytes_of(number) / max(1, decoded_bytes)
        whole = self.losses.decoded_seconds + self.losses.lost_seconds
        self.losses.lost_seconds += share * whole
        self.losses.breaks_off |= number == len(parts) - 1


def _refuse_declared_length(
    opened: Opened, first_seconds: float, end_seconds: float, limits: AudioLimits
) -> None:
    """Refuse what is surely too long before decoding hours of it."""
    declared = opened.declared_seconds
    if declared is None:
        return
    if min(declared, end_seconds) - first_seconds <= limits.max_duration_seconds:
        return
    # A header may lie; below 8 kbit/s most do, and decoding will find out.
    if _is_true_to_length(opened, declared) or opened.size() / declared >= 1_000:
        raise AudioError(
            f"the audio lasts {declared:.0f} s, longer than {limits.max_duration_seconds:g} s",
            "AUDIO_TOO_LONG",
        )


def _refuse_declared_samples(
    opened: Opened, first_seconds: float, end_seconds: float, limits: AudioLimits
) -> None:
    """Refuse what surely takes too long before any of it is decoded."""
    declared = opened.declared_seconds
    if declared is None or not _is_true_to_length(opened, declared):
        return  # decoding will find out
    decoded_seconds = min(declared, end_seconds) - first_seconds
    if decoded_seconds * _samples_per_second(opened) > limits.max_samples:
        raise _too_many_samples(limits)


def _is_true_to_length(opened: Opened, declared_seconds: float) -> bool:
    """Whether a file is as long as it says: where that is no guess, and no lie that can be seen."""
    return (
        opened.container in _TRUE_TO_LENGTH
        and declared_seconds * _samples_per_second(opened) <= opened.size() * _MOST_SAMPLES_PER_BYTE
    )


def _samples_per_second(opened: Opened) -> int:
    context = opened.stream.codec_context
    return int(context.rate * context.channels)


def _too_many_samples(limits: AudioLimits) -> AudioError:
    return AudioError(
        f"up to the end of the passage there are over {limits.max_samples} samples of all channels",
        "AUDIO_TOO_MANY_SAMPLES",
    )


def _check_format(rate_hz: int, channels: int, limits: AudioLimits) -> None:
    if not limits.min_rate_hz <= rate_hz <= limits.max_rate_hz:
        raise AudioError(f"a sample rate of {rate_hz} Hz", "AUDIO_SAMPLE_RATE")
    if not 1 <= channels <= limits.max_channels:
        raise AudioError(f"{channels} channels", "AUDIO_CHANNELS")
