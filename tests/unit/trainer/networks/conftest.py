"""Every kind of network in small."""

from __future__ import annotations

import pytest
import torch

from segue.trainer.configuration import TrainingConfig
from segue.trainer.networks.base import Encoder
from segue.trainer.training import build_network
from small_networks import KINDS, configuration


@pytest.fixture(params=KINDS)
def config(request: pytest.FixtureRequest) -> TrainingConfig:
    return configuration(request.param)


@pytest.fixture
def network(config: TrainingConfig) -> Encoder:
    """A network whose normalisation is not at its start values, as if it had learnt."""
    torch.manual_seed(3)
    network = build_network(config)
    with torch.no_grad():
        for value in network.state_dict().values():
            if value.is_floating_point():
                value.mul_(1 + 0.2 * torch.rand(value.shape)).add_(0.05 * torch.rand(value.shape))
    return network
