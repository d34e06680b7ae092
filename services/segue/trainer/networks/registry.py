"""Network kinds by name, and how one is built."""

from __future__ import annotations

from typing import TypeAlias

from segue.audio.front_end import FrontEnd
from segue.trainer.networks.autoencoder import AutoencoderConfig, AutoencoderNetwork
from segue.trainer.networks.base import Encoder, Labels
from segue.trainer.networks.convolution import ConvolutionConfig, ConvolutionNetwork
from segue.trainer.networks.musicnn_student import MusicnnConfig, MusicnnNetwork
from segue.trainer.networks.projected import ProjectedConfig, ProjectedNetwork
from segue.trainer.networks.statistics import StatisticsConfig, StatisticsNetwork

NetworkConfig: TypeAlias = (
    ConvolutionConfig | ProjectedConfig | AutoencoderConfig | StatisticsConfig | MusicnnConfig
)

"""The tables of the kinds of network, told apart by their ``kind``."""


def build(config: NetworkConfig, front: FrontEnd, labels: Labels) -> Encoder:
    """Untrained network of a configuration; its weights come from torch's random generator."""
    match config:
        case ConvolutionConfig():
            return ConvolutionNetwork(config, front, labels)
        case ProjectedConfig():
            return ProjectedNetwork(config, front, labels)
        case AutoencoderConfig():
            return AutoencoderNetwork(config, front, labels)
        case StatisticsConfig():
            return StatisticsNetwork(config, front, labels)
        case MusicnnConfig():
            return MusicnnNetwork(config, front, labels)
