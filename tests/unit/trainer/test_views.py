"""Views: each change does what it is named for, within the front end's range, repeatably."""

from __future__ import annotations

import math

import pytest
import torch

from segue.audio.front_end import FrontEnd
from segue.trainer.configuration import ViewConfig
from segue.trainer.views import change_chunks, give_own_sound

FRONT = FrontEnd(bands=32, chunk_frames=40, chunk_hop_frames=40)


def generator(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def music(chunks: int = 64) -> torch.Tensor:
    """Levels well inside the range, each chunk and band its own."""
    return -40 + 8 * torch.randn(chunks, FRONT.bands, FRONT.chunk_frames, generator=generator(7))


def test_without_strengths_nothing_changes() -> None:
    mel = music()
    torch.testing.assert_close(change_chunks(mel, ViewConfig(), FRONT, generator()), mel)
    torch.testing.assert_close(give_own_sound(mel, 2, ViewConfig(), FRONT, generator()), mel)


def test_noise_has_the_deviation_that_is_asked_for() -> None:
    mel = music()
    changed = change_chunks(mel, ViewConfig(noise_db=0.5), FRONT, generator())
    assert float((changed - mel).std()) == pytest.approx(0.5, rel=0.02)


def test_gain_moves_a_chunk_as_a_whole_within_its_limit() -> None:
    mel = music()
    difference = change_chunks(mel, ViewConfig(gain_db=4.0), FRONT, generator()) - mel
    assert float(difference.std(dim=(1, 2)).max()) < 1e-4
    assert 3.0 < float(difference.abs().max()) <= 4.0


def test_tilt_is_a_straight_line_over_the_bands() -> None:
    mel = music()
    difference = change_chunks(mel, ViewConfig(tilt_db=6.0), FRONT, generator()) - mel
    slope = difference.mean(dim=2).diff(dim=1)
    torch.testing.assert_close(slope, slope[:, :1].expand_as(slope), atol=1e-4, rtol=0)
    assert 4.0 < float((difference[:, -1, 0] - difference[:, 0, 0]).abs().max()) <= 6.0


def test_a_noise_floor_adds_powers() -> None:
    silent = torch.full((50, FRONT.bands, FRONT.chunk_frames), FRONT.floor_db)
    floor = change_chunks(silent, ViewConfig(floor_db=-60.0), FRONT, generator())
    assert float(floor.max()) <= -60 + 10 * math.log10(1.02)
    loud = torch.full_like(silent, -20.0)
    assert (
        float((change_chunks(loud, ViewConfig(floor_db=-60.0), FRONT, generator()) - loud).max())
        < 1e-2
    )


def test_a_mix_only_adds_and_leaves_the_others_alone() -> None:
    mel = music()
    config = ViewConfig(mix_share=0.5, mix_db=-3.0)
    difference = change_chunks(mel, config, FRONT, generator()) - mel
    touched = difference.abs().amax(dim=(1, 2)) > 1e-3
    assert 0.3 < float(touched.float().mean()) < 0.7
    assert float(difference.min()) > -1e-3


def test_stripes_are_no_wider_than_asked() -> None:
    mel = music()
    config = ViewConfig(mask_bands=5, mask_frames=7)
    blank = change_chunks(mel, config, FRONT, generator()) == FRONT.floor_db
    assert int(blank.all(dim=2).sum(dim=1).max()) == 5
    assert int(blank.all(dim=1).sum(dim=1).max()) == 7


@pytest.mark.parametrize("shift", [0, 3])
def test_a_track_sounds_alike_in_all_views_of_a_track_and_unlike_others(shift: int) -> None:
    one = music(16)
    config = ViewConfig(track_tilt_db=8.0, track_equaliser_db=3.0, track_shift_bands=shift)
    first, second = give_own_sound(one.repeat(2, 1, 1), 2, config, FRONT, generator()).chunk(2)
    torch.testing.assert_close(first, second)
    curves = (first - one).mean(dim=2)
    assert float((curves[0] - curves[1]).abs().max()) > 0.5


def test_changes_stay_in_range_and_the_generator_decides_them() -> None:
    mel = music().clamp(FRONT.floor_db, 0)
    config = ViewConfig(
        noise_db=3.0, gain_db=30.0, tilt_db=20.0, equaliser_db=5.0, shift_bands=4, mix_share=1.0
    )
    changed = change_chunks(mel, config, FRONT, generator(3))
    assert float(changed.min()) >= FRONT.floor_db
    assert float(changed.max()) <= 0
    torch.testing.assert_close(changed, change_chunks(mel, config, FRONT, generator(3)))
    assert not torch.allclose(changed, change_chunks(mel, config, FRONT, generator(4)))
