"""A file of every format in the table, decoded; and what is no format, refused."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from malformed_audio import clean_audio, encode, melody, pcm16, wav
from segue.audio.containers import identify
from segue.audio.decoding import decode_stream, probe
from segue.audio.format_table import format_page
from segue.audio.formats import AUDIO_SUFFIXES, FORMATS, Container, is_decoded
from segue.errors import AudioError

SECONDS = 3.0
RATE_HZ = 22_050
DSD_HZ = 64 * 44_100

ENCODED = {
    "MP3": (Container.MP3, 44_100, "mp3", "libmp3lame", "fltp"),
    "MPEG audio, layer 1 and 2": (Container.MP3, 48_000, "mp2", "mp2", "s16"),
    "FLAC": (Container.FLAC, 44_100, "flac", "flac", "s16"),
    "Ogg FLAC": (Container.OGG, 48_000, "ogg", "flac", "s16"),
    "Opus": (Container.OGG, 48_000, "ogg", "libopus", "flt"),
    "WAV, RF64, BW64": (Container.WAV, 44_100, "wav", "pcm_s24le", "s32"),
    "WAV, floating": (Container.WAV, 44_100, "wav", "pcm_f32le", "flt"),
    "WAV, Microsoft's ADPCM": (Container.WAV, 44_100, "wav", "adpcm_ms", "s16"),
    "Wave64": (Container.W64, 44_100, "w64", "pcm_s16le", "s16"),
    "AIFF": (Container.AIFF, 44_100, "aiff", "pcm_s16be", "s16"),
    "AIFF-C": (Container.AIFF, 44_100, "aiff", "pcm_s16le", "s16"),
    "Sun audio": (Container.AU, 44_100, "au", "pcm_mulaw", "s16"),
    "Core Audio": (Container.CAF, 44_100, "caf", "alac", "s16p"),
    "MPEG-4 (AAC, ALAC)": (Container.MP4, 44_100, "ipod", "alac", "s16p"),
    "AAC, bare": (Container.AAC, 44_100, "adts", "aac", "fltp"),
    "AAC in LATM": (Container.LOAS, 44_100, "latm", "aac", "fltp"),
    "Windows Media": (Container.ASF, 44_100, "asf", "wmav2", "fltp"),
    "Matroska, WebM": (Container.MATROSKA, 48_000, "webm", "libopus", "flt"),
    "Matroska with FLAC": (Container.MATROSKA, 48_000, "matroska", "flac", "s16"),
    "WavPack": (Container.WAVPACK, 44_100, "wv", "wavpack", "s16p"),
    "True Audio": (Container.TTA, 44_100, "tta", "tta", "s16"),
    "AC-3": (Container.AC3, 48_000, "ac3", "ac3", "fltp"),
    "Enhanced AC-3": (Container.EAC3, 48_000, "eac3", "eac3", "fltp"),
    "AMR": (Container.AMR, 8_000, "amr", "libopencore_amrnb", "s16"),
}
"""FFmpeg's container, encoder and sample format; the names of the table, and others beside them."""


_FFMPEG = ("ffmpeg", "-v", "error", "-i", "melody.wav", "-strict", "-2", "-c:a")
PROGRAMS = {
    "Speex": (Container.OGG, 32_000, "a.spx", (*_FFMPEG, "libspeex")),
    "DTS": (Container.DTS, 48_000, "a.dts", (*_FFMPEG, "dca")),
    "TrueHD, MLP": (Container.TRUEHD, 48_000, "a.thd", (*_FFMPEG, "truehd")),
    "MLP": (Container.MLP, 48_000, "a.mlp", (*_FFMPEG, "mlp")),
    "Musepack": (Container.MUSEPACK8, 44_100, "a.mpc", ("mpcenc", "--silent", "melody.wav")),
}
"""Container, rate, and what writes the file, whose name follows."""


def dsd_bits(seconds: float) -> np.ndarray:
    """The melody as first-order sigma-delta modulation, shape (n,), 0 or 1."""
    sound = melody(44_100, seconds, channels=1)[:, 0].astype(np.float64)
    wanted = np.interp(np.arange(sound.size * 64) / 64, np.arange(sound.size), sound)
    return np.diff(np.floor(np.cumsum(0.5 + wanted / 4)), prepend=0).astype(np.uint8)


def dsf(seconds: float) -> bytes:
    """Sony's DSF: blocks of 4,096 bytes, the first bit the lowest."""
    bits = np.packbits(dsd_bits(seconds), bitorder="little").tobytes()
    data = bits + bytes(-len(bits) % 4_096)
    form = struct.pack("<4sQIIIIIIQII", b"fmt ", 52, 1, 0, 1, 1, DSD_HZ, 1, 8 * len(bits), 4_096, 0)
    sound = struct.pack("<4sQ", b"data", 12 + len(data)) + data
    head = struct.pack("<4sQQQ", b"DSD ", 28, 28 + len(form) + len(sound), 0)
    return head + form + sound


def dsdiff(seconds: float) -> bytes:
    """Philips' DSDIFF: chunks with sizes of 8 bytes, the first bit the highest."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return name + struct.pack(">Q", len(content)) + content + bytes(len(content) % 2)

    kind = b"SND " + chunk(b"FS  ", struct.pack(">I", DSD_HZ))
    kind += chunk(b"CHNL", b"\0\1C   ") + chunk(b"CMPR", b"DSD \x0enot compressed\0")
    data = chunk(b"DSD ", np.packbits(dsd_bits(seconds)).tobytes())
    body = b"DSD " + chunk(b"FVER", b"\1\5\0\0") + chunk(b"PROP", kind) + data
    return b"FRM8" + struct.pack(">Q", len(body)) + body


def decoded(content: bytes) -> np.ndarray:
    blocks = decode_stream(content, RATE_HZ)
    samples = np.concatenate(list(blocks))
    assert blocks.losses.description == ""
    return samples


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    """Largest correlation of two signals, one shifted against the other."""
    size = 1 << 18
    product = np.fft.irfft(np.fft.rfft(one, size) * np.fft.rfft(other, size).conj())
    return float(product.max() / np.sqrt((one**2).sum() * (other**2).sum()))


def expected() -> np.ndarray:
    return melody(RATE_HZ, SECONDS).mean(axis=1)


@pytest.mark.parametrize("name", ENCODED)
def test_a_file_of_every_format_gives_the_melody(name: str) -> None:
    container, rate_hz, muxer, codec, sample_format = ENCODED[name]
    channels = 1 if codec == "libopencore_amrnb" else 2
    content = encode(melody(rate_hz, SECONDS, channels), rate_hz, muxer, codec, sample_format)
    assert identify(io.BytesIO(content))[0] is container
    assert is_decoded(probe(content).codec)
    got = decoded(content)
    assert got.size == pytest.approx(SECONDS * RATE_HZ, rel=0.03)
    assert likeness(got, expected()) > (0.7 if name == "AMR" else 0.98)


@pytest.mark.parametrize(
    ("content", "container"), [(dsf, Container.DSF), (dsdiff, Container.DSDIFF)]
)
def test_dsd(content, container: Container) -> None:
    file = content(SECONDS)
    assert identify(io.BytesIO(file))[0] is container
    got = decoded(file)
    assert got.size == pytest.approx(SECONDS * RATE_HZ, rel=0.01)
    assert likeness(got, expected()) > 0.98


def ds64(kind: bytes, payload: bytes, *, declared: int | None = None) -> bytes:
    """RF64 or BW64: the true sizes stand in a chunk of their own."""
    size = len(payload) if declared is None else declared
    plain = wav(payload, data_size=0xFFFFFFFF)
    wide = struct.pack("<4sIQQQI", b"ds64", 28, size + 72, size, size // 4, 0)
    return kind + b"\xff\xff\xff\xff" + plain[8:12] + wide + plain[12:]


@pytest.mark.parametrize("kind", [b"RF64", b"BW64"])
def test_wav_with_wide_sizes(kind: bytes) -> None:
    whole = ds64(kind, pcm16(30.0))
    assert decoded(whole).size == pytest.approx(30.0 * RATE_HZ, rel=0.001)
    with pytest.raises(AudioError, match=r"decoded 15\.0 s of 30\.0 s") as refused:
        decoded(whole[: len(whole) // 2])
    assert refused.value.reason == "AUDIO_TRUNCATED"


def test_extensible_wav_is_as_plain_wav() -> None:
    payload = pcm16(SECONDS)
    guid = bytes.fromhex("0100000000001000800000aa00389b71")
    form = struct.pack("<HHIIHHHHI", 0xFFFE, 2, 44_100, 176_400, 4, 16, 22, 16, 3) + guid
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form
    body += b"data" + struct.pack("<I", len(payload)) + payload
    extensible = b"RIFF" + struct.pack("<I", len(body)) + body
    np.testing.assert_allclose(decoded(extensible), decoded(wav(payload)), rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_file_that_another_program_wrote_gives_the_melody(tmp_path: Path, name: str) -> None:
    container, rate_hz, file_name, command = PROGRAMS[name]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    samples = (melody(rate_hz, SECONDS) * 32_767).astype(np.int16)
    soundfile.write(tmp_path / "melody.wav", samples, rate_hz, subtype="PCM_16")
    subprocess.run([*command, file_name], cwd=tmp_path, check=True, capture_output=True)
    content = (tmp_path / file_name).read_bytes()
    assert identify(io.BytesIO(content))[0] is container
    assert is_decoded(probe(content).codec)
    got = decoded(content)
    assert got.size == pytest.approx(SECONDS * RATE_HZ, rel=0.03)
    assert likeness(got, expected()) > (0.85 if name == "Speex" else 0.98)


def test_every_format_that_is_said_to_be_tested_is() -> None:
    written = {*ENCODED, "Ogg Vorbis", "DSD"}  # Vorbis: test_decoding
    assert {one.name for one in FORMATS if one.written_by == "PyAV"} <= written
    assert not written & {one.name for one in FORMATS if one.written_by != "PyAV"}
    by_programs = {(name, command[0]) for name, (_, _, _, command) in PROGRAMS.items()}
    others = {(one.name, one.written_by) for one in FORMATS if one.written_by not in ("PyAV", None)}
    assert others <= by_programs


def test_suffixes_are_lower_case_and_belong_to_one_format() -> None:
    named = [suffix for one in FORMATS for suffix in one.suffixes]
    assert len(named) == len(set(named)) == len(AUDIO_SUFFIXES)
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in named)
    assert {".m4b", ".wma", ".webm", ".wv"} <= AUDIO_SUFFIXES


def test_the_page_of_formats_is_current() -> None:
    page = Path(__file__).parents[3] / "docs" / "formats.md"
    assert page.read_text() == format_page(), (
        "run python -m segue.audio.format_table docs/formats.md"
    )


def test_a_file_may_lead_to_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "secret.wav").write_bytes(clean_audio("wav"))
    for text in (
        f"ffconcat version 1.0\nfile {tmp_path}/secret.wav\n",
        f"#EXTM3U\n#EXTINF:6,\n{tmp_path}/secret.wav\n",
        f"v=0\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\na=control:file://{tmp_path}/secret.wav\n",
    ):
        with pytest.raises(AudioError) as refused:
            decoded(text.encode())
        assert refused.value.reason == "AUDIO_NOT_AUDIO"
