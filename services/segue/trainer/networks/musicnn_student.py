"""A student of both published MusiCNNs: trunks that cost less, and a head for the tags of each.

Shape suffixes: N chunks, B bands, F frames, C channels, T tags, U units, D embedding dimension.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias, cast

import torch
from pydantic import Field
from torch import Tensor, nn

from segue.audio.front_end import FrontEnd
from segue.trainer.networks.answers import ANSWER_UNITS, answer_rows
from segue.trainer.networks.base import Encoder, Labels, Outputs, unit_rows
from segue.trainer.networks.musicnn import (
    ALL_FILTERS,
    CompressedPower,
    MusicnnTrunk,
    TagHead,
)
from segue.trainer.networks.tag_labels import ALL_TAGS, TagLabels
from segue.trainer.table import Count, Names, Share, Table
from segue.trainer.tags import DESCRIPTORS, GENRES, MOODS, MSD_TAGS, MTT_TAGS

Stride: TypeAlias = Annotated[tuple[Count, Count], Field(strict=False)]
"""In bands and in frames."""

FilterCounts: TypeAlias = Annotated[tuple[Count, Count, Count, Count, Count], Field(strict=False)]


class TrunkConfig(Table):
    """Shape of a trunk.

    Attributes
    ----------
    stride
        Step in bands and in frames of its filters. The published networks take steps of 1.
    filters
        How many there are of each size: as many as the teacher has.
    """

    stride: Stride = (1, 1)
    filters: FilterCounts = ALL_FILTERS

    @property
    def is_published(self) -> bool:
        """Whether it is the published trunk itself, which has nothing to learn."""
        return self.stride == (1, 1)


class MusicnnConfig(Table):
    """Shape of the student.

    Attributes
    ----------
    trunks
        That of the first network, and of the second where it has one. The second head reads that
        alone where it is the published one, and the first one's too where it hears less than that.
    dimension
        Length of the embedding.
    whitening
        How far the directions of the embedding are brought to the same spread: 0 leaves them as
        they are, 1 makes them equal.
    """

    kind: Literal["musicnn"] = "musicnn"
    trunks: Annotated[tuple[TrunkConfig, ...], Field(min_length=1, max_length=2, strict=False)] = (
        TrunkConfig(stride=(2, 2)),
    )
    dimension: Annotated[int, Field(ge=1, le=ANSWER_UNITS)] = 128
    whitening: Share = 0.5

    @property
    def second_is_published(self) -> bool:
        """Whether the second network is there as published, trunk and head."""
        return len(self.trunks) == 2 and self.trunks[1].is_published


_CERTAIN = 30.0


class MusicnnNetwork(Encoder):
    """Trunks made cheap; heads that answer as those of both networks do.

    The embedding is a fixed projection of the standardised units of both heads, and tags make the
    labels, as far as what is heard is music at all; ``distillation.begin`` sets all three to what
    the teacher knows of them. How a head standardises its units stays as published, so that the
    projection holds while the rest learns.
    """

    def __init__(self, config: MusicnnConfig, front: FrontEnd, labels: Labels) -> None:
        super().__init__(front, labels)
        self.config = config
        self.compress = CompressedPower(front.reference_power)
        self.trunks = nn.ModuleList(
            MusicnnTrunk(trunk.stride, trunk.filters) for trunk in config.trunks
        )
        for trunk, shape in zip(self.trunks, config.trunks, strict=True):
            # An input of the convolutions that wants no gradient saves two thirds of a step.
            learning = trunk if shape.is_published else cast(MusicnnTrunk, trunk).standardise
            learning.requires_grad_(False)
        widths = [cast(MusicnnTrunk, trunk).width for trunk in self.trunks]
        second = widths[1] if config.second_is_published else sum(widths)
        self.heads = nn.ModuleList(
            TagHead(width, len(tags))
            for width, tags in zip((widths[0], second), (MSD_TAGS, MTT_TAGS), strict=True)
        )
        if config.trunks[0].is_published:
            self.heads[0].requires_grad_(False)
        for head in self.heads:
            cast(TagHead, head).normalise.requires_grad_(False)
        unknown = torch.zeros(ALL_TAGS)
        self.genres, self.moods, self.descriptors = (
            TagLabels({name: rows[name] for name in names}, unknown) if names else None
            for rows, names in (
                (GENRES, labels.genres),
                (MOODS, labels.moods),
                (DESCRIPTORS, labels.descriptors),
            )
        )
        projection = nn.init.orthogonal_(torch.empty(ANSWER_UNITS, config.dimension))
        self.register_buffer("projection", projection)
        # Until it is told what is no music, it takes everything for music.
        self.register_buffer("music_weights", torch.zeros(ANSWER_UNITS))
        self.register_buffer("music_bias", torch.tensor(_CERTAIN))

    @property
    def dimension(self) -> int:
        return self.config.dimension

    @property
    def labelled(self) -> tuple[tuple[Names, TagLabels | None], ...]:
        """Names of the genres, of the moods and of the descriptors, and what tells each."""
        return (
            (self.labels.genres, self.genres),
            (self.labels.moods, self.moods),
            (self.labels.descriptors, self.descriptors),
        )

    @property
    def mean_units(self) -> Tensor:
        """Standardised units of both heads as they are on average over what these learnt from."""
        return torch.cat([cast(TagHead, head).mean_units for head in self.heads])

    def features(self, mel_NBF: Tensor) -> tuple[Tensor, Tensor]:
        """What either head reads in chunks, shape (n, features), float32."""
        compressed_NBF = self.compress(mel_NBF)
        found = [cast(Tensor, trunk(compressed_NBF)).float() for trunk in self.trunks]
        second_NC = found[1] if self.config.second_is_published else torch.cat(found, dim=1)
        return found[0], second_NC

    def outputs(self, mel_NBF: Tensor) -> Outputs:
        features = self.features(mel_NBF)
        # Answers are learnt to the third digit, which bfloat16 does not hold.
        with torch.autocast(mel_NBF.device.type, enabled=False):
            heads = [head(own_NC) for head, own_NC in zip(self.heads, features, strict=True)]
            standard_NU = torch.cat([standard_NU for _, standard_NU, _ in heads], dim=1)
            logits_NT = torch.cat([logits_NT for _, _, logits_NT in heads], dim=1)
            units_NU = torch.cat([units_NU for units_NU, _, _ in heads], dim=1)
            music_N = units_NU @ cast(Tensor, self.music_weights) + cast(Tensor, self.music_bias)
            return Outputs(
                unit_rows((standard_NU - self.mean_units) @ cast(Tensor, self.projection)),
                None if self.genres is None else both(self.genres(logits_NT), music_N),
                None if self.moods is None else both(self.moods(logits_NT), music_N),
                answers=answer_rows(heads),
                descriptor_logits=None
                if self.descriptors is None
                else both(self.descriptors(logits_NT), music_N),
            )

    def probabilities(self, logits_NL: Tensor) -> Tensor:
        return torch.sigmoid(logits_NL)


def both(logits_NL: Tensor, music_N: Tensor) -> Tensor:
    """Logits of each label together with music: their probabilities are the products.

    Parameters
    ----------
    logits_NL
        Shape (n, labels).
    music_N
        Shape (n,): logits of music.
    """
    music_NL = music_N.unsqueeze(1).expand_as(logits_NL)
    # 1 / (p q) - 1 = (1 + exp(-a)) (1 + exp(-b)) - 1
    against = torch.stack([-logits_NL, -music_NL, -logits_NL - music_NL])
    made_NL: Tensor = -torch.logsumexp(against, dim=0)
    return made_NL
