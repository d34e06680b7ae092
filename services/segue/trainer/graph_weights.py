"""Weights of a network out of the graph that it was exported as."""

from __future__ import annotations

import os
import re
from pathlib import Path

import onnx
import onnx.numpy_helper
import torch

from segue.errors import ModelMisconfigured
from segue.trainer.networks.base import Encoder

_TRAINING_ONLY = re.compile(
    r"num_batches_tracked$|(^|\.)decoder\.|^parts\.\d+\.(heads|genres|moods|descriptors)\."
)
"""Names of what a graph lacks because it serves training alone."""


def stored_weights(path: Path) -> dict[str, torch.Tensor]:
    """Weights in an exported graph, by their names in the network that it was made of."""
    return {
        entry.name.removeprefix("network."): torch.from_numpy(
            onnx.numpy_helper.to_array(entry).copy()
        )
        for entry in onnx.load(os.fspath(path)).graph.initializer
    }


def read_weights(network: Encoder, path: Path) -> None:
    """Read the weights of an exported graph back into the network that it was made of.

    Raises
    ------
    ModelMisconfigured
        When the graph is of another network.
    """
    weights = stored_weights(path)
    other = ModelMisconfigured(f"{path} does not hold the weights of this network")
    try:
        missing, unknown = network.load_state_dict(weights, strict=False)
    except RuntimeError as exc:
        raise other from exc
    if unknown or not all(_TRAINING_ONLY.search(name) for name in missing):
        raise other
