import numpy as np
import pytest

from malformed_audio import SECONDS, clean_audio, pcm16, wav
from segue.audio.analysis import analyse
from segue.audio.chunking import chunks
from segue.audio.decoding import decode_stream
from segue.audio.front_end import FrontEnd
from segue.audio.mel import log_mel
from segue.audio.musical_key import KeyMeter
from segue.audio.tempo import TempoMeter
from segue.errors import AudioError

FRONT = FrontEnd(chunk_frames=43, chunk_hop_frames=43)


@pytest.mark.parametrize("kind", ["mp3", "flac"])
def test_is_decode_then_log_mel_then_chunks(kind):
    samples = np.concatenate(list(decode_stream(clean_audio(kind), FRONT.rate_hz)))
    (expected,) = chunks([log_mel(samples, FRONT)], FRONT)
    analysis = analyse(clean_audio(kind), FRONT, batch_chunks=2)
    got = list(analysis)
    assert all(len(batch) <= 2 for batch in got)
    mels = np.concatenate([batch.mels for batch in got])
    np.testing.assert_allclose(mels, expected.mels, rtol=0, atol=2e-5)
    starts = np.concatenate([batch.start_seconds for batch in got])
    np.testing.assert_allclose(starts, expected.start_seconds)
    assert analysis.duration_seconds == pytest.approx(samples.size / FRONT.rate_hz)


def test_passage():
    analysis = analyse(clean_audio("wav"), FRONT, start_seconds=1.0, length_seconds=2.0)
    # 87 frames: two chunks of 43, and one frame that is too few for a third.
    assert sum(map(len, analysis)) == 2
    assert analysis.duration_seconds == pytest.approx(2.0)


def test_stages_are_timed_once_even_when_the_file_fails():
    seen: list[tuple[str, bool]] = []

    def observe(stage: str, seconds: float) -> None:
        seen.append((stage, seconds > 0))

    assert len(list(analyse(clean_audio("mp3"), FRONT, observe=observe))) == 1
    assert sorted(seen) == [("decode", True), ("mel", True)]
    seen.clear()
    half = clean_audio("flac")[: len(clean_audio("flac")) // 2]
    with pytest.raises(AudioError):
        list(analyse(half, FRONT, observe=observe))
    # So short a file fails before anything of it is transformed.
    assert sorted(seen) == [("decode", True), ("mel", False)]
    seen.clear()
    list(analyse(clean_audio("mp3"), FRONT, observe=observe, tempo=True, key=True))
    assert sorted(seen) == [("decode", True), ("estimate", True), ("mel", True)]


def test_tempo_and_key_are_heard_only_where_that_is_asked_for():
    silent = analyse(clean_audio("wav"), FRONT)
    asked = analyse(clean_audio("wav"), FRONT, tempo=True, key=True)
    for analysis in (silent, asked):
        list(analysis)
    assert (silent.tempo, silent.key) == (None, None)
    assert asked.key is not None
    assert (asked.tempo, asked.key) == heard_in_one_piece(clean_audio("wav"))


def heard_in_one_piece(content):
    samples = np.concatenate(list(decode_stream(content, FRONT.rate_hz)))
    tempo, key = TempoMeter(FRONT), KeyMeter(FRONT.rate_hz)
    tempo.push(log_mel(samples, FRONT))
    key.push(samples)
    return tempo.estimate(), key.estimate()


def test_long_audio_is_transformed_in_several_turns(monkeypatch):
    whole = [batch.mels for batch in analyse(clean_audio("wav"), FRONT)]
    monkeypatch.setattr("segue.audio.analysis._TURN_SAMPLES", 10_000)
    turns = [batch.mels for batch in analyse(clean_audio("wav"), FRONT)]
    np.testing.assert_allclose(np.concatenate(turns), np.concatenate(whole), rtol=0, atol=2e-5)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "AUDIO_EMPTY"),
        (b"not a sound" * 1_000, "AUDIO_NOT_AUDIO"),
        (wav(bytes(4 * 44_100 * 3)), "AUDIO_SILENT"),
        (wav(pcm16(0.2)), "AUDIO_TOO_SHORT"),
    ],
)
def test_refusals(content, reason):
    with pytest.raises(AudioError) as caught:
        list(analyse(content, FRONT))
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "passage",
    [{"start_seconds": -1.0}, {"start_seconds": float("nan")}, {"length_seconds": 0.0}],
)
def test_passages_that_are_no_times(passage):
    with pytest.raises(ValueError, match="is not a"):
        analyse(clean_audio("wav"), FRONT, **passage)


def test_passage_behind_the_end_is_too_short():
    with pytest.raises(AudioError) as caught:
        list(analyse(clean_audio("wav"), FRONT, start_seconds=SECONDS + 1))
    assert caught.value.reason == "AUDIO_TOO_SHORT"
