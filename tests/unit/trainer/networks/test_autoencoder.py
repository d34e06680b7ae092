"""The autoencoder."""

from __future__ import annotations

from segue.trainer.training import build_network
from small_networks import chunks, configuration


def test_the_autoencoder_gives_back_the_shape_of_its_input() -> None:
    network = build_network(configuration("autoencoder")).train()
    made = network.outputs(chunks(network.front))
    assert made.reconstruction is not None
    assert made.target is not None
    assert made.reconstruction.shape == made.target.shape == (5, 32, 50)
