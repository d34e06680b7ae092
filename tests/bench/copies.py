"""Copies of a recording as collections hold them, and versions of it that are no copies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import av

from segue.audio.decoding import probe


@dataclass(frozen=True, slots=True)
class CopyKind:
    """How a copy is made.

    Attributes
    ----------
    filters
        FFmpeg filters, each a name and its arguments.
    same
        Whether it is the same recording still.
    """

    name: str
    filters: tuple[tuple[str, str], ...] = ()
    codec: str = "flac"
    ending: str = "flac"
    bit_rate: int = 0
    rate_hz: int = 44_100
    layout: str = "stereo"
    same: bool = True


def speed(factor: float) -> tuple[tuple[str, str], ...]:
    """Filters that play a recording at 44.1 kHz faster, and so higher."""
    return (("aresample", "44100"), ("asetrate", str(round(44_100 * factor))))


KINDS = (
    CopyKind("MP3, 320 kbit/s", codec="libmp3lame", ending="mp3", bit_rate=320_000),
    CopyKind("MP3, 64 kbit/s", codec="libmp3lame", ending="mp3", bit_rate=64_000),
    CopyKind("MP3, 64 kbit/s, mono", (), "libmp3lame", "mp3", 64_000, layout="mono"),
    CopyKind("AAC, 128 kbit/s", codec="aac", ending="m4a", bit_rate=128_000),
    CopyKind("Opus, 48 kbit/s", codec="libopus", ending="opus", bit_rate=48_000, rate_hz=48_000),
    CopyKind("resampled to 22.05 kHz", rate_hz=22_050),
    CopyKind("9 dB quieter", (("volume", "-9dB"),)),
    CopyKind("silence at both ends", (("adelay", "3170:all=1"), ("apad", "pad_dur=8"))),
    CopyKind("intro of 4.2 s cut", (("atrim", "start=4.21"),)),
    CopyKind("intro of 10.4 s cut", (("atrim", "start=10.37"),)),
    CopyKind(
        "remastered",
        (
            ("acompressor", "threshold=-18dB:ratio=3:makeup=4"),
            ("treble", "g=4"),
            ("bass", "g=3"),
        ),
        "libmp3lame",
        "mp3",
        192_000,
    ),
    CopyKind("2 % faster and higher", speed(1.02), same=False),
    CopyKind("2 % faster", (("atempo", "1.02"),), same=False),
    CopyKind("2 % higher", (*speed(1.02), ("aresample", "44100"), ("atempo", f"{1 / 1.02}")),
             same=False),
    CopyKind("6 % higher", (*speed(1.06), ("aresample", "44100"), ("atempo", f"{1 / 1.06}")),
             same=False),
    CopyKind("first half", (("atrim", "end={half}"),), same=False),
)  # fmt: skip


def write_copy(source: Path, target: Path, kind: CopyKind) -> None:
    """Make a copy of an audio file."""
    half = (probe(source).duration_seconds or 0.0) / 2
    with av.open(str(source)) as given, av.open(str(target), "w") as made:
        stream = given.streams.audio[0]
        encoded = made.add_stream(kind.codec, rate=kind.rate_hz)
        encoded.layout = kind.layout
        encoded.format = encoded.codec.audio_formats[0]
        if kind.bit_rate:
            encoded.bit_rate = kind.bit_rate
        encoded.codec_context.open()
        graph = av.filter.Graph()
        nodes = [graph.add_abuffer(template=stream)]
        nodes += [graph.add(name, text.format(half=half)) for name, text in kind.filters]
        form = f"sample_fmts={encoded.format.name}:channel_layouts={kind.layout}"
        nodes.append(graph.add("aresample", str(kind.rate_hz)))
        nodes.append(graph.add("aformat", form))
        nodes.append(graph.add("asetpts", "N/SR/TB"))
        if encoded.codec_context.frame_size:
            nodes.append(graph.add("asetnsamples", f"n={encoded.codec_context.frame_size}:p=0"))
        nodes.append(graph.add("abuffersink"))
        graph.link_nodes(*nodes).configure()

        def take() -> None:
            while True:
                try:
                    frame = graph.pull()
                except (av.BlockingIOError, av.EOFError):
                    return
                made.mux(encoded.encode(frame))

        try:
            for frame in given.decode(stream):
                graph.push(frame)
                take()
            graph.push(None)
        except av.EOFError:
            pass  # a filter has all that it wants
        take()
        made.mux(encoded.encode(None))
