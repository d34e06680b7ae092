"""The triplet encoder: standardised bands, three channels, a ConvNet chosen by name.

Shape suffixes: N chunks, B bands, F frames, C channels, D embedding dimension.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator
from torch import Tensor, nn

from segue.audio.front_end import FrontEnd
from segue.trainer.networks.backbones import BACKBONES
from segue.trainer.networks.base import Encoder, Heads, Labels, Outputs, unit_rows
from segue.trainer.table import Count, Table


def _known(backbone: str) -> str:
    if backbone not in BACKBONES:
        raise ValueError(f"one of {', '.join(BACKBONES)} is wanted")
    return backbone


class ProjectedConfig(Table):
    """Shape of the triplet encoder.

    Attributes
    ----------
    backbone
        A name of ``segue.trainer.networks.backbones.BACKBONES``.
    dimension
        Length of the embedding.
    """

    kind: Literal["projected"] = "projected"
    backbone: Annotated[str, AfterValidator(_known)] = "residual-small"
    dimension: Count = 128


class ProjectedNetwork(Encoder):
    """Batch normalisation per band, a convolution to three channels, ConvNet, dense, L2 norm."""

    def __init__(self, config: ProjectedConfig, front: FrontEnd, labels: Labels) -> None:
        super().__init__(front, labels)
        self.config = config
        self.standardise = nn.BatchNorm1d(front.bands)
        self.project = nn.Conv2d(1, 3, 3, padding=1)
        self.backbone, width = BACKBONES[config.backbone]()
        self.dense = nn.Linear(width, config.dimension)
        self.heads = Heads(width, labels)

    @property
    def dimension(self) -> int:
        return self.config.dimension

    def outputs(self, mel_NBF: Tensor) -> Outputs:
        standard_NBF = self.standardise(self.scale(mel_NBF))
        pooled_NC = self.backbone(self.project(standard_NBF.unsqueeze(1))).mean(dim=(2, 3)).float()
        return Outputs(unit_rows(self.dense(pooled_NC)), *self.heads(pooled_NC))
