"""Files that lost something: taken for what is left, or refused with what was found."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from malformed_audio import clean_audio, encode, faststart, melody
from segue.audio.analysis import analyse
from segue.audio.damage import Losses
from segue.audio.decoding import AudioLimits, decode_stream
from segue.audio.front_end import FrontEnd
from segue.errors import AudioError

SECONDS = 30.0
RATE_HZ = 22_050


@functools.cache
def audio(kind: str, seconds: float = SECONDS) -> bytes:
    if kind == "faststart.m4a":
        return faststart(clean_audio("m4a", seconds))
    encoders = {
        "wma": (44_100, "asf", "wmav2", "fltp"), "mka": (48_000, "matroska", "libopus", "flt"),
        "wv": (44_100, "wv", "wavpack", "s16p"), "tta": (44_100, "tta", "tta", "s16"),
        "w64": (44_100, "w64", "pcm_s16le", "s16"), "mp2": (48_000, "mp2", "mp2", "s16"),
        "ac3": (48_000, "ac3", "ac3", "fltp"), "latm": (44_100, "latm", "aac", "fltp"),
    }  # fmt: skip
    if kind in encoders:
        rate_hz, *how = encoders[kind]
        return encode(melody(rate_hz, seconds), rate_hz, *how)
    return clean_audio(kind, seconds)


def outcome(content: bytes, **limits: bool) -> tuple[float, str]:
    """Seconds that were decoded, and the damage."""
    blocks = decode_stream(content, RATE_HZ, limits=AudioLimits(**limits))
    seconds = sum(block.size for block in blocks) / RATE_HZ
    return seconds, blocks.losses.description


def refusal(content: bytes, **limits: bool) -> AudioError:
    with pytest.raises(AudioError) as refused:
        outcome(content, **limits)
    return refused.value


def emptied(content: bytes, share: float) -> bytes:
    """Zeros in the place of this share, in the middle."""
    start, length = len(content) // 2, int(len(content) * share)
    return content[:start] + bytes(length) + content[start + length :]


COUNTED = ["mp3", "flac", "wav", "aiff", "au", "faststart.m4a", "wma", "mka", "wv", "tta", "w64"]


@pytest.mark.parametrize("kind", COUNTED)
def test_a_file_that_lost_its_end(kind: str) -> None:
    content = audio(kind)
    seconds, damage = outcome(content[: len(content) * 95 // 100])
    assert 28.0 < seconds < 29.0
    assert damage.startswith(f"decoded {seconds:.1f} s of 30.0 s")
    refused = refusal(content[: len(content) * 85 // 100])
    assert refused.reason == "AUDIO_TRUNCATED"
    assert "s of 30.0 s" in str(refused)


@pytest.mark.parametrize("kind", ["ogg", "opus"])
def test_an_ogg_file_that_breaks_off_counts_as_what_it_holds(kind: str) -> None:
    content = audio(kind)
    seconds, damage = outcome(content[: len(content) * 85 // 100])
    assert damage == f"decoded {seconds:.1f} s; the file breaks off"
    assert refusal(content[: len(content) // 4]).reason == "AUDIO_TRUNCATED"


@pytest.mark.parametrize(
    "kind", ["mp3", "flac", "m4a", "alac.m4a", "opus", "aac", "wma", "mp2", "ac3", "latm"]
)
def test_a_file_with_zeros_in_its_middle(kind: str) -> None:
    seconds, damage = outcome(emptied(audio(kind), 0.02))
    assert 28.5 < seconds < 29.6
    assert f"decoded {seconds:.1f} s of 30.0 s" in damage
    refused = refusal(emptied(audio(kind), 0.2))
    assert refused.reason in {"AUDIO_UNDECODABLE", "AUDIO_TRUNCATED"}
    assert " of 30.0 s" in str(refused)


def test_broken_frames_are_counted() -> None:
    content = bytearray(audio("m4a"))
    for at in range(100_000, 400_000, 100_000):
        content[at : at + 60] = bytes(60)
    seconds, damage = outcome(bytes(content))
    assert seconds == pytest.approx(30.0, abs=0.5)
    assert "broken frame" in damage


@pytest.mark.parametrize("kind", [*COUNTED, "m4a", "ogg", "opus", "aac", "mp2", "ac3", "latm"])
def test_a_whole_file_has_no_damage_whatever_follows_it(kind: str) -> None:
    content = audio(kind)
    tag = b"TAG" + bytes(125)
    ape = b"APETAGEX" + np.array([2_000, 64, 0, 0, 0, 0], "<u4").tobytes()
    for whole in (content, content + tag, content + bytes(32) + ape + tag):
        seconds, damage = outcome(whole, refuse_damage=True)
        assert seconds == pytest.approx(30.0, abs=0.2)
        assert damage == ""


def test_headers_that_lie_about_the_length() -> None:
    flac = bytearray(audio("flac"))
    for samples in (0, 44_100 * 5, 44_100 * 31):
        flac[22:26] = samples.to_bytes(4, "big")
        seconds, damage = outcome(bytes(flac))
        assert seconds == pytest.approx(30.0, abs=0.01)
        assert damage == ("decoded 30.0 s of 31.0 s" if samples > 44_100 * 30 else "")
    flac[22:26] = (44_100 * 300).to_bytes(4, "big")
    assert "decoded 30.0 s of 300.0 s" in str(refusal(bytes(flac)))


def test_damage_is_refused_where_that_is_wanted() -> None:
    content = audio("mp3")
    refused = refusal(content[: len(content) * 95 // 100], refuse_damage=True)
    assert refused.reason == "AUDIO_TRUNCATED"
    assert "decoded 28.5 s of 30.0 s" in str(refused)


def test_ten_seconds_must_be_left() -> None:
    content = audio("wav", 10.5)
    assert outcome(content[: len(content) * 98 // 100])[1] == ""  # 0.2 s
    assert refusal(content[: len(content) * 92 // 100]).reason == "AUDIO_TRUNCATED"


def test_a_passage_before_the_damage_is_whole() -> None:
    content = audio("flac")
    blocks = decode_stream(content[: len(content) // 2], RATE_HZ, length_seconds=10.0)
    assert sum(block.size for block in blocks) == 10 * RATE_HZ


def test_an_analysis_tells_the_damage() -> None:
    content = audio("mp3")
    analysis = analyse(content[: len(content) * 95 // 100], FrontEnd())
    assert len(list(analysis))
    assert analysis.damage == "decoded 28.5 s of 30.0 s"


@pytest.mark.parametrize(
    ("losses", "description"),
    [
        (Losses(180.0), ""),
        (Losses(179.6, 0.4), ""),
        (Losses(171.2, 8.8, 3), "decoded 171.2 s of 180.0 s; 3 broken frames"),
        (Losses(179.9, 0.1, 1), "decoded 179.9 s; 1 broken frame"),
        (Losses(60.0, breaks_off=True), "decoded 60.0 s; the file breaks off"),
    ],
)
def test_what_is_wrong_is_said(losses: Losses, description: str) -> None:
    assert losses.description == description
    losses.judge(refuse=False)


@pytest.mark.parametrize(
    ("losses", "reason"),
    [
        (Losses(160.0, 20.0), "AUDIO_UNDECODABLE"),
        (Losses(160.0, 20.0, breaks_off=True), "AUDIO_TRUNCATED"),
        (Losses(9.9, 0.6), "AUDIO_UNDECODABLE"),
        (Losses(0.0, 0.0, 7), "AUDIO_UNDECODABLE"),
        (Losses(9.9, breaks_off=True), "AUDIO_TRUNCATED"),
    ],
)
def test_what_lost_too_much_is_refused(losses: Losses, reason: str) -> None:
    with pytest.raises(AudioError) as refused:
        losses.judge(refuse=False)
    assert refused.value.reason == reason
