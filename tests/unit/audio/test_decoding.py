import io
import subprocess
import sys

import mutagen
import numpy as np
import pytest
import soundfile
import soxr
from mutagen.flac import Picture
from mutagen.id3 import APIC
from mutagen.mp4 import MP4Cover

import malformed_audio
from malformed_audio import SECONDS, clean_audio, encode, melody, pcm16, wav
from segue.audio.decoding import AudioLimits, decode_stream, probe
from segue.errors import AudioError, SourceError

RATE_HZ = 22_050
KINDS = [*malformed_audio.FORMATS, "ogg"]


def decode(source, rate_hz: int = RATE_HZ, **options) -> np.ndarray:
    return np.concatenate([np.empty(0, np.float32), *decode_stream(source, rate_hz, **options)])


def reason_of(source, **options) -> str:
    with pytest.raises(AudioError) as caught:
        decode(source, **options)
    return caught.value.reason


def reference(rate_hz: int = RATE_HZ) -> np.ndarray:
    return soxr.resample(melody().mean(axis=1), 44_100, rate_hz)


def best_lag(one: np.ndarray, other: np.ndarray) -> int:
    size = 1 << 18
    spectrum = np.fft.rfft(one, size) * np.fft.rfft(other, size).conj()
    lag = int(np.fft.irfft(spectrum).argmax())
    return lag - size if lag > size // 2 else lag


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 44_100, 48_000])
def test_every_format_gives_the_melody(kind, rate_hz):
    expected, got = reference(rate_hz), decode(clean_audio(kind), rate_hz)
    assert got.dtype == np.float32
    assert got.size == pytest.approx(expected.size, rel=0.02)
    # ADTS declares no encoder delay, so nothing can take it off.
    lag = best_lag(got, expected) if kind == "aac" else 0
    got, size = got[lag:], min(got.size - lag, expected.size)
    similarity = np.corrcoef(got[:size], expected[:size])[0, 1]
    assert similarity > (0.9999 if kind in {"wav", "flac", "aiff", "au", "alac.m4a"} else 0.99)


@pytest.mark.parametrize(
    ("codec", "sample_format"),
    [
        ("pcm_u8", "u8"), ("pcm_s16le", "s16"), ("pcm_s24le", "s32"), ("pcm_s32le", "s32"),
        ("pcm_f32le", "flt"), ("pcm_f64le", "dbl"),
    ],
)  # fmt: skip
def test_sample_formats_have_one_full_scale(codec, sample_format):
    content = encode(melody(), 44_100, "wav", codec, sample_format)
    tolerance = 0.01 if codec == "pcm_u8" else 1e-4
    np.testing.assert_allclose(
        decode(content, 44_100), melody().mean(axis=1), rtol=0, atol=tolerance
    )


@pytest.mark.parametrize("channels", [1, 3, 6, 8])
def test_channels_are_averaged(channels):
    levels = np.arange(1, channels + 1) / 10
    samples = np.tile(levels, (44_100, 1)).astype("<f4")
    content = wav(samples.tobytes(), channels=channels, bits=32, code=3)
    np.testing.assert_allclose(decode(content, 44_100), levels.mean(), rtol=1e-5)


@pytest.mark.parametrize("kind", ["wav", "mp3"])
def test_passage_is_the_same_part_of_the_whole(kind):
    whole = decode(clean_audio(kind))
    part = decode(clean_audio(kind), start_seconds=2.0, length_seconds=1.5)
    assert part.size == int(1.5 * RATE_HZ)
    # The resampler rings for a moment where the passage is cut out.
    inner = slice(500, -500)
    expected = whole[2 * RATE_HZ : 2 * RATE_HZ + part.size]
    np.testing.assert_allclose(part[inner], expected[inner], rtol=0, atol=1e-3)


def test_passage_behind_the_end_is_empty():
    assert decode(clean_audio("wav"), start_seconds=60.0).size == 0


def test_a_passage_does_not_read_what_follows_it():
    content = clean_audio("wav")
    assert decode(content[: len(content) // 2], length_seconds=1.0).size == RATE_HZ


def test_path_file_and_bytes_are_the_same(tmp_path):
    path = tmp_path / "melody.mp3"
    path.write_bytes(clean_audio("mp3"))
    expected = decode(clean_audio("mp3"))
    np.testing.assert_allclose(decode(path), expected, rtol=0, atol=1e-6)
    file = io.BytesIO(clean_audio("mp3"))
    file.seek(1_000)
    np.testing.assert_allclose(decode(file), expected, rtol=0, atol=1e-6)
    assert not file.closed


def test_missing_file_and_folder_are_source_errors(tmp_path):
    for path in (tmp_path / "absent.mp3", tmp_path):
        with pytest.raises(SourceError):
            decode(path)


def test_probe_reads_the_header():
    info = probe(clean_audio("opus"))
    assert (info.codec, info.container, info.rate_hz, info.channels) == ("opus", "ogg", 48_000, 2)
    assert info.duration_seconds == pytest.approx(SECONDS, abs=0.05)


def test_limits_hold_for_header_and_for_samples():
    short = AudioLimits(max_duration_seconds=SECONDS - 1)
    assert reason_of(clean_audio("flac"), limits=short) == "AUDIO_TOO_LONG"
    uncounted = wav(pcm16(), data_size=0xFFFFFFFF)
    assert reason_of(uncounted, limits=short) == "AUDIO_TOO_LONG"
    assert reason_of(clean_audio("wav"), limits=AudioLimits(max_channels=1)) == "AUDIO_CHANNELS"
    low = AudioLimits(max_rate_hz=44_099)
    assert reason_of(clean_audio("wav"), limits=low) == "AUDIO_SAMPLE_RATE"
    with pytest.raises(ValueError, match="out of range"):
        AudioLimits(max_duration_seconds=0)


@pytest.mark.parametrize("declared", [True, False])
def test_a_long_file_that_silence_made_small_is_not_decoded_for_long(tmp_path, declared):
    path, limit = tmp_path / "silent.flac", 600.0
    soundfile.write(path, np.zeros(4_000 * 1_800, np.int16), 4_000)
    content = bytearray(path.read_bytes())
    assert len(content) / 1_800 < 1_000, "as one that lies looks"
    if not declared:  # the number of samples, 36 bits of STREAMINFO; 0: not known
        content[21] &= 0xF0
        content[22:26] = bytes(4)
    decoding = decode_stream(bytes(content), 4_000, limits=AudioLimits(max_duration_seconds=limit))
    blocks = []
    with pytest.raises(AudioError) as refused:
        blocks.extend(decoding)
    assert refused.value.reason == "AUDIO_TOO_LONG"
    given = sum(block.size for block in blocks)
    assert given == 0 if declared else 500 * 4_000 < given <= limit * 4_000


def test_the_samples_of_all_channels_are_bounded():
    frames = int(SECONDS * 44_100)
    enough = AudioLimits(max_samples=2 * frames + 4_096)
    assert decode(clean_audio("flac"), limits=enough).size
    few = AudioLimits(max_samples=2 * frames - 4_096)
    for name in ("flac", "mp3", "wav", "opus"):
        assert reason_of(clean_audio(name), limits=few) == "AUDIO_TOO_MANY_SAMPLES"
    # Only what is decoded counts: what lies before the end of the passage, unless it is skipped.
    third = decode(clean_audio("flac"), limits=few, length_seconds=SECONDS / 3)
    assert third.size == pytest.approx(RATE_HZ * SECONDS / 3, abs=2)
    late = {"start_seconds": SECONDS * 0.6, "length_seconds": SECONDS * 0.2}
    less = AudioLimits(max_samples=frames)
    assert reason_of(clean_audio("mp3"), limits=less, **late) == "AUDIO_TOO_MANY_SAMPLES"
    assert decode(clean_audio("flac"), limits=less, **late).size


def test_a_header_that_says_too_much_is_refused_before_anything_is_decoded():
    flac = bytearray(clean_audio("flac"))
    flac[21] &= 0xF0  # STREAMINFO: the number of samples, here 2^29 of each channel
    flac[22:26] = b"\x20\x00\x00\x00"
    limits = AudioLimits(max_duration_seconds=1e9, max_samples=1 << 28)
    blocks = decode_stream(bytes(flac), RATE_HZ, limits=limits)
    with pytest.raises(AudioError) as caught:
        next(blocks)
    assert caught.value.reason == "AUDIO_TOO_MANY_SAMPLES"


def test_a_header_that_says_more_than_the_file_can_hold_is_not_believed():
    flac = bytearray(clean_audio("flac"))
    flac[21] |= 0x0F  # 2^36 - 1 samples of each channel
    flac[22:26] = b"\xff\xff\xff\xff"
    limits = AudioLimits(max_samples=1 << 28)
    assert next(decode_stream(bytes(flac), RATE_HZ, limits=limits)).size


def test_rate_and_channels_may_change_on_the_way():
    lower = encode(melody(22_050, channels=1), 22_050, "mp3", "libmp3lame", "fltp")
    got = decode(clean_audio("mp3") + lower)
    assert got.size == pytest.approx(2 * SECONDS * RATE_HZ, rel=0.02)
    size = int(SECONDS * RATE_HZ)
    second = got[size:]
    lag = best_lag(second, reference())
    size = min(second.size - lag, reference().size)
    assert np.corrcoef(second[lag : lag + size], reference()[:size])[0, 1] > 0.98


def vorbis(rate_hz: int, channels: int) -> bytes:
    file = io.BytesIO()
    samples = melody(rate_hz, channels=channels)
    soundfile.write(file, samples, rate_hz, format="OGG", subtype="VORBIS")
    return file.getvalue()


def ogg_link(name: str) -> bytes:
    if name.startswith("vorbis"):
        rate_hz = 48_000 if name.endswith("48") else 44_100
        return vorbis(rate_hz, 1 if name.endswith("1") else 2)
    channels = 1 if name.endswith("1") else 2
    if name.startswith("opus"):
        return encode(melody(48_000, channels=channels), 48_000, "ogg", "libopus", "flt")
    rate_hz = 44_100 if channels == 1 else 48_000
    return encode(melody(rate_hz, channels=channels), rate_hz, "ogg", "flac", "s16")


@pytest.mark.parametrize(
    "names",
    [
        "vorbis vorbis", "vorbis vorbis48", "vorbis1 vorbis", "opus opus1", "flac flac1",
        "vorbis opus flac1 vorbis48",
    ],
)  # fmt: skip
def test_every_link_of_an_ogg_chain_is_decoded(names):
    links = [ogg_link(name) for name in names.split()]
    blocks = decode_stream(b"".join(links), RATE_HZ)
    got = np.concatenate(list(blocks))
    assert blocks.losses.description == ""
    size = reference().size
    assert got.size == pytest.approx(len(links) * size, rel=0.002)
    for number in range(len(links)):
        part = got[number * size : (number + 1) * size]
        lag = best_lag(part, reference())
        assert abs(lag) < 500
        both = min(part.size, size) - 500
        shifted = np.roll(part, -lag)[:both]
        assert np.corrcoef(shifted, reference()[:both])[0, 1] > 0.98


def test_a_passage_may_lie_in_a_later_link():
    chain = ogg_link("vorbis") + ogg_link("vorbis48")
    part = decode(chain, start_seconds=SECONDS + 1, length_seconds=1.0)
    assert part.size == RATE_HZ
    expected = decode(ogg_link("vorbis48"), start_seconds=1.0, length_seconds=1.0)
    assert np.corrcoef(part[500:-500], expected[500:-500])[0, 1] > 0.98


def test_the_limits_hold_for_a_chain_as_a_whole():
    chain = ogg_link("vorbis") + ogg_link("vorbis48")
    assert reason_of(chain, limits=AudioLimits(max_duration_seconds=9.0)) == "AUDIO_TOO_LONG"
    few = AudioLimits(max_samples=int(2 * 1.5 * SECONDS * 44_100))
    assert reason_of(chain, limits=few) == "AUDIO_TOO_MANY_SAMPLES"
    assert reason_of(chain, limits=AudioLimits(max_rate_hz=44_100)) == "AUDIO_SAMPLE_RATE"
    stereo = ogg_link("vorbis1") + ogg_link("vorbis")
    assert reason_of(stereo, limits=AudioLimits(max_channels=1)) == "AUDIO_CHANNELS"


def test_a_chain_of_too_many_links_is_refused_before_anything_is_decoded():
    link = clean_audio("ogg")
    page = link[: link.index(b"OggS", 4)]
    # A page that begins nothing must stand between two that do.
    other = bytearray(page)
    other[5] = 0
    with pytest.raises(AudioError, match="chain of over 1000 links"):
        next(decode_stream(link + (bytes(other) + page) * 1_001, RATE_HZ))


def vbr(seconds: float = 12.0) -> bytes:
    """Half tone, half noise: the bit rate of the beginning says nothing of the whole."""
    rng = np.random.default_rng(2)
    sound = melody(44_100, seconds)
    half = len(sound) // 2
    sound[half:] = 0.5 * rng.uniform(-1, 1, sound[half:].shape)
    return encode(sound, 44_100, "mp3", "libmp3lame", "fltp", {"compression_level": "7"}, vbr=True)


def test_joined_mp3s_are_as_long_as_all_of_them():
    one = vbr()
    blocks = decode_stream(one + one, RATE_HZ)
    assert sum(block.size for block in blocks) == pytest.approx(24.0 * RATE_HZ, rel=0.005)
    assert blocks.losses.description == ""
    with pytest.raises(AudioError) as refused:
        decode((one + one)[: -len(one) // 2])
    assert refused.value.reason == "AUDIO_TRUNCATED"


def test_a_few_bad_frames_leave_the_rest():
    content = bytearray(clean_audio("mp3"))
    for at in range(20_000, 60_000, 10_000):
        content[at : at + 50] = bytes(50)
    got = decode(bytes(content))
    assert got.size > 0.9 * SECONDS * RATE_HZ
    assert np.corrcoef(got[:20_000], reference()[:20_000])[0, 1] > 0.99


@pytest.mark.parametrize("kind", ["mp3", "flac", "m4a"])
def test_cover_pictures_are_passed_over(tmp_path, kind):
    path = tmp_path / f"melody.{kind}"
    path.write_bytes(clean_audio(kind))
    expected = decode(path)
    picture = b"\x89PNG\r\n\x1a\n" + bytes(20_000)
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    if kind == "mp3":
        file.tags.add(APIC(mime="image/png", type=3, data=picture))
    elif kind == "flac":
        cover = Picture()
        cover.data, cover.mime, cover.type = picture, "image/png", 3
        file.add_picture(cover)
    else:
        file.tags["covr"] = [MP4Cover(picture, MP4Cover.FORMAT_PNG)]
    file.save()
    np.testing.assert_allclose(decode(path), expected, rtol=0, atol=1e-6)


def test_damage_is_silent_on_stderr(capfd):
    for case in malformed_audio.malformed_audio()[:30]:
        try:
            decode(case.content)
        except AudioError:
            continue
    assert capfd.readouterr() == ("", "")


_MEASURE_GROWTH = """
import resource
from segue.audio.analysis import analyse
from segue.audio.front_end import FrontEnd
from malformed_audio import pcm16, wav

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

class Endless:
    '''A WAV that repeats one second of melody for as long as its header says.'''
    second = pcm16(1.0)
    def __init__(self, seconds):
        self.head = wav(b"", data_size=len(self.second) * seconds)
        self.size, self.at = len(self.head) + len(self.second) * seconds, 0
    def seek(self, offset, whence=0):
        self.at = offset + (0, self.at, self.size)[whence]
        return self.at
    def tell(self):
        return self.at
    def read(self, size=-1):
        size = max(0, min(1 << 16 if size < 0 else size, self.size - self.at))
        start = self.at - len(self.head)
        if start < 0:
            data = self.head[self.at : self.at + size]
        else:
            start %= len(self.second)
            data = (self.second[start:] + self.second)[:size]
        self.at += len(data)
        return data

def analysed(seconds):
    analysis = analyse(Endless(seconds), FrontEnd(rate_hz=8000, high_hz=4000.0))
    for batch in analysis:
        pass
    return analysis.duration_seconds

assert analysed(300) == 300
before = peak()
assert analysed(3600) == 3600
print(peak() - before)
"""


def test_an_hour_needs_no_more_memory_than_minutes():
    folder = str(malformed_audio.__file__).rpartition("/")[0]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {folder!r})\n{_MEASURE_GROWTH}"],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert float(done.stdout) < 16, "MB of growth"
