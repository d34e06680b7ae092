"""Decoding one stream to frames, and counting what it lost."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import av

from segue.audio import endings, wav_chunks
from segue.audio.damage import SLIGHT_SECONDS, Losses
from segue.audio.formats import BARE, Container, is_lossless
from segue.audio.frames import (
    FRAME_BYTES,
    counted_behind_tag,
    counted_mpeg_seconds,
    may_count,
)
from segue.audio.opening import Opened, packets

_JOINED_SAMPLES = 1 << 18
"""Decoded samples that are handled at once: 6 s at 44.1 kHz, few enough to bound memory.

Decoding and the transform push each other out of the processor's cache, so they should not take
turns more often than that.
"""


_SEEKABLE = {
    Container.FLAC, Container.WAV, Container.W64, Container.AIFF, Container.AU, Container.CAF,
    Container.MP4, Container.WAVPACK, Container.TTA,
}  # fmt: skip
"""Containers that say exactly, with a lossless codec, which sample comes after a jump."""


class FrameStream:
    """Decodes one stream, and adds what it lost to the file's losses.

    Parameters
    ----------
    end_seconds
        Where decoding will end; what is missing behind it is no loss.
    """

    def __init__(self, opened: Opened, losses: Losses, end_seconds: float = math.inf) -> None:
        self._opened = opened
        self._losses = losses
        self._end_of_passage = end_seconds
        self._skipped_seconds = 0.0
        self._decoded_seconds = 0.0
        self._source = self._decoded()
        self._good = self._bad = 0
        self._read_failed = False
        self._is_mp3 = opened.container is Container.MP3
        self._joined_seconds = 0.0
        self._frame_bytes = 0
        self._end = 0

    def skip(self, seconds: float) -> float | None:
        """Begin at a place, or not far before it, instead of at the start.

        Returns
        -------
        float or None
            Where the first frame begins now, in seconds, exact to one sample; 0 where such a jump
            cannot be made. None: it failed, and the stream must be opened anew.
        """
        opened, stream = self._opened, self._opened.stream
        if opened.container not in _SEEKABLE or not is_lossless(opened.codec):
            return 0.0
        if not stream.time_base:
            return 0.0
        origin = stream.start_time or 0
        try:
            opened.demuxer.seek(origin + int(seconds / stream.time_base), stream=stream)
            first = next(self._source, None)
        except (av.FFmpegError, OverflowError):
            return None
        if first is None or first.pts is None or not first.time_base or self._bad:
            return None
        begins = float(first.pts * first.time_base - origin * stream.time_base)
        if not 0 <= begins <= seconds:
            return None
        self._skipped_seconds = begins
        self._source = itertools.chain((first,), self._source)
        return begins

    def frames(self) -> Iterator[Any]:
        """Decoded frames joined to a few seconds each, then the count of what is missing."""
        for frame in self._joined():
            self._decoded_seconds += frame.samples / max(1, frame.sample_rate)
            yield frame
        self._count_losses()

    def _joined(self) -> Iterator[Any]:
        fifo = av.AudioFifo()
        channels = 0
        for frame in self._source:
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

    def _decoded(self) -> Iterator[Any]:
        # Hundreds of packets a second of audio: what is the same for all is looked up once.
        is_mp3, is_bare = self._is_mp3, self._opened.container in BARE
        frame_bytes = FRAME_BYTES.get(self._opened.container, len)
        for packet in self._packets():
            if is_bare:
                content = bytes(packet)
                sound = frame_bytes(content)
                self._frame_bytes += sound
                if is_mp3 and content and self._is_no_sound(content, sound):
                    continue
            elif packet.pts is not None and packet.duration:
                self._end = max(self._end, packet.pts + packet.duration)
            try:
                decoded = packet.decode()
            except (av.FFmpegError, ValueError):
                self._bad += 1
                continue
            self._good += 1
            yield from decoded

    def _packets(self) -> Iterator[Any]:
        try:
            yield from packets(self._opened)
        except av.FFmpegError:
            self._read_failed = True

    def _is_no_sound(self, packet: bytes, frame_bytes: int) -> bool:
        """Whether an MP3's packet is a tag between joined files, or the count of the next one."""
        if frame_bytes and not may_count(packet):
            return False
        counted = counted_mpeg_seconds(packet) if frame_bytes else counted_behind_tag(packet)
        self._joined_seconds += counted or 0.0
        return counted is not None or not frame_bytes

    def _count_losses(self) -> None:
        opened, losses = self._opened, self._losses
        reached = self._skipped_seconds + self._decoded_seconds
        lost = self._bad * self._decoded_seconds / max(1, self._good)
        breaks_off = False
        declared = self._declared()
        if declared is not None:
            missing = declared - reached
            # What was lost on the way leaves the end where it was.
            breaks_off = self._is_mp3 or self._end_seconds() < declared - SLIGHT_SECONDS
        elif opened.container in {Container.WAV, Container.W64}:
            missing = wav_chunks.missing_seconds(opened.file)
            breaks_off = True
        elif opened.container in BARE:
            missing = self._decoded_seconds * self._share_passed_over()
        elif self._read_failed:
            read = max(1, opened.file.tell())
            missing = reached * (opened.size() - read) / read
            breaks_off = True
        else:
            missing = 0.0
        missing = min(missing, self._end_of_passage - reached)
        losses.lost_seconds += max(lost, missing)
        losses.breaks_off |= breaks_off and missing > SLIGHT_SECONDS
        if opened.container is Container.OGG:
            losses.breaks_off |= endings.ends_within_ogg_page(opened.file)
        losses.decoded_seconds += self._decoded_seconds
        losses.broken_frames += self._bad

    def _declared(self) -> float | None:
        """Length by the file's own word; FFmpeg must have read all that it is to read."""
        if self._opened.container is Container.ASF:
            return endings.asf_seconds(self._opened.file)
        if not self._is_mp3:
            return self._opened.trusted_seconds
        counted = endings.counted_seconds(self._opened.file)
        return None if counted is None else counted + self._joined_seconds

    def _end_seconds(self) -> float:
        """Where the last packet ends, from the start of the stream."""
        stream = self._opened.stream
        return float((self._end - (stream.start_time or 0)) * (stream.time_base or 0))

    def _share_passed_over(self) -> float:
        """Bytes in which no frame was found, as a share of those of the frames."""
        return max(0, self._opened.size() - self._frame_bytes) / max(1, self._frame_bytes)
