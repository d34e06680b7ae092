"""Passages of long files: skipped to where that is exact, and the same samples in any case."""

from __future__ import annotations

import functools
import io

import numpy as np
import pytest

from malformed_audio import encode
from segue.audio.decoding import AudioLimits, decode_stream
from segue.audio.frame_stream import FrameStream
from segue.errors import AudioError

RATE_HZ = 44_100
SECONDS = 30

ENTERED = {
    "flac": ("flac", "flac", "s16"),
    "wav": ("wav", "pcm_s16le", "s16"),
    "w64": ("w64", "pcm_s24le", "s32"),
    "aiff": ("aiff", "pcm_s16be", "s16"),
    "au": ("au", "pcm_s16be", "s16"),
    "caf": ("caf", "pcm_s16le", "s16"),
    "caf, alac": ("caf", "alac", "s16p"),
    "mp4, alac": ("ipod", "alac", "s16p"),
    "wavpack": ("wv", "wavpack", "s16p"),
    "tta": ("tta", "tta", "s16"),
}
COUNTED = {"mp3": ("mp3", "libmp3lame", "s16p"), "opus": ("ogg", "libopus", "flt")}


@functools.cache
def noise() -> np.ndarray:
    """Two channels of noise: no two passages of it are alike."""
    signal = np.random.default_rng(7)
    return signal.uniform(-0.5, 0.5, (SECONDS * RATE_HZ, 2)).astype("f4")


@functools.cache
def written(kind: str) -> bytes:
    container, codec, sample_format = (ENTERED | COUNTED)[kind]
    rate_hz = 48_000 if codec == "libopus" else RATE_HZ
    return encode(noise(), rate_hz, container, codec, sample_format)


def decode(content: bytes, **options: float | AudioLimits) -> np.ndarray:
    blocks = decode_stream(content, RATE_HZ, **options)
    return np.concatenate([np.empty(0, np.float32), *blocks])


@functools.cache
def whole(kind: str) -> np.ndarray:
    return decode(written(kind))


@pytest.mark.parametrize("kind", ENTERED)
@pytest.mark.parametrize("start", [0.001, 7.3, 12.506667, 29.9])
def test_a_passage_is_cut_to_the_sample(kind: str, start: float) -> None:
    first = round(start * RATE_HZ)
    np.testing.assert_allclose(
        decode(written(kind), start_seconds=start, length_seconds=5.0),
        whole(kind)[first : first + 5 * RATE_HZ],
        rtol=0,
        atol=1e-6,
    )
    np.testing.assert_allclose(
        decode(written(kind), start_seconds=start), whole(kind)[first:], rtol=0, atol=1e-6
    )


@pytest.mark.parametrize("kind", COUNTED)
def test_a_passage_of_a_lossy_file_is_counted(kind: str) -> None:
    part = decode(written(kind), start_seconds=12.5, length_seconds=5.0)
    rest = whole(kind)[round(12.5 * RATE_HZ) :][: part.size]
    assert part.size == pytest.approx(5 * RATE_HZ, abs=2)
    inner = slice(1_000, -1_000)  # the resampler rings where the passage is cut out
    np.testing.assert_allclose(part[inner], rest[inner], rtol=0, atol=2e-3)


@pytest.mark.parametrize("kind", ENTERED)
def test_what_lies_before_is_not_decoded(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    begins: list[float | None] = []
    skip = FrameStream.skip

    def noted(stream: FrameStream, seconds: float) -> float | None:
        begins.append(skip(stream, seconds))
        return begins[-1]

    monkeypatch.setattr(FrameStream, "skip", noted)
    decode(written(kind), start_seconds=20.0, length_seconds=5.0)
    (begun,) = begins
    assert begun is not None
    assert 18.0 < begun <= 20.0


def test_passages_join_to_the_whole() -> None:
    cuts = [0.0, 5.0, 11.013333, 23.0]
    parts = [
        decode(written("flac"), start_seconds=start, length_seconds=end - start)
        for start, end in zip(cuts, [*cuts[1:], 30.0], strict=True)
    ]
    np.testing.assert_array_equal(np.concatenate(parts), whole("flac"))


def test_a_passage_of_a_file_that_is_too_long_is_taken() -> None:
    limits = AudioLimits(max_duration_seconds=10.0, max_samples=11 * RATE_HZ * 2)
    part = decode(written("flac"), start_seconds=15.0, length_seconds=5.0, limits=limits)
    assert part.size == 5 * RATE_HZ
    with pytest.raises(AudioError, match="10 s"):
        decode(written("flac"), start_seconds=5.0, limits=limits)


def cut_short(kind: str, share: float) -> io.BytesIO:
    content = written(kind)
    return io.BytesIO(content[: round(share * len(content))])


@pytest.mark.parametrize("kind", ["flac", "wav"])
def test_damage_is_that_of_the_passage(kind: str) -> None:
    """Of 30 s, some 24 s are there."""
    source = cut_short(kind, 0.8)
    blocks = decode_stream(source, RATE_HZ, start_seconds=5.0, length_seconds=10.0)
    assert sum(block.size for block in blocks) == 10 * RATE_HZ
    assert blocks.losses.description == ""

    blocks = decode_stream(source, RATE_HZ, start_seconds=13.0, length_seconds=11.5)
    assert sum(block.size for block in blocks) > 10 * RATE_HZ
    assert 0 < blocks.losses.lost_seconds < 1.15

    with pytest.raises(AudioError) as caught:
        list(decode_stream(source, RATE_HZ, start_seconds=13.0))
    assert caught.value.reason == "AUDIO_TRUNCATED"


@pytest.mark.parametrize("kind", [*ENTERED, *COUNTED])
def test_behind_the_end_is_nothing(kind: str) -> None:
    assert decode(written(kind), start_seconds=SECONDS + 5.0).size == 0


def test_damage_on_the_way_to_a_passage_does_not_shift_it() -> None:
    """Where a jump lands in damage, samples are counted from the start instead."""
    content = bytearray(written("flac"))
    at = len(content) * 2 // 5
    content[at : at + 4_000] = bytes(4_000)
    blocks = decode_stream(bytes(content), RATE_HZ, start_seconds=20.0, length_seconds=5.0)
    got = np.concatenate(list(blocks))
    first = 20 * RATE_HZ
    np.testing.assert_allclose(got, whole("flac")[first : first + got.size], rtol=0, atol=1e-6)
    assert got.size == 5 * RATE_HZ
