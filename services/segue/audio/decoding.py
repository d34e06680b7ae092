"""Decoding files to mono samples at the model's rate, as a stream in bounded memory.

Damage and its consequence:

- Packets that do not decode are skipped, so that a recording with a few bad frames still counts.
  When more than half of them are bad the file is ``AUDIO_UNDECODABLE``.
- A file that *ends early* is ``AUDIO_TRUNCATED``: its last packet ends more than half a second
  before the end that its header declares (MP3, whose frame count says nothing of lost frames:
  also more than 5 % before), or its last Ogg page is incomplete. Headers that declare no
  length (a WAV written to a pipe, an MP3 without a frame count) leave nothing to compare.
- NaN and infinity in PCM refuse the file; a lossy decoder gives them only for damaged packets,
  where they become silence.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias, cast

import av
import numpy as np

from segue.audio import containers
from segue.audio.comments import check_comments
from segue.audio.containers import Container
from segue.audio.mixing import Resampler, mix_to_mono
from segue.audio.signals import Mono
from segue.errors import AudioError
from segue.permissions import unreadable

Source: TypeAlias = Path | BinaryIO | bytes
"""A file, an open seekable file, or the bytes of one."""

_CODECS = {"mp3", "flac", "vorbis", "opus", "aac", "alac"}
_TRUE_TO_LENGTH = {Container.FLAC, Container.MP4}
"""Containers that are written with their length known; elsewhere it is often a guess."""

_MOST_SAMPLES_PER_BYTE = 1 << 15
"""More than the longest FLAC frame of eight silent channels has (24,000); others have far fewer."""

_LOSSY = {"mp3", "vorbis", "opus", "aac"}

_JOINED_SAMPLES = 1 << 18
"""Decoded samples that are handled at once: 6 s at 44.1 kHz, few enough to bound memory.

Decoding and the transform push each other out of the processor's cache, so they should not take
turns more often than that.
"""

_STEP_SECONDS = 10.0
"""Processor time from one audio packet to the next, the first one included."""

_SHORTFALL_SECONDS = 0.5
_MP3_SHORTFALL = 0.05
av.logging.set_level(None)


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
    """

    max_duration_seconds: float = 4 * 3_600.0
    min_rate_hz: int = 4_000
    max_rate_hz: int = 384_000
    max_channels: int = 8
    max_samples: int = 1 << 33

    def __post_init__(self) -> None:
        if not (
            self.max_duration_seconds > 0
            and 0 < self.min_rate_hz <= self.max_rate_hz
            and self.max_channels >= 1
            and self.max_samples >= 1
        ):
            raise ValueError(f"limits out of range: {self}")


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """What a file's header says of it.

    Attributes
    ----------
    codec, container
        FFmpeg's names, such as ``mp3`` and ``wav``.
    duration_seconds
        Declared or estimated length, or None.
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
        opened = _open(source, stack)
        context = opened.stream.codec_context
        return AudioInfo(
            codec=opened.codec,
            container=opened.container.value,
            rate_hz=int(context.rate),
            channels=int(context.channels),
            duration_seconds=opened.declared_seconds,
        )


def decode_stream(
    source: Source,
    rate_hz: int,
    *,
    limits: AudioLimits = AudioLimits(),
    start_seconds: float = 0.0,
    length_seconds: float | None = None,
) -> Iterator[Mono]:
    """Decode to mono float32 at ``rate_hz``, in blocks of a few seconds.

    Channels are averaged. The source's rate and channels may change on the way. A passage is cut
    by counting decoded samples, exact to one sample of the source, which costs the decoding of
    what lies before it.

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

    Yields
    ------
    Mono
        Shape (n,), n > 0, finite.

    Raises
    ------
    AudioError
        ``AUDIO_EMPTY``, ``AUDIO_NOT_AUDIO``, ``AUDIO_UNSUPPORTED_CODEC``, ``AUDIO_UNDECODABLE``,
        ``AUDIO_SAMPLE_RATE``, ``AUDIO_CHANNELS``, ``AUDIO_NON_FINITE``, ``AUDIO_TOO_LONG``,
        ``AUDIO_TOO_MANY_SAMPLES`` or ``AUDIO_TRUNCATED``; the last few after samples have been
        given.
    SourceError
        When the path names no readable file; ``SourceNotReadable`` where permission is missing.
    """
    with ExitStack() as stack:
        opened = _open(source, stack)
        context = opened.stream.codec_context
        _check_format(context.rate, context.channels, limits)
        _refuse_declared_length(opened, limits)
        resampler = Resampler(rate_hz)
        position = 0.0
        spent = 0
        end_seconds = np.inf if length_seconds is None else start_seconds + length_seconds
        _refuse_declared_samples(opened, end_seconds, limits)
        for frame in _frames(opened):
            source_hz = int(frame.sample_rate)
            _check_format(source_hz, frame.layout.nb_channels, limits)
            # A frame may reach beyond the passage: a few seconds are joined in one.
            wanted = min(int(frame.samples), round(min(end_seconds - position, 1e6) * source_hz))
            spent += wanted * int(frame.layout.nb_channels)
            if spent > limits.max_samples:
                raise _too_many_samples(limits)
            block = mix_to_mono(frame, lossy=opened.codec in _LOSSY)
            next_position = position + block.size / source_hz
            if next_position > limits.max_duration_seconds:
                raise AudioError(
                    f"the audio lasts longer than {limits.max_duration_seconds:g} s",
                    "AUDIO_TOO_LONG",
                )
            first = max(0, round((start_seconds - position) * source_hz))
            last = min(block.size, round(min(end_seconds - position, 1e6) * source_hz))
            position = next_position
            if first < last:
                for resampled in resampler.push(block[first:last], source_hz):
                    yield resampled
            if position >= end_seconds:
                break
        for resampled in resampler.finish():
            yield resampled


@dataclass(frozen=True, slots=True)
class _Opened:
    file: BinaryIO
    metered: _Metered
    container: Container
    demuxer: Any
    stream: Any
    codec: str

    @property
    def declared_seconds(self) -> float | None:
        if self.stream.duration is None or self.stream.time_base is None:
            return None
        seconds = float(self.stream.duration * self.stream.time_base)
        return seconds if seconds > 0 else None

    def size(self) -> int:
        """Bytes of the file; FFmpeg reads on from where it was."""
        place = self.file.tell()
        size = self.file.seek(0, io.SEEK_END)
        self.file.seek(place)
        return size


class _Metered:
    """What a file holds from some byte on, for a decoder that must not read on for ever."""

    def __init__(self, file: BinaryIO, first_byte: int) -> None:
        self._file = file
        self._first_byte = first_byte
        file.seek(first_byte)
        self.restart()

    def restart(self) -> None:
        """Give the next step its whole time."""
        self._until = time.thread_time() + _STEP_SECONDS

    def read(self, size: int = -1) -> bytes:
        if time.thread_time() > self._until:
            raise AudioError(
                f"reading the file's header took over {_STEP_SECONDS:g} s", "AUDIO_DECODER_TIMEOUT"
            )
        return self._file.read(size)

    def tell(self) -> int:
        return self._file.tell() - self._first_byte

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        shift = self._first_byte if whence == io.SEEK_SET else 0
        return self._file.seek(offset + shift, whence) - self._first_byte


def _open(source: Source, stack: ExitStack) -> _Opened:
    file = _as_file(source, stack)
    container, first_byte = containers.identify(file)
    metered = _Metered(file, first_byte)
    file = cast("BinaryIO", metered)
    check_comments(file, container)
    try:
        # Given an open file and a named format, FFmpeg opens nothing else: no playlists, no URLs.
        demuxer = stack.enter_context(
            av.open(file, format=container.value, metadata_errors="replace")
        )
    except (av.FFmpegError, ValueError, OverflowError) as exc:
        raise _cannot_open(container) from exc
    streams: list[Any] = [stream for stream in demuxer.streams if stream.type == "audio"]
    if not streams:
        raise AudioError("the file holds no audio track", "AUDIO_NOT_AUDIO")
    stream = streams[0]
    context = stream.codec_context
    codec = context.codec.canonical_name if context is not None else "unknown"
    if codec not in _CODECS and not codec.startswith("pcm_"):
        raise AudioError(f"the codec {codec} is not supported", "AUDIO_UNSUPPORTED_CODEC")
    # One file keeps one core busy: several workers then share a machine without waste.
    context.thread_type = "NONE"
    context.thread_count = 1
    return _Opened(file, metered, container, demuxer, stream, codec)


def _as_file(source: Source, stack: ExitStack) -> BinaryIO:
    if isinstance(source, bytes):
        return io.BytesIO(source)
    if isinstance(source, Path):
        try:
            return stack.enter_context(source.open("rb"))
        except OSError as exc:
            # Only commands name files; a worker hands over what it has opened.
            raise unreadable(source, exc, by_command=True) from exc
    return source


def _cannot_open(container: Container) -> AudioError:
    if container is Container.MP4:
        return AudioError("the file lacks its sample tables: it was cut short", "AUDIO_TRUNCATED")
    return AudioError(f"the {container.value} header is damaged", "AUDIO_UNDECODABLE")


def _refuse_declared_length(opened: _Opened, limits: AudioLimits) -> None:
    """Refuse what is surely too long before decoding hours of it."""
    declared = opened.declared_seconds
    if declared is None or declared <= limits.max_duration_seconds:
        return
    # A header may lie; below 8 kbit/s it does, and decoding will find out.
    if opened.size() / declared >= 1_000:
        raise AudioError(
            f"the audio lasts {declared:.0f} s, longer than {limits.max_duration_seconds:g} s",
            "AUDIO_TOO_LONG",
        )


def _refuse_declared_samples(opened: _Opened, end_seconds: float, limits: AudioLimits) -> None:
    """Refuse what surely takes too long before any of it is decoded."""
    declared = opened.declared_seconds
    if declared is None or opened.container not in _TRUE_TO_LENGTH:
        return  # decoding will find out
    context = opened.stream.codec_context
    samples_per_second = context.rate * context.channels
    if declared * samples_per_second > opened.size() * _MOST_SAMPLES_PER_BYTE:
        return  # a header that lies
    if min(declared, end_seconds) * samples_per_second > limits.max_samples:
        raise _too_many_samples(limits)


def _too_many_samples(limits: AudioLimits) -> AudioError:
    return AudioError(
        f"up to the end of the passage there are over {limits.max_samples} samples of all channels",
        "AUDIO_TOO_MANY_SAMPLES",
    )


def _frames(opened: _Opened) -> Iterator[Any]:
    """Decoded frames joined to a few seconds each, then the verdict on how the file ended."""
    fifo = av.AudioFifo()
    channels = 0
    good = bad = 0
    end = 0
    start = opened.stream.start_time or 0
    for packet in _packets(opened):
        if packet.pts is not None and packet.duration:
            end = max(end, packet.pts + packet.duration - start)
        try:
            decoded = packet.decode()
        except (av.FFmpegError, ValueError):
            bad += 1
            continue
        good += 1
        for frame in decoded:
            # Without time stamps the queue joins frames and does not look for gaps.
            frame.pts = None
            # The queue itself compares rate and format only, and reads past a frame that has
            # fewer channels than the first one had.
            fits = frame.layout.nb_channels == channels or channels == 0
            try:
                if fits:
                    fifo.write(frame)
            except ValueError:
                fits = False
            if not fits:
                if (rest := fifo.read()) is not None:
                    yield rest
                fifo = av.AudioFifo()
                fifo.write(frame)
            channels = frame.layout.nb_channels
            if fifo.samples >= _JOINED_SAMPLES:
                yield fifo.read()
    if (rest := fifo.read()) is not None:
        yield rest
    _judge_end(opened, float(end * (opened.stream.time_base or 0)), good, bad)


def _packets(opened: _Opened) -> Iterator[Any]:
    """Packets of the audio stream; a read error counts as the end, judged later."""
    packets = opened.demuxer.demux(opened.stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.FFmpegError):
            return
        yield packet
        opened.metered.restart()


def _judge_end(opened: _Opened, end_seconds: float, good: int, bad: int) -> None:
    declared = opened.declared_seconds
    missing = 0.0 if declared is None else declared - end_seconds
    if opened.container is Container.MP3:
        counted = containers.declares_frame_count(opened.file)
        cut = counted and missing > max(_SHORTFALL_SECONDS, _MP3_SHORTFALL * (declared or 0))
    elif opened.container is Container.OGG:
        cut = containers.ends_within_ogg_page(opened.file)
    elif opened.container is Container.WAV:
        cut = containers.lacks_wav_data(opened.file)
    elif opened.container is Container.AAC:
        cut = False
    else:
        cut = missing > _SHORTFALL_SECONDS
    if cut:
        raise AudioError(
            f"the file ends at {end_seconds:.1f} s, before the end of its audio", "AUDIO_TRUNCATED"
        )
    if bad >= max(good, 1):
        raise AudioError("most of the audio cannot be decoded", "AUDIO_UNDECODABLE")


def _check_format(rate_hz: int, channels: int, limits: AudioLimits) -> None:
    if not limits.min_rate_hz <= rate_hz <= limits.max_rate_hz:
        raise AudioError(f"a sample rate of {rate_hz} Hz", "AUDIO_SAMPLE_RATE")
    if not 1 <= channels <= limits.max_channels:
        raise AudioError(f"{channels} channels", "AUDIO_CHANNELS")
