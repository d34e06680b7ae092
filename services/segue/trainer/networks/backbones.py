"""Standard ConvNets in small sizes, chosen by name: three channels in, pooled features out.

Shape suffixes: N chunks, C channels, H height, W width.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from torch import Tensor, nn


def convolution(
    inputs: int, filters: int, kernel: int, stride: int = 1, groups: int = 1
) -> list[nn.Module]:
    """Convolution that keeps the size (but for its stride), and batch normalisation."""
    layer = nn.Conv2d(inputs, filters, kernel, stride, kernel // 2, groups=groups, bias=False)
    return [layer, nn.BatchNorm2d(filters)]


class ResidualBlock(nn.Module):
    """Two 3 × 3 convolutions beside a shortcut (K. He et al., 2016)."""

    def __init__(self, inputs: int, filters: int, stride: int) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            *convolution(inputs, filters, 3, stride), nn.ReLU(), *convolution(filters, filters, 3)
        )
        same = inputs == filters and stride == 1
        self.shortcut = (
            nn.Identity() if same else nn.Sequential(*convolution(inputs, filters, 1, stride))
        )
        self.rectify = nn.ReLU()

    def forward(self, x_NCHW: Tensor) -> Tensor:
        """Shape (n, filters, ceil(h / stride), ceil(w / stride))."""
        rectified: Tensor = self.rectify(self.branch(x_NCHW) + self.shortcut(x_NCHW))
        return rectified


class InvertedBlock(nn.Module):
    """Widen, filter each channel by itself, narrow (M. Sandler et al., MobileNetV2, 2018)."""

    def __init__(self, inputs: int, filters: int, stride: int, expansion: int = 4) -> None:
        super().__init__()
        wide = inputs * expansion
        self.branch = nn.Sequential(
            *convolution(inputs, wide, 1),
            nn.ReLU6(),
            *convolution(wide, wide, 3, stride, groups=wide),
            nn.ReLU6(),
            *convolution(wide, filters, 1),
        )
        self.same = inputs == filters and stride == 1

    def forward(self, x_NCHW: Tensor) -> Tensor:
        """Shape (n, filters, ceil(h / stride), ceil(w / stride))."""
        made: Tensor = self.branch(x_NCHW)
        return x_NCHW + made if self.same else made


def _plain(widths: tuple[int, ...]) -> tuple[nn.Module, int]:
    """Pairs of convolutions and max pooling (K. Simonyan and A. Zisserman, VGG, 2015)."""
    layers: list[nn.Module] = [*convolution(3, widths[0], 3, 2), nn.ReLU(), nn.MaxPool2d(2)]
    for inputs, filters in zip(widths, (*widths[1:], widths[-1]), strict=True):
        layers += [*convolution(inputs, filters, 3), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers), widths[-1]


def _stages(
    block: Callable[[int, int, int], nn.Module], widths: tuple[int, ...], depth: int
) -> tuple[nn.Module, int]:
    """A stem that quarters the size, then stages of blocks that halve it from the second on."""
    layers: list[nn.Module] = [*convolution(3, widths[0], 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    inputs = widths[0]
    for stage, filters in enumerate(widths):
        for place in range(depth):
            layers.append(block(inputs, filters, 2 if stage > 0 and place == 0 else 1))
            inputs = filters
    return nn.Sequential(*layers), inputs


BACKBONES: Mapping[str, Callable[[], tuple[nn.Module, int]]] = {
    "plain-small": partial(_plain, (24, 48, 96, 192)),
    "residual-small": partial(_stages, ResidualBlock, (24, 48, 96, 160), 1),
    "residual-18": partial(_stages, ResidualBlock, (64, 128, 256, 512), 2),
    "inverted-small": partial(_stages, InvertedBlock, (16, 24, 40, 80), 2),
}
"""Name to a function that gives the layers, (n, 3, h, w) → (n, c, h', w'), and c."""
