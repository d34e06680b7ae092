"""Every kind of network: shapes, norms, what it exports, and that every weight learns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from segue.audio.front_end import FrontEnd
from segue.errors import InvalidRequest, ModelMisconfigured
from segue.trainer.configuration import TrainingConfig, from_dict
from segue.trainer.export import joined, network_from_onnx, parity, write_onnx
from segue.trainer.networks.autoencoder import AutoencoderNetwork
from segue.trainer.networks.backbones import BACKBONES
from segue.trainer.networks.base import Encoder
from segue.trainer.networks.convolution import genre_space
from segue.trainer.networks.joint import JointNetwork
from segue.trainer.training import build_network

LABELS = {"genres": ["folk", "jazz", "rock"], "moods": ["calm", "dark"]}
HEADS = {"genre": 1.0, "mood": 1.0}
FRONT = {"bands": 32, "chunk_frames": 50, "chunk_hop_frames": 25}
KINDS = {
    "convolution": {"network": {"kind": "convolution", "channels": [4, 6], "dimension": 8}},
    "genres": {
        "network": {"kind": "convolution", "channels": [4, 6], "space": "genres"},
        "losses": HEADS,
    },
    "projected": {
        "network": {"kind": "projected", "backbone": "inverted-small", "dimension": 8},
        "losses": {"track_triplets": 1.0},
        "views": {"places": 2},
    },
    "autoencoder": {
        "network": {"kind": "autoencoder", "channels": [4, 4, 6], "dimension": 8},
        "losses": {"reconstruction": 1.0},
    },
    "statistics": {
        "network": {
            "kind": "statistics",
            "channels": [4, 6, 8, 8],
            "hidden": 12,
            "dimension": 8,
            "genre_share": 0.3,
            "mood_share": 0.2,
            "motion": True,
        },
        "losses": {"info_nce": 1.0, **HEADS},
        "views": {"places": 2},
    },
    "mean pooling": {
        "network": {
            "kind": "statistics",
            "channels": [4, 6, 8, 8],
            "dimension": 8,
            "pooling": "mean",
            "spectrum": False,
        },
        "losses": {"info_nce": 1.0},
        "views": {"copies": 2},
    },
}


def configuration(kind: str) -> TrainingConfig:
    tree = {"losses": {"info_nce": 1.0}, "views": {"places": 2}, **KINDS[kind]}
    return from_dict({"name": "tiny", "front_end": FRONT, "labels": LABELS, **tree})


def chunks(front: FrontEnd, count: int = 5) -> torch.Tensor:
    generator = torch.Generator().manual_seed(4)
    return torch.rand(count, front.bands, front.chunk_frames, generator=generator) * -80.0


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


def test_embeddings_have_norm_one_and_probabilities_sum_to_one(network: Encoder) -> None:
    outputs = dict(zip(network.output_names, network.eval()(chunks(network.front)), strict=True))
    assert outputs["embedding"].shape == (5, network.dimension)
    torch.testing.assert_close(outputs["embedding"].norm(dim=1), torch.ones(5))
    for name, labels in (("genre_probabilities", 3), ("mood_probabilities", 2)):
        if name in outputs:
            assert outputs[name].shape == (5, labels)
            torch.testing.assert_close(outputs[name].sum(dim=1), torch.ones(5))


def test_every_weight_learns(config: TrainingConfig, network: Encoder) -> None:
    made = network.train().outputs(chunks(network.front))
    parts = [made.embedding[:, 0], made.genre_logits, made.mood_logits, made.reconstruction]
    if isinstance(network, AutoencoderNetwork):
        parts = [made.reconstruction]
    sum(part.float().square().sum() for part in parts if part is not None).backward()
    idle = [name for name, weight in network.named_parameters() if weight.grad is None]
    assert idle == []


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


@pytest.mark.parametrize("name", ["plain-small", "residual-small", "inverted-small"])
def test_backbones_give_the_width_that_they_name(name: str) -> None:
    layers, width = BACKBONES[name]()
    assert layers(torch.zeros(2, 3, 64, 80)).shape[:2] == (2, width)


def test_the_autoencoder_gives_back_the_shape_of_its_input() -> None:
    network = build_network(configuration("autoencoder")).train()
    made = network.outputs(chunks(network.front))
    assert made.reconstruction is not None
    assert made.target is not None
    assert made.reconstruction.shape == made.target.shape == (5, 32, 50)


def test_cosine_in_genre_space_ranks_as_euclidean_distance_of_distributions() -> None:
    random = np.random.default_rng(2)
    shares = torch.from_numpy(random.dirichlet(np.full(17, 0.15), size=200))
    space = genre_space(shares)
    torch.testing.assert_close(space.norm(dim=1), torch.ones(200, dtype=torch.float64))
    cosine = (space @ space.T).numpy()
    distance = torch.cdist(shares, shares).numpy()
    pairs = np.triu_indices(200, 1)
    ranks = [np.argsort(np.argsort(values)) for values in (-cosine[pairs], distance[pairs])]
    assert np.corrcoef(*ranks)[0, 1] > 0.995


def test_the_cosine_of_a_composed_embedding_is_the_weighted_sum_of_its_parts() -> None:
    network = build_network(configuration("statistics")).eval()
    embedding, genres, moods = network(chunks(network.front, 2))
    assert embedding.shape[1] == network.dimension == 8 + 3 + 2
    parts = embedding.split([8, 3, 2], dim=1)
    for part, share in zip(parts, (0.5, 0.3, 0.2), strict=True):
        torch.testing.assert_close(part.square().sum(dim=1), torch.full((2,), share))
    expected = parts[0][0] @ parts[0][1]
    expected = expected + 0.3 * (genres[0] * genres[1]).sqrt().sum()
    expected = expected + 0.2 * (moods[0] * moods[1]).sqrt().sum()
    torch.testing.assert_close(embedding[0] @ embedding[1], expected)


def test_the_cosine_of_a_joint_network_is_the_mean_of_its_parts() -> None:
    parts = [build_network(configuration(kind)).eval() for kind in ("convolution", "statistics")]
    joint = JointNetwork(parts).eval()
    batch = chunks(joint.front, 2)
    embedding, genres, moods = joint(batch)
    assert embedding.shape == (2, joint.dimension)
    cosines = [part(batch)[0][0] @ part(batch)[0][1] for part in parts]
    torch.testing.assert_close(embedding[0] @ embedding[1], sum(cosines) / 2)
    torch.testing.assert_close(genres, parts[1](batch)[1])
    torch.testing.assert_close(moods, parts[1](batch)[2])


def test_networks_of_different_front_ends_do_not_join() -> None:
    other = from_dict({**configuration("convolution").to_dict(), "front_end": {}})
    parts = [build_network(configuration("convolution")), build_network(other)]
    with pytest.raises(InvalidRequest, match="front ends"):
        JointNetwork(parts)


def test_a_joint_network_survives_its_export(tmp_path: Path) -> None:
    configs = [configuration("convolution"), configuration("statistics")]
    joint = joined([build_network(config) for config in configs])
    with torch.no_grad():
        for value in joint.state_dict().values():
            if value.is_floating_point():
                value.mul_(1 + 0.2 * torch.rand(value.shape)).add_(0.05 * torch.rand(value.shape))
    write_onnx(joint, tmp_path / "model.onnx")
    again = network_from_onnx(tmp_path / "model.onnx", *configs)
    batch = chunks(joint.front)
    with torch.inference_mode():
        torch.testing.assert_close(again(batch)[0], joint(batch)[0], atol=1e-5, rtol=0)
