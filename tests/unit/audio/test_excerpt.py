import numpy as np
import pytest
import soundfile

from segue.audio.decoding import decode_stream, probe
from segue.audio.excerpt import excerpt
from segue.errors import AudioError, SourceError

RATE_HZ = 44_100


@pytest.fixture
def song(tmp_path):
    """Twenty seconds of stereo noise, whose channels agree."""
    noise = np.random.default_rng(5).uniform(-0.9, 0.9, 20 * RATE_HZ)
    path = tmp_path / "song.wav"
    soundfile.write(path, np.stack([noise, noise], axis=1), RATE_HZ, subtype="PCM_16")
    return path


def samples(source, **passage):
    return np.concatenate(list(decode_stream(source, RATE_HZ, **passage)))


def test_an_excerpt_decodes_to_the_passage_itself(song):
    cut = excerpt(song, start_seconds=3.25, length_seconds=5.5)

    info = probe(cut)
    assert (info.codec, info.rate_hz, info.channels) == ("flac", RATE_HZ, 1)
    wanted = samples(song, start_seconds=3.25, length_seconds=5.5)
    np.testing.assert_allclose(samples(cut), wanted, atol=1 / 32_767)


def test_no_length_reaches_to_the_end(song):
    assert samples(excerpt(song, start_seconds=18)).size == 2 * RATE_HZ


def test_a_passage_is_never_longer_than_a_clip_may_be(song, monkeypatch):
    monkeypatch.setattr("segue.audio.excerpt.LONGEST_CLIP_SECONDS", 4.0)

    assert samples(excerpt(song)).size == 4 * RATE_HZ


def test_high_rates_come_down(tmp_path):
    path = tmp_path / "high.wav"
    soundfile.write(path, 0.1 * np.ones(96_000), 96_000)

    assert probe(excerpt(path)).rate_hz == 48_000


def test_faults_have_their_reasons(tmp_path):
    (tmp_path / "text.mp3").write_text("no music " * 1_000)

    with pytest.raises(AudioError) as refused:
        excerpt(tmp_path / "text.mp3")
    assert refused.value.reason == "AUDIO_NOT_AUDIO"
    with pytest.raises(SourceError):
        excerpt(tmp_path / "missing.mp3")
