"""ConvNets by name."""

from __future__ import annotations

import pytest
import torch

from segue.trainer.networks.backbones import BACKBONES


@pytest.mark.parametrize("name", ["plain-small", "residual-small", "inverted-small"])
def test_backbones_give_the_width_that_they_name(name: str) -> None:
    layers, width = BACKBONES[name]()
    assert layers(torch.zeros(2, 3, 64, 80)).shape[:2] == (2, width)
