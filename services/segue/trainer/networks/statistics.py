"""The segue encoder: convolutions that keep their place in frequency, statistics over time.

Shape suffixes: N chunks, B bands, F frames, C channels, D embedding dimension.
"""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from segue.audio.front_end import FrontEnd
from segue.trainer.networks.backbones import convolution
from segue.trainer.networks.base import Encoder, FrequencyPlace, Heads, Labels, Outputs, unit_rows
from segue.trainer.table import Count, Filters, ShareBelowOne, Table


class StatisticsConfig(Table):
    """Shape of the network.

    Attributes
    ----------
    frame_step
        So many frames become their mean before anything else: a front end may cut finer than this
        network needs.
    channels
        Filters of the four convolution blocks.
    hidden
        Units between pooled statistics and embedding.
    dimension
        Length of the embedding.
    pooling
        ``mean`` over time and frequency, or ``statistics``: mean and standard deviation over time
        of every filter in every band group.
    spectrum
        Hands mean and standard deviation over time of the input bands to the dense layers too.
    motion
        And the mean absolute change of each band from frame to frame.
    residual
        A shortcut around the last block.
    dropout
        Share of pooled features left out while training.
    genre_share, mood_share
        Parts that the predicted genres and moods have in the similarity of two chunks, each in
        [0, 1) and less than 1 together; the rest is the learnt embedding's.
    """

    kind: Literal["statistics"] = "statistics"
    frame_step: Count = 1
    channels: Annotated[Filters, Field(max_length=4, min_length=4)] = (32, 64, 128, 128)
    hidden: Count = 256
    dimension: Count = 128
    pooling: Literal["mean", "statistics"] = "statistics"
    spectrum: bool = True
    motion: bool = False
    residual: bool = True
    dropout: ShareBelowOne = 0.1
    genre_share: ShareBelowOne = 0.0
    mood_share: ShareBelowOne = 0.0


class StatisticsNetwork(Encoder):
    """Four convolution blocks, statistics pooling over time, two dense layers, L2 normalisation.

    The embedding is put together from unit vectors: the learnt one and the square roots of the
    genre and mood distributions. Its cosine is the weighted sum of their cosines, that of two
    distributions being their Bhattacharyya coefficient. Losses see the learnt one alone.
    """

    def __init__(self, config: StatisticsConfig, front: FrontEnd, labels: Labels) -> None:
        super().__init__(front, labels)
        self.config = config
        self.place = FrequencyPlace(front.bands)
        first, second, third, fourth = config.channels
        self.blocks = nn.Sequential(
            nn.Conv2d(2, first, 5, 2, 2, bias=False),
            # Pooling before normalising leaves a quarter of the values to work on.
            nn.MaxPool2d(2),
            nn.BatchNorm2d(first),
            nn.ReLU(),
            nn.Conv2d(first, second, 3, 1, 1, bias=False),
            nn.MaxPool2d(2),
            nn.BatchNorm2d(second),
            nn.ReLU(),
            nn.Conv2d(second, third, 3, 1, 1, bias=False),
            nn.MaxPool2d((2, 1)),
            nn.BatchNorm2d(third),
            nn.ReLU(),
        )
        self.last = nn.Sequential(*convolution(third, fourth, 3))
        self.rectify = nn.ReLU()
        groups = front.bands // 16 if config.pooling == "statistics" else 1
        width = fourth * groups * (2 if config.pooling == "statistics" else 1)
        if config.spectrum:
            width += 2 * front.bands
        if config.motion:
            width += front.bands
        self.standardise = nn.BatchNorm1d(width)
        self.dense = nn.Sequential(
            nn.Dropout(config.dropout), nn.Linear(width, config.hidden), nn.ReLU()
        )
        self.embed = nn.Linear(config.hidden, config.dimension)
        self.heads = Heads(config.hidden, labels)

    @property
    def dimension(self) -> int:
        genres = len(self.labels.genres) if self.config.genre_share else 0
        moods = len(self.labels.moods) if self.config.mood_share else 0
        return self.config.dimension + genres + moods

    def outputs(self, mel_NBF: Tensor) -> Outputs:
        scaled_NBF = self.scale(mel_NBF)
        if self.config.frame_step > 1:
            scaled_NBF = functional.avg_pool1d(scaled_NBF, self.config.frame_step)
        x_NCBF = self.blocks(self.place(scaled_NBF.unsqueeze(1)))
        last_NCBF = self.last(x_NCBF)
        if self.config.residual:
            last_NCBF = last_NCBF + x_NCBF
        last_NCBF = self.rectify(last_NCBF).float()
        if self.config.pooling == "mean":
            pooled = [last_NCBF.mean(dim=(2, 3))]
        else:
            pooled = [part.flatten(1) for part in _moments(last_NCBF)]
        if self.config.spectrum:
            pooled += _moments(scaled_NBF)
        if self.config.motion:
            pooled.append((scaled_NBF[:, :, 1:] - scaled_NBF[:, :, :-1]).abs().mean(dim=2))
        hidden_NC = self.dense(self.standardise(torch.cat(pooled, dim=1)))
        learnt_ND = unit_rows(self.embed(hidden_NC))
        genre_NL, mood_NL = self.heads(hidden_NC)
        if self.training:
            return Outputs(learnt_ND, genre_NL, mood_NL)
        return Outputs(self._compose(learnt_ND, genre_NL, mood_NL), genre_NL, mood_NL)

    def _compose(
        self, learnt_ND: Tensor, genre_NL: Tensor | None, mood_NL: Tensor | None
    ) -> Tensor:
        genre_share, mood_share = self.config.genre_share, self.config.mood_share
        parts = [learnt_ND * (1.0 - genre_share - mood_share) ** 0.5]
        for share, logits_NL in ((genre_share, genre_NL), (mood_share, mood_NL)):
            if share and logits_NL is not None:
                parts.append((share * torch.softmax(logits_NL.float(), dim=1)).sqrt())
        return torch.cat(parts, dim=1)


def _moments(x: Tensor) -> list[Tensor]:
    """Mean and standard deviation over the last axis."""
    mean = x.mean(dim=-1, keepdim=True)
    variance = (x - mean).square().mean(dim=-1)
    # The root's slope is infinite at 0.
    return [mean.squeeze(-1), (variance + 1e-5).sqrt()]
