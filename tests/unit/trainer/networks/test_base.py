"""Every kind of network: shapes, norms, what it exports, and that every weight learns."""

from __future__ import annotations

import onnxruntime
import pytest
import torch

from segue.errors import ModelMisconfigured
from segue.trainer.configuration import TrainingConfig
from segue.trainer.export import network_from_onnx, parity, write_onnx
from segue.trainer.networks.autoencoder import AutoencoderNetwork
from segue.trainer.networks.base import Encoder
from segue.trainer.networks.musicnn_student import MusicnnNetwork
from segue.trainer.training import build_network
from small_networks import chunks, configuration


def test_embeddings_have_norm_one_and_labels_probabilities(network: Encoder) -> None:
    several = isinstance(network, MusicnnNetwork)  # labels at once, each with its own probability
    outputs = dict(zip(network.output_names, network.eval()(chunks(network.front)), strict=True))
    assert outputs["embedding"].shape == (5, network.dimension)
    torch.testing.assert_close(outputs["embedding"].norm(dim=1), torch.ones(5))
    for name, labels in (("genre_probabilities", 3), ("mood_probabilities", 2)):
        if name in outputs:
            assert outputs[name].shape == (5, labels)
            assert outputs[name].min() >= 0
            assert outputs[name].max() <= 1
            if not several:
                torch.testing.assert_close(outputs[name].sum(dim=1), torch.ones(5))


def test_every_weight_learns(config: TrainingConfig, network: Encoder) -> None:
    made = network.train().outputs(chunks(network.front))
    parts = [made.embedding[:, 0], made.genre_logits, made.mood_logits, made.reconstruction]
    if isinstance(network, AutoencoderNetwork):
        parts = [made.reconstruction]
    sum(part.float().square().sum() for part in parts if part is not None).backward()
    idle = {name for name, weight in network.named_parameters() if weight.grad is None}
    fixed = {name for name, weight in network.named_parameters() if not weight.requires_grad}
    assert idle == fixed
    assert not fixed or isinstance(network, MusicnnNetwork)


def test_the_exported_graph_holds_the_network(
    config: TrainingConfig, network: Encoder, tmp_path
) -> None:
    path = tmp_path / "model.onnx"
    write_onnx(network, path)
    batch = chunks(network.front).numpy()
    assert parity(network, path, batch) <= 1e-4
    session = onnxruntime.InferenceSession(path)
    assert [output.name for output in session.get_outputs()] == list(network.output_names)
    again = network_from_onnx(path, config)
    with torch.inference_mode():
        for theirs, ours in zip(
            again(torch.from_numpy(batch)), network(torch.from_numpy(batch)), strict=True
        ):
            torch.testing.assert_close(theirs, ours, atol=1e-5, rtol=0)


def test_a_graph_whose_answers_are_not_numbers_is_not_exported(tmp_path) -> None:
    network = build_network(configuration("convolution"))
    next(network.parameters()).data.fill_(torch.nan)
    with pytest.raises(ModelMisconfigured, match="nan"):
        write_onnx(network, tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []


def test_answers_do_not_depend_on_the_batch(network: Encoder) -> None:
    batch = chunks(network.eval().front)
    with torch.inference_mode():
        torch.testing.assert_close(network(batch)[0][2:3], network(batch[2:3])[0])
