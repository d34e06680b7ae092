"""Opening a file as the one container that it is, with a decoder for its audio.

FFmpeg reads through an open file alone, and only so far as it takes a bounded time from one packet
to the next; it may use no protocol and no other demuxer or decoder than those of
:mod:`segue.audio.formats`.
"""

from __future__ import annotations

import functools
import io
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias, cast

import av

from segue.audio import containers
from segue.audio.comments import check_comments
from segue.audio.endings import ogg_links, trailing_tag_bytes
from segue.audio.formats import BARE, Container, is_decoded
from segue.errors import AudioError
from segue.permissions import unreadable

Source: TypeAlias = Path | BinaryIO | bytes
"""A file, an open seekable file, or the bytes of one."""

_STEP_SECONDS = 10.0
"""Processor time up to the first audio packet, and for a few more at a time after it."""

_PACKETS_PER_STEP = 8

_OF_THEIR_OWN = BARE | {Container.WAV, Container.W64, Container.ASF}
"""Containers whose length FFmpeg guesses, always or once they are damaged."""

av.logging.set_level(None)


@dataclass(frozen=True, slots=True)
class Opened:
    """A file (or one link of a chain) that is open for decoding its audio stream."""

    file: BinaryIO
    metered: Metered
    container: Container
    demuxer: Any
    stream: Any
    codec: str

    @property
    def declared_seconds(self) -> float | None:
        """Length that the header declares, or FFmpeg's guess; None without either."""
        if self.stream.duration is None or self.stream.time_base is None:
            whole = self.demuxer.duration
            return None if whole is None or whole <= 0 else whole / av.time_base
        seconds = float(self.stream.duration * self.stream.time_base)
        return seconds if seconds > 0 else None

    @property
    def trusted_seconds(self) -> float | None:
        """Declared length that the audio of a whole file has; None where it is a guess."""
        if self.container in _OF_THEIR_OWN:
            return None
        if self.container is Container.MATROSKA and self._has_other_streams():
            return None  # it declares one length for all
        return self.declared_seconds

    def _has_other_streams(self) -> bool:
        return any(
            stream is not self.stream and not stream.disposition & stream.disposition.attached_pic
            for stream in self.demuxer.streams
        )

    def size(self) -> int:
        """Bytes of the file; FFmpeg reads on from where it was."""
        place = self.file.tell()
        size = self.file.seek(0, io.SEEK_END)
        self.file.seek(place)
        return size


class Metered:
    """Part of a file, for a decoder that must not read on for ever.

    Parameters
    ----------
    first_byte, end_byte
        The part; None reaches to the end.
    """

    def __init__(self, file: BinaryIO, first_byte: int, end_byte: int | None = None) -> None:
        self._file = file
        self._first_byte = first_byte
        self._end_byte = end_byte
        file.seek(first_byte)
        self.restart()

    def restart(self) -> None:
        """Give the next step its whole time."""
        self._until = time.thread_time() + _STEP_SECONDS

    def continue_step(self, before: Metered) -> None:
        """Give the step that began with another part of the file no more time than it had."""
        self._until = before._until

    def read(self, size: int = -1) -> bytes:
        """Read on; raises ``AUDIO_DECODER_TIMEOUT`` when the step has taken too long."""
        if time.thread_time() > self._until:
            raise AudioError(
                f"reading the file's header took over {_STEP_SECONDS:g} s", "AUDIO_DECODER_TIMEOUT"
            )
        if self._end_byte is not None:
            left = max(0, self._end_byte - self._file.tell())
            size = left if size < 0 else min(size, left)
        return self._file.read(size)

    def tell(self) -> int:
        """Place within the part."""
        return self._file.tell() - self._first_byte

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place within the part."""
        if whence == io.SEEK_SET:
            offset += self._first_byte
        elif whence == io.SEEK_END and self._end_byte is not None:
            whence, offset = io.SEEK_SET, self._end_byte + offset
        return self._file.seek(offset, whence) - self._first_byte


class Parts:
    """The streams of a file that follow one another: the links of an Ogg chain, else one.

    Raises
    ------
    AudioError
        ``AUDIO_EMPTY``, ``AUDIO_NOT_AUDIO``, ``AUDIO_UNSUPPORTED_CODEC``, ``AUDIO_UNDECODABLE``,
        ``AUDIO_TRUNCATED`` or ``AUDIO_DECODER_TIMEOUT``.
    SourceError
        When the path names no readable file; ``SourceNotReadable`` where permission is missing.
    """

    def __init__(self, source: Source, stack: ExitStack) -> None:
        self._file = _as_file(source, stack)
        self.container, first_byte = containers.identify(self._file)
        self._metered = Metered(self._file, first_byte)
        whole = cast("BinaryIO", self._metered)
        check_comments(whole, self.container)
        links = ogg_links(whole) if self.container is Container.OGG else [0]
        starts = [first_byte + link for link in links]
        end = None
        if self.container in BARE:
            end = self._file.seek(0, io.SEEK_END) - trailing_tag_bytes(self._file)
        self.spans = list(zip(starts, [*starts[1:], end], strict=True))

    def open(self, number: int, stack: ExitStack) -> Opened:
        """Open one of them, until ``stack`` ends."""
        first_byte, end_byte = self.spans[number]
        metered = Metered(self._file, first_byte, end_byte)
        metered.continue_step(self._metered)
        self._metered = metered
        return _opened(metered, self.container, stack)

    def bytes_of(self, number: int) -> int:
        """Size of one of them."""
        first_byte, end_byte = self.spans[number]
        end = self._file.seek(0, io.SEEK_END) if end_byte is None else end_byte
        return max(0, end - first_byte)

    def __len__(self) -> int:
        return len(self.spans)


def packets(opened: Opened) -> Iterator[Any]:
    """Packets of the audio stream.

    Raises
    ------
    av.FFmpegError
        Where the file cannot be read on.
    """
    for number, packet in enumerate(opened.demuxer.demux(opened.stream)):
        yield packet
        # Looking at the clock after each would cost a thirtieth of decoding an MP3.
        if number % _PACKETS_PER_STEP == 0:
            opened.metered.restart()


def _opened(metered: Metered, container: Container, stack: ExitStack) -> Opened:
    file = cast("BinaryIO", metered)
    try:
        # Given an open file and a named format, FFmpeg opens nothing else: no playlists, no URLs.
        demuxer = stack.enter_context(
            av.open(
                file,
                format=container.value,
                metadata_errors="replace",
                container_options={
                    "protocol_whitelist": "none",
                    "format_whitelist": container.value,
                    "codec_whitelist": _decoders(),
                },
            )
        )
    except (av.FFmpegError, ValueError, OverflowError) as exc:
        raise _cannot_open(container) from exc
    streams: list[Any] = [stream for stream in demuxer.streams if stream.type == "audio"]
    if not streams:
        raise AudioError("the file holds no audio track", "AUDIO_NOT_AUDIO")
    stream = streams[0]
    context = stream.codec_context
    codec = context.codec.canonical_name if context is not None else "unknown"
    if not is_decoded(codec):
        raise AudioError(f"the codec {codec} is not supported", "AUDIO_UNSUPPORTED_CODEC")
    # One file keeps one core busy: several workers then share a machine without waste.
    context.thread_type = "NONE"
    context.thread_count = 1
    return Opened(file, metered, container, demuxer, stream, codec)


@functools.cache
def _decoders() -> str:
    """FFmpeg's decoders that may look into a file while it is opened, those of pictures not."""
    names = []
    for name in sorted(av.codecs_available):
        try:
            codec = av.Codec(name, "r")
        except ValueError:
            continue
        if is_decoded(codec.canonical_name):
            names.append(name)
    return ",".join(names)


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
