"""MusiCNN: long filters over bands and over time, dense layers over what they find (Pons et al.).

Shape suffixes: N chunks, B bands, F frames, C channels, L tags, R repetitions.

References
----------
J. Pons, X. Serra: musicnn: pre-trained convolutional neural networks for music audio tagging
(2019); J. Pons et al.: End-to-end learning for music audio tagging at scale (2018).
"""

from __future__ import annotations

import math
from typing import TypeAlias, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from segue.audio.front_end import FrontEnd
from segue.trainer.networks.base import Encoder, Labels, Outputs, unit_rows
from segue.trainer.networks.tag_labels import TagLabels
from segue.trainer.tags import DESCRIPTORS, GENRES, MOODS, MSD_TAGS, MTT_TAGS

BANDS = 96
PATCH_FRAMES = 187
UNITS = 200
"""Length of the penultimate layer, by which songs are compared."""

FRONT_END = FrontEnd(
    rate_hz=16_000,
    fft_size=512,
    hop=256,
    bands=BANDS,
    low_hz=0.0,
    high_hz=8_000.0,
    floor_db=-110.0,
    reference_power=1_000.0,
    chunk_frames=PATCH_FRAMES,
    chunk_hop_frames=PATCH_FRAMES,
)
"""The analysis that both networks were trained on. No signal within full scale reaches 0 dB."""

TrunkFilters: TypeAlias = tuple[int, int, int, int, int]
"""How many filters a trunk has of each size: two over bands and frames, three over frames alone."""

ALL_FILTERS: TrunkFilters = (204, 204, 51, 51, 51)
"""As published. Training has left most of them without a weight: see ``musicnn_pruning``."""

_EPSILON = 1e-3
_DENSE_FILTERS = 64
_LANES = 16
"""Channels that processors compute at once: 16, or 8."""

_MOST_WASTE = 1.25
"""As many times longer kernels may become to fill them."""

_DENSE_REACH = 3
FILTER_SIZES = ((38, 7), (67, 7), (1, 128), (1, 64), (1, 32))
"""Bands and frames of each of a trunk's kinds of filters."""


class CompressedPower(nn.Module):
    """From dB relative to a power to the logarithm that the network was trained on."""

    def __init__(self, reference_power: float) -> None:
        super().__init__()
        self.reference_power = reference_power

    def forward(self, mel_NBF: Tensor) -> Tensor:
        """``log10(1 + 10000 · power)``; shape kept."""
        power_NBF = self.reference_power * torch.pow(10.0, mel_NBF / 10.0)
        return torch.log10(1.0 + 1e4 * power_NBF)


class SlidFilters(nn.Module):
    """Filters slid over bands and frames, rectified and standardised; the largest of all bands.

    Parameters
    ----------
    filters, bands, frames
        How many, and their size.
    stride
        Step in bands and in frames.
    all_bands
        Bands that they are slid over.
    """

    def __init__(
        self,
        filters: int,
        bands: int,
        frames: int,
        stride: tuple[int, int],
        all_bands: int = BANDS,
    ) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(1, filters, (bands, frames), stride)
        self.normalise = nn.BatchNorm2d(filters, eps=_EPSILON)
        # As TensorFlow pads to keep the size.
        self.padding = ((frames - 1) // 2, frames - 1 - (frames - 1) // 2)
        self.places = (all_bands - bands) // stride[0] + 1
        self.at_once = _frames_at_once(filters, frames) if stride == (1, 1) else 1

    def forward(self, x_N1BF: Tensor) -> Tensor:
        """Shape (n, filters, frames / step, rounded up)."""
        normalise, convolution = self.normalise, self.convolution
        deviation_C = torch.sqrt(cast(Tensor, normalise.running_var) + normalise.eps)
        gain_C = normalise.weight / deviation_C
        shift_C = normalise.bias - cast(Tensor, normalise.running_mean) * gain_C
        # What follows the convolution rises or falls with it in each filter, so the largest is
        # sought first: far fewer numbers are left to rectify and to standardise.
        sign_C = torch.where(gain_C >= 0, 1.0, -1.0).detach()
        largest_NCF = self._largest(x_N1BF, convolution.weight * sign_C.view(-1, 1, 1, 1))
        signed_NCF = largest_NCF * sign_C.view(-1, 1)
        rectified_NCF = functional.relu(signed_NCF + cast(Tensor, convolution.bias).view(-1, 1))
        return rectified_NCF * gain_C.view(-1, 1) + shift_C.view(-1, 1)

    def _largest(self, x_N1BF: Tensor, kernel_C1BF: Tensor) -> Tensor:
        """The largest of all bands of what kernels find, shape (n, filters, frames / step)."""
        step = self.at_once
        # Where filters do not fill up what a processor computes at once, each is slid over several
        # frames at once, as so many channels that lie a frame apart.
        kernels_D1BF = self._a_frame_apart(kernel_C1BF)
        before, after = self.padding
        found_NDBF = functional.conv2d(
            functional.pad(x_N1BF, (before, after + step - 1)),
            kernels_D1BF,
            stride=self.convolution.stride if step == 1 else (1, step),
        )
        largest_NDF = functional.max_pool2d(found_NDBF, (self.places, 1))[:, :, 0]
        if step == 1:
            return largest_NDF
        apart_NCSF = torch.unflatten(largest_NDF, 1, (-1, step))
        return apart_NCSF.transpose(2, 3).flatten(2)[:, :, : x_N1BF.shape[3]]

    def _a_frame_apart(self, kernel_C1BF: Tensor) -> Tensor:
        """Each kernel followed by copies that lie a frame further each, as many as go at once."""
        copies, filters = self.at_once, self.convolution.out_channels
        if copies == 1:
            return kernel_C1BF
        bands, frames = self.convolution.kernel_size
        empty = [kernel_C1BF.new_zeros(filters, 1, bands, late) for late in range(copies)]
        # Not padded: an exporter would lose the shape, which a convolution must know.
        further = [
            torch.cat([empty[late], kernel_C1BF, empty[-1 - late]], dim=3) for late in range(copies)
        ]
        return torch.cat(further, dim=1).reshape(-1, 1, bands, frames + copies - 1)


def _frames_at_once(filters: int, frames: int) -> int:
    """Over how many frames filters are slid at once, so that they fill what is computed at once.

    Each frame more lengthens the kernels by one frame, in which they are zero.
    """
    chosen = _LANES // math.gcd(filters, _LANES)
    while (frames + chosen - 1) / frames > _MOST_WASTE:
        chosen //= 2
    return chosen


class MusicnnTrunk(nn.Module):
    """From compressed powers to features: each one's largest value and mean over time.

    Statistics of batch normalisation stay as they were published, in training too.

    Parameters
    ----------
    stride
        Step in bands and in frames of all filters; what follows sees one frame of so many. (1, 1)
        is the published network.
    filters
        How many there are of each size.
    """

    def __init__(
        self, stride: tuple[int, int] = (1, 1), filters: TrunkFilters = ALL_FILTERS
    ) -> None:
        super().__init__()
        self.standardise = nn.BatchNorm2d(1, eps=_EPSILON)
        self.filters = nn.ModuleList(
            SlidFilters(number, bands, frames, stride)
            for number, (bands, frames) in zip(filters, FILTER_SIZES, strict=True)
        )
        found = sum(filters)
        widths = (found, _DENSE_FILTERS, _DENSE_FILTERS)
        reach = _reach(stride[1])
        self.dense = nn.ModuleList(
            nn.Conv1d(width, _DENSE_FILTERS, 2 * reach + 1, padding=reach) for width in widths
        )
        self.normalise = nn.ModuleList(nn.BatchNorm1d(_DENSE_FILTERS, eps=_EPSILON) for _ in widths)
        self.width = 2 * (found + len(widths) * _DENSE_FILTERS)
        self.step = stride[1]

    @property
    def counts(self) -> tuple[int, ...]:
        """How many filters there are of each size."""
        return tuple(cast(SlidFilters, slid).convolution.out_channels for slid in self.filters)

    def take(self, published: MusicnnTrunk) -> None:
        """Begin with the weights of a published trunk.

        Layers over time are as if each frame that is left stood for all that were skipped.
        """
        weights = published.state_dict()
        for number in range(len(self.dense)):
            name = f"dense.{number}.weight"
            weights[name] = _over_steps(weights[name], self.step)
        self.load_state_dict(weights)

    def train(self, mode: bool = True) -> MusicnnTrunk:
        super().train(mode)
        for layer in self.modules():
            if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
                layer.eval()
        return self

    def forward(self, x_NBF: Tensor) -> Tensor:
        """Shape (n, width): all largest values, then all means."""
        standard_N1BF = self.standardise(x_NBF.unsqueeze(1))
        kept = [torch.cat([slid(standard_N1BF) for slid in self.filters], dim=1)]
        for number, (dense, normalise) in enumerate(zip(self.dense, self.normalise, strict=True)):
            made_NCF = normalise(functional.relu(dense(kept[-1])))
            kept.append(made_NCF if number == 0 else made_NCF + kept[-1])
        all_NCF = torch.cat(kept, dim=1)
        return torch.cat([all_NCF.amax(dim=2), all_NCF.mean(dim=2)], dim=1)


def _reach(step: int) -> int:
    """How many frames to either side a layer over time sees of every ``step``-th frame."""
    return math.ceil(_DENSE_REACH / step)


def _over_steps(kernel_CKF: Tensor, step: int) -> Tensor:
    """A kernel over all frames as one over every ``step``-th frame.

    It is the mean over the places that the kernel can have between two such frames.
    """
    reach = _reach(step)
    made_CKF = kernel_CKF.new_zeros((*kernel_CKF.shape[:2], 2 * reach + 1))
    for place in range(step):
        for tap in range(kernel_CKF.shape[2]):
            frame = (tap - _DENSE_REACH + place) // step
            made_CKF[:, :, reach + frame] += kernel_CKF[:, :, tap] / step
    return made_CKF


class TagHead(nn.Module):
    """From a trunk's features to the penultimate layer and the tags."""

    def __init__(self, width: int, tags: int) -> None:
        super().__init__()
        self.standardise = nn.BatchNorm1d(width, eps=_EPSILON)
        self.dense = nn.Linear(width, UNITS)
        self.normalise = nn.BatchNorm1d(UNITS, eps=_EPSILON)
        self.tags = nn.Linear(UNITS, tags)

    def train(self, mode: bool = True) -> TagHead:
        super().train(mode)
        self.standardise.eval()
        self.normalise.eval()
        return self

    def forward(self, features_NC: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Units before rectification, the same rectified and standardised, logits of the tags."""
        units_NC = self.dense(self.standardise(features_NC))
        standard_NC = self.normalise(functional.relu(units_NC))
        return units_NC, standard_NC, self.tags(standard_NC)

    @property
    def mean_units(self) -> Tensor:
        """Mean of the standardised units over the music that the head was trained on, shape (c,).

        It is what batch normalisation shifts to: no music is needed to centre vectors by.
        """
        return self.normalise.bias.detach()

    @property
    def mean_logits(self) -> Tensor:
        """Mean logit of each tag over the same music, shape (l,)."""
        logits: Tensor = self.tags(self.mean_units)
        return logits.detach()


class PublishedMusicnn(Encoder):
    """Both published networks as one encoder: the first embeds, the tags of both make the labels.

    Parameters
    ----------
    rectified
        Embed with the standardised penultimate layer, centred on the music that the network was
        trained on. Otherwise with its units before they are rectified, as they come.
    filters
        Those of the first and of the second network's trunk.
    """

    def __init__(
        self,
        rectified: bool = True,
        filters: tuple[TrunkFilters, TrunkFilters] = (ALL_FILTERS, ALL_FILTERS),
    ) -> None:
        super().__init__(
            FRONT_END,
            Labels(genres=tuple(GENRES), moods=tuple(MOODS), descriptors=tuple(DESCRIPTORS)),
        )
        self.rectified = rectified
        self.compress = CompressedPower(FRONT_END.reference_power)
        self.trunks = nn.ModuleList(MusicnnTrunk(filters=own) for own in filters)
        self.heads = nn.ModuleList(
            TagHead(cast(MusicnnTrunk, trunk).width, len(tags))
            for trunk, tags in zip(self.trunks, (MSD_TAGS, MTT_TAGS), strict=True)
        )
        unknown = torch.zeros(len(MSD_TAGS) + len(MTT_TAGS))
        self.genres = TagLabels(GENRES, unknown)
        self.moods = TagLabels(MOODS, unknown)
        self.descriptors = TagLabels(DESCRIPTORS, unknown)

    @property
    def dimension(self) -> int:
        return UNITS

    def centre_labels(self) -> None:
        """Measure labels from the tags' mean logits, which the weights of the heads tell."""
        mean_logits = torch.cat([cast(TagHead, head).mean_logits for head in self.heads])
        for labels in (self.genres, self.moods, self.descriptors):
            cast(Tensor, labels.mean_logits).copy_(mean_logits)

    def answers(self, mel_NBF: Tensor) -> list[tuple[Tensor, Tensor, Tensor]]:
        """What ``TagHead`` gives, of either network."""
        compressed_NBF = self.compress(mel_NBF)
        return [
            head(trunk(compressed_NBF)) for trunk, head in zip(self.trunks, self.heads, strict=True)
        ]

    def outputs(self, mel_NBF: Tensor) -> Outputs:
        (units_NC, standard_NC, first_NL), (_, _, second_NL) = self.answers(mel_NBF)
        mean_C = cast(TagHead, self.heads[0]).mean_units
        vectors_NC = standard_NC - mean_C if self.rectified else units_NC
        logits_NL = torch.cat([first_NL, second_NL], dim=1)
        return Outputs(
            unit_rows(vectors_NC),
            self.genres(logits_NL),
            self.moods(logits_NL),
            descriptor_logits=self.descriptors(logits_NL),
        )

    def probabilities(self, logits_NL: Tensor) -> Tensor:
        return torch.sigmoid(logits_NL)
