from __future__ import annotations

import numpy as np
import pytest

from malformed_audio import encode, melody
from segue.audio.analysis import analyse
from segue.audio.front_end import FrontEnd
from segue.audio.silence import SilenceMeter
from segue.errors import AudioError

RATE_HZ = 22_050


def is_silent(samples: np.ndarray, block: int = 10_000) -> bool:
    meter = SilenceMeter(RATE_HZ)
    for at in range(0, samples.size, block):
        meter.push(samples[at : at + block].astype(np.float32))
    return meter.is_silent


@pytest.mark.parametrize("block", [1_000, 10_000, 1 << 20])
def test_what_stays_at_one_level_is_silent(block: int) -> None:
    rng = np.random.default_rng(1)
    noise = rng.uniform(-1, 1, 4 * RATE_HZ)
    assert is_silent(0 * noise, block)
    assert is_silent(1e-5 * noise, block)
    assert is_silent(0.25 + 1e-5 * noise, block)
    assert is_silent(-1.0 + 0 * noise, block)
    assert not is_silent(0.25 + 1e-3 * noise, block)
    assert not is_silent(1e-3 * noise, block)


def test_a_click_is_sound_and_so_is_a_level_that_changes() -> None:
    samples = np.zeros(4 * RATE_HZ)
    samples[100] = 0.5
    assert not is_silent(samples)
    step = np.full(4 * RATE_HZ, 0.25)
    step[2 * RATE_HZ :] = 0.3
    assert not is_silent(step)


def test_too_little_is_not_called_constant() -> None:
    assert not is_silent(np.full(RATE_HZ // 2 + 100, 0.25))


@pytest.mark.parametrize(
    "how",
    [
        (44_100, "wav", "pcm_s16le", "s16"), (22_050, "wav", "pcm_f32le", "flt"),
        (48_000, "flac", "flac", "s16"), (44_100, "mp3", "libmp3lame", "fltp"),
    ],
)  # fmt: skip
def test_a_file_of_one_level_is_refused(how: tuple[int, str, str, str]) -> None:
    rate_hz, *form = how
    constant = np.full((6 * rate_hz, 2), 0.4, np.float32)
    with pytest.raises(AudioError) as refused:
        list(analyse(encode(constant, rate_hz, *form), FrontEnd()))
    assert refused.value.reason == "AUDIO_SILENT"
    shifted = encode(0.3 + 0.3 * melody(rate_hz), rate_hz, *form)
    assert len(list(analyse(shifted, FrontEnd())))
