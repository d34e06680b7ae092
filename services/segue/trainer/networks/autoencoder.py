"""The autoencoder: its bottleneck is the embedding.

Shape suffixes: N chunks, B bands, F frames, C channels, D embedding dimension.
"""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

from segue.audio.front_end import FrontEnd
from segue.trainer.networks.base import Encoder, Labels, Outputs, unit_rows
from segue.trainer.table import Count, Filters, Table


class AutoencoderConfig(Table):
    """Shape of the autoencoder.

    Attributes
    ----------
    channels
        Filters of the encoder's blocks, each of which halves both axes; the decoder mirrors them.
    dimension
        Units of the bottleneck.
    """

    kind: Literal["autoencoder"] = "autoencoder"
    channels: Filters = (16, 32, 32, 32)
    dimension: Count = 128


class AutoencoderNetwork(Encoder):
    """Convolution, ReLU, max pooling; a dense bottleneck; upsampling and convolution back.

    The embedding is the bottleneck, L2-normalised for indexes that know cosine alone. Only the
    encoding half is exported.
    """

    def __init__(self, config: AutoencoderConfig, front: FrontEnd, labels: Labels) -> None:
        super().__init__(front, labels)
        self.config = config
        sizes = [
            (front.bands >> halvings, front.chunk_frames >> halvings)
            for halvings in range(len(config.channels) + 1)
        ]
        height, width = sizes[-1]
        encoder: list[nn.Module] = []
        inputs = 1
        for filters in config.channels:
            encoder += [nn.Conv2d(inputs, filters, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
            inputs = filters
        self.encoder = nn.Sequential(*encoder, nn.Flatten())
        flat = inputs * height * width
        self.bottleneck = nn.Linear(flat, config.dimension)
        decoder: list[nn.Module] = [
            nn.Linear(config.dimension, flat),
            nn.ReLU(),
            nn.Unflatten(1, (inputs, height, width)),
        ]
        for filters, size in zip((*config.channels[-2::-1], 1), sizes[-2::-1], strict=True):
            # Convolving before upsampling does a quarter of the work.
            decoder += [nn.Conv2d(inputs, filters, 3, padding=1), nn.Upsample(size)]
            if filters != 1:
                decoder.append(nn.ReLU())
            inputs = filters
        self.decoder = nn.Sequential(*decoder)

    @property
    def dimension(self) -> int:
        return self.config.dimension

    def outputs(self, mel_NBF: Tensor) -> Outputs:
        scaled_NBF = self.scale(mel_NBF)
        code_ND = self.bottleneck(self.encoder(scaled_NBF.unsqueeze(1)))
        if not self.training:
            return Outputs(unit_rows(code_ND))
        made_NBF = self.decoder(code_ND).squeeze(1)
        return Outputs(unit_rows(code_ND), reconstruction=made_NBF, target=scaled_NBF)
