import numpy as np
import pytest

from segue.trainer.corpus import production

RATE = 22_050


def tone(hz, seconds=1.0, level=0.2):
    time = np.arange(round(seconds * RATE)) / RATE
    mono = level * np.sin(2 * np.pi * hz * time)
    return np.stack([mono, mono], axis=1).astype(np.float32)


def gain_db(after, before):
    half = len(before) // 2
    return 20 * np.log10(np.std(after[half:]) / np.std(before[half:]))


def test_peaking_filter_lifts_its_centre_alone():
    assert gain_db(production.peaking(tone(1000), RATE, 1000, 6, 2), tone(1000)) == pytest.approx(
        6, abs=0.1
    )
    assert abs(gain_db(production.peaking(tone(100), RATE, 1000, 6, 2), tone(100))) < 0.2


def test_tilt_favours_the_top():
    assert gain_db(production.tilt(tone(8000), RATE, 6), tone(8000)) > 2
    assert gain_db(production.tilt(tone(60), RATE, 6), tone(60)) < -2


def test_compressor_narrows_dynamics():
    loud_then_soft = np.concatenate([tone(440, 1, 0.5), tone(440, 1, 0.05)])
    pressed = production.compress(loud_then_soft, RATE, 4.0)
    before = np.std(loud_then_soft[:RATE]) / np.std(loud_then_soft[RATE:])
    after = np.std(pressed[RATE // 2 : RATE]) / np.std(pressed[RATE + RATE // 2 :])
    assert after < before * 0.6


def test_reverberation_rings_on():
    click = np.zeros((RATE, 2), np.float32)
    click[0] = 1
    wet = production.reverberate(click, RATE, 1.0, 0.5, np.random.default_rng(0))
    assert np.abs(wet[RATE // 4]).max() > 0
    assert np.std(wet[: RATE // 10]) > np.std(wet[RATE // 2 :]) * 5


def test_echo_repeats_after_the_delay():
    click = np.zeros((1000, 2), np.float32)
    click[0] = 1
    wet = production.echo(click, 300, 0.3)
    assert np.flatnonzero(wet[:, 0]).tolist() == [0, 300, 600, 900]


def test_limiter_reaches_the_level_below_full_scale():
    limited = production.limit(tone(440, level=0.01), -20)
    assert 20 * np.log10(np.sqrt(np.mean(limited**2))) == pytest.approx(-20, abs=0.5)
    assert np.abs(production.limit(tone(440), 0)).max() <= 1
