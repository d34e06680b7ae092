"""Audio files that are damaged, lie, or are no audio at all; made anew, always the same.

Imported by tests as ``malformed_audio`` (``pythonpath`` in pyproject.toml).
"""

from __future__ import annotations

import functools
import io
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
import soundfile

ANY_AUDIO_REASON = frozenset(
    {
        "AUDIO_EMPTY",
        "AUDIO_NOT_AUDIO",
        "AUDIO_TRUNCATED",
        "AUDIO_UNDECODABLE",
        "AUDIO_UNSUPPORTED_CODEC",
        "AUDIO_SAMPLE_RATE",
        "AUDIO_CHANNELS",
        "AUDIO_NON_FINITE",
        "AUDIO_SILENT",
        "AUDIO_TOO_SHORT",
        "AUDIO_TOO_LONG",
    }
)


@dataclass(frozen=True)
class MalformedAudio:
    """One file and what may become of it.

    Attributes
    ----------
    name
        Unique, fit for a file name; it ends in the extension that the file pretends to have.
    reasons
        Reasons for which it may be refused.
    may_decode
        Whether it may also be taken, as finite audio: the damage leaves most of it.
    """

    name: str
    content: bytes
    reasons: frozenset[str]
    may_decode: bool = False


SECONDS = 6.0
FORMATS: dict[str, tuple[str, str, str]] = {
    "mp3": ("mp3", "libmp3lame", "fltp"),
    "flac": ("flac", "flac", "s16"),
    "opus": ("ogg", "libopus", "flt"),
    "wav": ("wav", "pcm_s16le", "s16"),
    "aiff": ("aiff", "pcm_s16be", "s16"),
    "au": ("au", "pcm_s16be", "s16"),
    "m4a": ("mp4", "aac", "fltp"),
    "alac.m4a": ("mp4", "alac", "s16p"),
    "aac": ("adts", "aac", "fltp"),
}
"""Extension to FFmpeg's container, encoder and sample format. Ogg Vorbis comes besides."""


def melody(rate_hz: int = 44_100, seconds: float = SECONDS, channels: int = 2) -> np.ndarray:
    """Shape (samples, channels), float32: an arpeggio with overtones over a little hiss."""
    rng = np.random.default_rng(11)
    time = np.arange(int(rate_hz * seconds)) / rate_hz
    notes = 220.0 * 2 ** (np.array([0, 4, 7, 12, 7, 4, 9, 5]) / 12)
    pitch = notes[(time * 4).astype(int) % notes.size]
    phase = 2 * np.pi * np.cumsum(pitch) / rate_hz
    tone = sum(0.3 / n * np.sin(n * phase) for n in (1, 2, 3)) * np.exp(-(time * 4 % 1))
    sound = tone[:, None] + 0.003 * rng.standard_normal((time.size, channels))
    return sound.astype(np.float32)


@functools.cache
def clean_audio(kind: str, seconds: float = SECONDS) -> bytes:
    """Encode the melody: a kind of ``FORMATS``, or ``ogg`` for Vorbis."""
    if kind == "ogg":
        file = io.BytesIO()
        soundfile.write(file, melody(seconds=seconds), 44_100, format="OGG", subtype="VORBIS")
        return _numbered_from_zero(file.getvalue())
    container, codec, sample_format = FORMATS[kind]
    rate = 48_000 if codec == "libopus" else 44_100
    return encode(melody(rate, seconds), rate, container, codec, sample_format)


def encode(
    samples: np.ndarray, rate_hz: int, container: str, codec: str, sample_format: str,
    options: dict[str, str] | None = None, *, vbr: bool = False,
) -> bytes:  # fmt: skip
    """Encode samples of shape (n, channels) with FFmpeg, at a constant bit rate or not."""
    file = io.BytesIO()
    # Without "bitexact" FFmpeg writes the time and its version into some headers.
    with av.open(file, "w", format=container, options={"fflags": "bitexact"}) as muxer:
        stream = muxer.add_stream(codec, rate=rate_hz, options=options or {})
        stream.codec_context.layout = {1: "mono", 2: "stereo"}[samples.shape[1]]
        stream.codec_context.format = sample_format
        if vbr:
            stream.codec_context.qscale = True
            stream.codec_context.global_quality = 2 * 118
        elif codec in {"libmp3lame", "aac", "libopus", "wmav2", "mp2"}:
            stream.codec_context.bit_rate = 128_000
        resampler = av.AudioResampler(format=sample_format, rate=rate_hz)
        for frame in _frames(samples, rate_hz):
            for converted in resampler.resample(frame):
                muxer.mux(stream.encode(converted))
        muxer.mux(stream.encode(None))
    return file.getvalue()


def _numbered_from_zero(ogg: bytes) -> bytes:
    """Write an Ogg file again without the random number that its encoder gave the stream."""
    file = io.BytesIO()
    with (
        av.open(io.BytesIO(ogg)) as demuxer,
        av.open(file, "w", format="ogg", options={"fflags": "bitexact"}) as muxer,
    ):
        source = demuxer.streams.audio[0]
        stream = muxer.add_stream_from_template(source)
        for packet in demuxer.demux(source):
            if packet.dts is not None:
                packet.stream = stream
                muxer.mux(packet)
    return file.getvalue()


def _frames(samples: np.ndarray, rate_hz: int) -> Iterator[Any]:
    layout = {1: "mono", 2: "stereo"}[samples.shape[1]]
    for at in range(0, len(samples), 4_096):
        block = np.ascontiguousarray(samples[at : at + 4_096].T)
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=layout)
        frame.sample_rate = rate_hz
        frame.pts = at
        yield frame


def wav(
    payload: bytes, *, rate_hz: int = 44_100, channels: int = 2, bits: int = 16, code: int = 1,
    data_size: int | None = None,
) -> bytes:  # fmt: skip
    """A WAV file of which every header field can lie."""
    block = max(1, channels * bits // 8) & 0xFFFF
    header = struct.pack(
        "<HHIIHH", code, channels, rate_hz, rate_hz * block & 0xFFFFFFFF, block, bits
    )
    size = len(payload) if data_size is None else data_size
    body = b"WAVEfmt " + struct.pack("<I", 16) + header + b"data" + struct.pack("<I", size)
    return b"RIFF" + struct.pack("<I", min(len(body) + size, 0xFFFFFFFF)) + body + payload


def pcm16(seconds: float = SECONDS, channels: int = 2) -> bytes:
    """The melody as 16-bit little-endian samples."""
    return (melody(44_100, seconds, channels) * 20_000).astype("<i2").tobytes()


def malformed_audio() -> list[MalformedAudio]:
    """Make all of them, in a fixed order."""
    return [*_truncated(), *_damaged(), *_lying(), *_samples(), *_foreign(), *_headers()]


def _file(name: str, content: bytes, *reasons: str, may_decode: bool = False) -> MalformedAudio:
    known = frozenset(reasons) or ANY_AUDIO_REASON
    assert known <= ANY_AUDIO_REASON
    return MalformedAudio(name, content, known, may_decode)


def _truncated() -> Iterator[MalformedAudio]:
    """Files that stop early."""
    for kind in ("mp3", "flac", "wav", "aiff", "au", "m4a", "alac.m4a", "ogg", "opus"):
        content = clean_audio(kind)
        yield _file(f"cut-in-half.{kind}", content[: len(content) // 2], "AUDIO_TRUNCATED")
        yield _file(
            f"cut-after-60-bytes.{kind}", content[:60],
            "AUDIO_TRUNCATED", "AUDIO_NOT_AUDIO", "AUDIO_UNDECODABLE", "AUDIO_TOO_SHORT",
        )  # fmt: skip
    fast = faststart(clean_audio("m4a"))
    yield _file("cut-in-half-index-first.m4a", fast[: len(fast) * 6 // 10],
                "AUDIO_TRUNCATED")  # fmt: skip
    mp3 = clean_audio("mp3")
    yield _file("cut-to-one-second.mp3", mp3[: len(mp3) // 6], "AUDIO_TRUNCATED")
    yield _file("first-bytes-only.mp3", mp3[:3], "AUDIO_NOT_AUDIO")
    yield _file("cut-without-frame-count.mp3", _without_info(mp3)[:-700], may_decode=True)


def _damaged() -> Iterator[MalformedAudio]:
    """Bytes that changed on the way."""
    for kind in ("mp3", "flac", "wav", "aiff", "m4a", "alac.m4a", "ogg", "opus", "aac"):
        content = clean_audio(kind)
        for share, label in ((1e-5, "few"), (1e-3, "some"), (3e-2, "many")):
            yield _file(f"{label}-bits-flipped.{kind}", _flip(content, share), may_decode=True)
    for kind in ("mp3", "flac", "m4a", "ogg", "opus"):
        content = clean_audio(kind)
        third = len(content) // 3
        hole = content[:third] + bytes(third) + content[2 * third :]
        yield _file(f"zeros-in-the-middle.{kind}", hole, may_decode=True)
        gap = content[:third] + content[third + 4_000 :]
        yield _file(f"bytes-missing-in-the-middle.{kind}", gap, may_decode=True)
        noise = np.random.default_rng(5).bytes(len(content) - 2_000)
        yield _file(f"header-before-noise.{kind}", content[:2_000] + noise, may_decode=True)
    ogg = clean_audio("ogg")
    pages = ogg.split(b"OggS")
    missing = b"OggS".join([*pages[:4], *pages[6:]])
    yield _file("pages-missing.ogg", missing, may_decode=True)
    yield _file("pages-swapped.ogg", b"OggS".join([*pages[:4], *pages[:3:-1]]), may_decode=True)
    yield _file("setup-header-missing.ogg", b"OggS".join([*pages[:2], *pages[3:]]),
                may_decode=True)  # fmt: skip


def _lying() -> Iterator[MalformedAudio]:
    """Headers that say what is not so."""
    pcm = pcm16()
    yield _file("declares-4-gigabytes.wav", wav(pcm, data_size=0xFFFFFFF0),
                "AUDIO_TRUNCATED", "AUDIO_TOO_LONG", may_decode=True)  # fmt: skip
    yield _file("declares-1-gigabyte.wav", wav(pcm, data_size=1 << 30),
                "AUDIO_TRUNCATED")  # fmt: skip
    yield _file("declares-no-data.wav", wav(pcm, data_size=0), may_decode=True)
    yield _file("rate-zero.wav", wav(pcm, rate_hz=0), "AUDIO_SAMPLE_RATE", "AUDIO_UNDECODABLE")
    yield _file("rate-1-hz.wav", wav(pcm, rate_hz=1), "AUDIO_SAMPLE_RATE", "AUDIO_UNDECODABLE")
    yield _file("rate-100-hz.wav", wav(pcm, rate_hz=100), "AUDIO_SAMPLE_RATE")
    yield _file("rate-10-mhz.wav", wav(pcm, rate_hz=10_000_000), "AUDIO_SAMPLE_RATE")
    yield _file("rate-4-ghz.wav", wav(pcm, rate_hz=0xFFFFFFFF),
                "AUDIO_SAMPLE_RATE", "AUDIO_UNDECODABLE")  # fmt: skip
    yield _file("no-channels.wav", wav(pcm, channels=0), "AUDIO_CHANNELS", "AUDIO_UNDECODABLE")
    yield _file("32-channels.wav", wav(pcm, channels=32), "AUDIO_CHANNELS")
    yield _file("65535-channels.wav", wav(pcm, channels=65_535),
                "AUDIO_CHANNELS", "AUDIO_UNDECODABLE")  # fmt: skip
    yield _file("no-bits.wav", wav(pcm, bits=0), "AUDIO_UNDECODABLE", "AUDIO_UNSUPPORTED_CODEC")
    yield _file("7-bits.wav", wav(pcm, bits=7), may_decode=True)
    yield _file("255-bits.wav", wav(pcm, bits=255), may_decode=True)
    yield _file("unknown-codec.wav", wav(pcm, code=0x7777), "AUDIO_UNSUPPORTED_CODEC")
    yield _file("adpcm.wav", wav(pcm, code=2, bits=4),
                "AUDIO_TOO_SHORT", "AUDIO_UNDECODABLE")  # fmt: skip
    flac = bytearray(clean_audio("flac"))
    flac[21:26] = b"\x0f\xff\xff\xff\xff"
    yield _file("declares-weeks.flac", bytes(flac), may_decode=True)
    flac = bytearray(clean_audio("flac"))
    flac[18:21] = bytes(3)
    yield _file("rate-zero.flac", bytes(flac), may_decode=True)
    aiff = bytearray(clean_audio("aiff"))
    at = aiff.index(b"COMM") + 8
    aiff[at + 2 : at + 6] = b"\x7f\xff\xff\xff"
    yield _file("declares-days.aiff", bytes(aiff), may_decode=True)
    aiff[at + 8 : at + 18] = b"\x7f\xff" + bytes(8)
    yield _file("rate-infinite.aiff", bytes(aiff), "AUDIO_SAMPLE_RATE", "AUDIO_UNDECODABLE")


def _samples() -> Iterator[MalformedAudio]:
    """Sound headers around what is no sound."""
    sound = melody(channels=1)[:, 0]
    for label, value in (("nan", np.nan), ("infinity", np.inf), ("minus-infinity", -np.inf)):
        broken = sound.copy()
        broken[len(broken) * 3 // 4] = value
        content = wav(broken.astype("<f4").tobytes(), channels=1, bits=32, code=3)
        yield _file(f"one-{label}.wav", content, "AUDIO_NON_FINITE")
    content = wav(np.full(44_100 * 6, np.nan, "<f8").tobytes(), channels=1, bits=64, code=3)
    yield _file("all-nan.wav", content, "AUDIO_NON_FINITE")
    content = wav((sound * 3e38).astype("<f4").tobytes(), channels=1, bits=32, code=3)
    yield _file("huge-samples.wav", content, may_decode=True)
    yield _file("zeros.wav", wav(bytes(44_100 * 4 * 6)), "AUDIO_SILENT")
    offset = np.full(44_100 * 6, 0.25, "<f4").tobytes()
    yield _file("constant.wav", wav(offset, channels=1, bits=32, code=3), "AUDIO_SILENT")
    whisper = encode(melody() * 1e-5, 44_100, "flac", "flac", "s32")
    yield _file("inaudible.flac", whisper, "AUDIO_SILENT")
    silence = encode(np.zeros((44_100 * 6, 2), np.float32), 44_100, "mp3", "libmp3lame", "fltp")
    yield _file("silent.mp3", silence, "AUDIO_SILENT")
    yield _file("no-samples.wav", wav(b""), "AUDIO_TOO_SHORT", "AUDIO_UNDECODABLE")
    yield _file("one-sample.wav", wav(b"\x00\x10\x00\x10"), "AUDIO_TOO_SHORT")
    yield _file("half-a-second.wav", wav(pcm16(0.5)), "AUDIO_TOO_SHORT")
    yield _file("half-a-second.mp3", clean_audio("mp3", 0.5), "AUDIO_TOO_SHORT")


def _foreign() -> Iterator[MalformedAudio]:
    """Files that are something else."""
    rng = np.random.default_rng(23)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr(zipfile.ZipInfo("album/01.mp3"), clean_audio("mp3"))
    not_audio = "AUDIO_NOT_AUDIO"
    yield _file("archive.mp3", archive.getvalue(), not_audio)
    yield _file("empty.mp3", b"", "AUDIO_EMPTY")
    yield _file("empty.wav", b"", "AUDIO_EMPTY")
    yield _file("one-byte.flac", b"f", not_audio)
    yield _file("text.mp3", b"This is a shopping list: eggs, milk, a violin.\n" * 400, not_audio)
    yield _file("page.ogg", b"<!DOCTYPE html><html><body>404 Not Found</body></html>", not_audio)
    yield _file("playlist.mp3", b"#EXTM3U\n#EXT-X-VERSION:3\nhttp://127.0.0.1:9/a.ts\n", not_audio)
    yield _file("concat.mp3", b"ffconcat version 1.0\nfile /etc/passwd\n", not_audio)
    yield _file("noise.mp3", rng.bytes(300_000), not_audio)
    yield _file("noise.wav", rng.bytes(300_000), not_audio)
    yield _file("sync-bytes.mp3", b"\xff\xfb" * 50_000, not_audio)
    yield _file("ones.mp3", b"\xff" * 300_000, not_audio)
    yield _file("zeros.mp3", bytes(300_000), not_audio)
    yield _file("picture.mp3", b"\x89PNG\r\n\x1a\n" + rng.bytes(5_000), not_audio)
    yield _file("document.m4a", b"%PDF-1.7\n" + rng.bytes(5_000), not_audio)
    foreign = encode(melody(8_000, channels=1), 8_000, "wav", "g726", "s16", {"code_size": "4"})
    yield _file("telephone.wav", foreign, "AUDIO_UNSUPPORTED_CODEC")
    foreign = encode(melody(), 44_100, "flv", "libmp3lame", "s16p")
    yield _file("flash.mp3", foreign, "AUDIO_UNSUPPORTED_CODEC")
    yield _file("wrong-extension.wav", clean_audio("mp3"), may_decode=True)
    yield _file("wrong-extension.mp3", clean_audio("flac"), may_decode=True)


def _headers() -> Iterator[MalformedAudio]:
    """Tags, atoms and chunks in disorder."""
    rng = np.random.default_rng(31)
    mp3 = clean_audio("mp3")
    audio = mp3[mp3.index(b"\xff\xfb") :] if mp3[:3] == b"ID3" else mp3
    huge = b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f"
    yield _file("tag-declares-256-megabytes.mp3", huge + audio, may_decode=True)
    junk = b"ID3\x03\x00\x80" + bytes((0, 0, 32, 0)) + rng.bytes(4_096).replace(b"\xff", b"x")
    yield _file("tag-of-junk.mp3", junk + audio, may_decode=True)
    yield _file("only-a-tag.mp3", b"ID3\x04\x00\x00\x00\x00\x10\x00" + bytes(2_048),
                "AUDIO_NOT_AUDIO")  # fmt: skip
    yield _file("junk-first.mp3", rng.bytes(20_000) + audio, may_decode=True)
    yield _file("two-files-joined.mp3", mp3 + mp3, may_decode=True)
    lower = encode(melody(22_050, channels=1), 22_050, "mp3", "libmp3lame", "fltp")
    yield _file("rate-changes.mp3", mp3 + lower, may_decode=True)
    yield _file("chained.ogg", clean_audio("ogg") + clean_audio("opus"), may_decode=True)
    m4a = clean_audio("m4a")
    for atom in (b"moov", b"mdat", b"stsz", b"stco", b"stsd", b"mp4a", b"esds", b"mdhd"):
        name = atom.decode()
        yield _file(f"atom-{name}-renamed.m4a", m4a.replace(atom, b"junk"), may_decode=True)
        at = m4a.index(atom) - 4
        lying = m4a[:at] + b"\x7f\xff\xff\xff" + m4a[at + 4 :]
        yield _file(f"atom-{name}-huge.m4a", lying, may_decode=True)
    at = m4a.index(b"stsz") + 4
    many = m4a[: at + 8] + b"\x7f\xff\xff\xff" + m4a[at + 12 :]
    yield _file("samples-by-the-billion.m4a", many, may_decode=True)
    yield _file("only-ftyp.m4a", m4a[:28], "AUDIO_TRUNCATED", "AUDIO_UNDECODABLE")
    riff = clean_audio("wav")
    yield _file("chunk-fmt-missing.wav", riff.replace(b"fmt ", b"junk", 1),
                "AUDIO_UNDECODABLE", "AUDIO_NOT_AUDIO")  # fmt: skip
    yield _file("chunk-data-missing.wav", riff.replace(b"data", b"junk", 1),
                "AUDIO_UNDECODABLE", "AUDIO_NOT_AUDIO", "AUDIO_TOO_SHORT")  # fmt: skip
    yield _file("only-riff.wav", riff[:12],
                "AUDIO_UNDECODABLE", "AUDIO_NOT_AUDIO", "AUDIO_TOO_SHORT")  # fmt: skip
    flac = clean_audio("flac")
    yield _file("only-streaminfo.flac", flac[:42], "AUDIO_TRUNCATED", "AUDIO_UNDECODABLE")
    endless = flac[:42] + b"\x04\xff\xff\xff" + flac[46:]
    yield _file("comment-block-huge.flac", endless, may_decode=True)


def _flip(content: bytes, share: float) -> bytes:
    """Flip this share of the bits, at least one, the same ones for the same content."""
    rng = np.random.default_rng(len(content))
    bits = np.unpackbits(np.frombuffer(content, np.uint8))
    bits[rng.integers(0, bits.size, max(1, int(share * bits.size)))] ^= 1
    return np.packbits(bits).tobytes()


def _without_info(mp3: bytes) -> bytes:
    """Blank the mark of the first frame that counts the others."""
    return mp3.replace(b"Info", bytes(4)).replace(b"Xing", bytes(4))


def faststart(m4a: bytes) -> bytes:
    """Move the index before the sound, as files for the web have it."""
    at = m4a.index(b"moov") - 4
    index, kept = bytearray(m4a[at:]), m4a[:at]
    table = index.index(b"stco") + 8
    (count,) = struct.unpack_from(">I", index, table)
    for entry in range(table + 4, table + 4 + 4 * count, 4):
        (offset,) = struct.unpack_from(">I", index, entry)
        struct.pack_into(">I", index, entry, offset + len(index))
    ftyp = int.from_bytes(kept[:4], "big")
    return kept[:ftyp] + bytes(index) + kept[ftyp:]
