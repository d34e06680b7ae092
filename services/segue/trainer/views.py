"""Changed copies of chunks, made on their dB values.

Shape suffixes: N chunks, B bands, F frames, T tracks.
"""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor

from segue.audio.front_end import FrontEnd
from segue.trainer.configuration import ViewConfig

_EQUALISER_COSINES = 4
_MIX_RANGE_DB = 12.0
"""How far below ``mix_db`` a mixed chunk may lie."""


def change_chunks(
    mel_NBF: Tensor, config: ViewConfig, front: FrontEnd, random: Generator
) -> Tensor:
    """Each chunk as another production of it would sound, drawn per chunk.

    In order, as far as their strength is not 0: transposition; level, tilt and equaliser; another
    chunk of the batch beneath; noise floor (powers add); Gaussian noise; clipping; one stripe each
    in time and in frequency set to the floor.
    """
    chunks, bands, frames = mel_NBF.shape
    if config.shift_bands:
        mel_NBF = _transpose(mel_NBF, _whole((chunks, 1), config.shift_bands, random))
    if config.gain_db or config.tilt_db or config.equaliser_db:
        curve_NB = _response(
            chunks, bands, config.gain_db, config.tilt_db, config.equaliser_db, random
        )
        mel_NBF = mel_NBF + curve_NB.unsqueeze(2)
    if config.mix_share:
        mel_NBF = _mix(mel_NBF, config, random)
    if config.floor_db > front.floor_db:
        share = torch.rand((chunks, 1, 1), generator=random)
        floor_N11 = front.floor_db + share * (config.floor_db - front.floor_db)
        mel_NBF = _add_powers(mel_NBF, floor_N11)
    if config.noise_db:
        mel_NBF = mel_NBF + config.noise_db * torch.randn(mel_NBF.shape, generator=random)
    mel_NBF = mel_NBF.clamp(front.floor_db, 0.0)
    if config.mask_bands or config.mask_frames:
        blank_NB1 = _stripe(chunks, bands, config.mask_bands, random).unsqueeze(2)
        blank_N1F = _stripe(chunks, frames, config.mask_frames, random).unsqueeze(1)
        mel_NBF = mel_NBF.masked_fill(blank_NB1 | blank_N1F, front.floor_db)
    return mel_NBF


def give_own_sound(
    mel_NBF: Tensor, views: int, config: ViewConfig, front: FrontEnd, random: Generator
) -> Tensor:
    """Give every track a sound of its own, the same in all its views.

    Transposition, tilt and equaliser are drawn per track: training then meets more spectral
    balances than the corpus holds, and a balance that stays the same over a track
    counts for telling it.

    Parameters
    ----------
    mel_NBF
        Shape (views · tracks, bands, frames): all first views, then all second ones, and so on.
    """
    if not (config.track_tilt_db or config.track_equaliser_db or config.track_shift_bands):
        return mel_NBF
    chunks, bands, _ = mel_NBF.shape
    tracks = chunks // views
    shift_T1 = _whole((tracks, 1), config.track_shift_bands, random)
    mel_NBF = _transpose(mel_NBF, shift_T1.repeat(views, 1))
    curve_TB = _response(
        tracks, bands, 0.0, config.track_tilt_db, config.track_equaliser_db, random
    )
    return (mel_NBF + curve_TB.repeat(views, 1).unsqueeze(2)).clamp(front.floor_db, 0.0)


def _response(
    rows: int, bands: int, gain_db: float, tilt_db: float, equaliser_db: float, random: Generator
) -> Tensor:
    """Change of each band's level in dB, shape (rows, bands)."""
    place_B = torch.linspace(-1.0, 1.0, bands)
    curve_NB = _uniform((rows, 1), gain_db, random) + (
        _uniform((rows, 1), tilt_db / 2, random) * place_B
    )
    for cosine in range(1, _EQUALISER_COSINES + 1):
        phase = _uniform((rows, 1), math.pi, random)
        depth = _uniform((rows, 1), equaliser_db, random)
        curve_NB = curve_NB + depth * torch.cos(cosine * math.pi / 2 * place_B + phase)
    return curve_NB


def _uniform(shape: tuple[int, ...], largest: float, random: Generator) -> Tensor:
    return (torch.rand(shape, generator=random) * 2 - 1) * largest


def _whole(shape: tuple[int, ...], largest: int, random: Generator) -> Tensor:
    return torch.randint(-largest, largest + 1, shape, generator=random)


def _transpose(mel_NBF: Tensor, shift_N1: Tensor) -> Tensor:
    """Shift each chunk by whole bands; the outermost band is repeated."""
    _, bands, frames = mel_NBF.shape
    source_NB = (torch.arange(bands) + shift_N1).clamp(0, bands - 1)
    return mel_NBF.gather(1, source_NB.unsqueeze(2).expand(-1, -1, frames))


def _mix(mel_NBF: Tensor, config: ViewConfig, random: Generator) -> Tensor:
    """Lay another chunk of the batch beneath some of them."""
    chunks = len(mel_NBF)
    other_N = torch.randperm(chunks, generator=random)
    level_N11 = config.mix_db - _MIX_RANGE_DB * torch.rand((chunks, 1, 1), generator=random)
    mixed_NBF = _add_powers(mel_NBF, mel_NBF[other_N] + level_N11)
    chosen_N11 = torch.rand((chunks, 1, 1), generator=random) < config.mix_share
    return torch.where(chosen_N11, mixed_NBF, mel_NBF)


def _add_powers(first_db: Tensor, second_db: Tensor) -> Tensor:
    """Level of two sounds together, in dB."""
    return 3.0103 * torch.log2(torch.exp2(first_db / 3.0103) + torch.exp2(second_db / 3.0103))


def _stripe(chunks: int, length: int, widest: int, random: Generator) -> Tensor:
    width = torch.randint(0, widest + 1, (chunks, 1), generator=random)
    start = (torch.rand((chunks, 1), generator=random) * (length - width)).long()
    place = torch.arange(length)
    return (place >= start) & (place < start + width)
