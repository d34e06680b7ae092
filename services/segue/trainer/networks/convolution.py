"""The contrastive CNN, and the genre classifier built on the same blocks.

Shape suffixes: N chunks, B bands, F frames, C channels, D embedding dimension, L labels.
"""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from pydantic import AfterValidator
from torch import Tensor, nn

from segue.audio.front_end import FrontEnd
from segue.trainer.networks.base import Encoder, FrequencyPlace, Heads, Labels, Outputs, unit_rows
from segue.trainer.table import Count, Filters, ShareBelowOne, Table

GENRE_SPACE_SCALE = 0.5
"""How far out on the sphere the corners of the genre space lie; see ``genre_space``."""


def _odd(kernel: int) -> int:
    if kernel % 2 == 0:
        raise ValueError("an odd number is wanted, so that a filter has a centre")
    return kernel


class ConvolutionConfig(Table):
    """Shape of the convolutional network.

    Attributes
    ----------
    channels
        Filters of the convolution blocks.
    dimension
        Length of the embedding; of a genre space always the number of genres + 1.
    first_kernel, first_stride
        Kernel and stride of the first convolution. Stride 2 makes a CPU step about six times
        cheaper: at full resolution the first two blocks cost nearly all of it.
    frequency_channel
        Adds a second input channel that holds each band's place in [-1, 1].
    space
        ``dense``: the embedding is a dense layer. ``genres``: it is the genre distribution.
    dropout
        Share of pooled features left out while training.
    """

    kind: Literal["convolution"] = "convolution"
    channels: Filters = (32, 64, 128)
    dimension: Count = 128
    first_kernel: Annotated[Count, AfterValidator(_odd)] = 3
    first_stride: Count = 1
    frequency_channel: bool = False
    space: Literal["dense", "genres"] = "dense"
    dropout: ShareBelowOne = 0.0


class ConvolutionNetwork(Encoder):
    """Convolution blocks, global average pooling, dense layer, L2 normalisation; label heads."""

    def __init__(self, config: ConvolutionConfig, front: FrontEnd, labels: Labels) -> None:
        super().__init__(front, labels)
        self.config = config
        self.place = FrequencyPlace(front.bands) if config.frequency_channel else nn.Identity()
        layers: list[nn.Module] = []
        width = 2 if config.frequency_channel else 1
        for number, filters in enumerate(config.channels):
            kernel = config.first_kernel if number == 0 else 3
            stride = config.first_stride if number == 0 else 1
            layers += [
                nn.Conv2d(width, filters, kernel, stride, kernel // 2, bias=False),
                # Pooling first leaves a quarter of the values to normalise and to rectify: these,
                # not the convolutions, cost most of a training step.
                nn.MaxPool2d(2),
                nn.BatchNorm2d(filters),
                nn.ReLU(),
            ]
            width = filters
        self.blocks = nn.Sequential(*layers)
        self.dropout = nn.Dropout(config.dropout)
        self.dense = nn.Linear(width, config.dimension) if config.space == "dense" else None
        self.heads = Heads(width, labels)

    @property
    def dimension(self) -> int:
        return len(self.labels.genres) + 1 if self.dense is None else self.config.dimension

    def outputs(self, mel_NBF: Tensor) -> Outputs:
        x_NCBF = self.place(self.scale(mel_NBF).unsqueeze(1))
        pooled_NC = self.dropout(self.blocks(x_NCBF).mean(dim=(2, 3)).float())
        genre_NL, mood_NL = self.heads(pooled_NC)
        if self.dense is not None:
            embedding_ND = unit_rows(self.dense(pooled_NC))
        else:
            assert genre_NL is not None  # noqa: S101  # configurations without genres are refused
            embedding_ND = genre_space(torch.softmax(genre_NL.float(), dim=1))
        return Outputs(embedding_ND, genre_NL, mood_NL)


def genre_space(probabilities_NL: Tensor) -> Tensor:
    """Lay genre distributions on the unit sphere so that cosine ranks them as distance does.

    With p scaled by s, the row (s·p, sqrt(1 - s²·|p|²)) has norm 1, and the dot product of two rows
    is 1 - s²·|p - q|²/2 up to terms of the order s⁴: an index that knows cosine alone then orders
    by the Euclidean distance of the distributions.

    Parameters
    ----------
    probabilities_NL
        Shape (n, labels), rows that sum to 1.

    Returns
    -------
    Tensor
        Shape (n, labels + 1), unit rows.
    """
    scaled_NL = GENRE_SPACE_SCALE * probabilities_NL
    rest_N1 = (1.0 - scaled_NL.square().sum(dim=1, keepdim=True)).clamp_min(0.0).sqrt()
    return torch.cat([scaled_NL, rest_N1], dim=1)
