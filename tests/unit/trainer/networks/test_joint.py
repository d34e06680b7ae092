"""Several encoders as one."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from segue.embedding.halves import Half
from segue.errors import InvalidRequest
from segue.trainer.configuration import from_dict
from segue.trainer.export import joined, network_from_onnx, write_onnx
from segue.trainer.networks.joint import JointNetwork
from segue.trainer.training import build_network
from small_networks import chunks, configuration


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


def test_shares_weigh_the_parts_and_are_named_as_halves() -> None:
    parts = [build_network(configuration(kind)).eval() for kind in ("convolution", "statistics")]
    joint = JointNetwork(parts, {"sound": 0.2, "style": 0.8}).eval()
    batch = chunks(joint.front, 2)
    embedding = joint(batch)[0]
    cosines = [part(batch)[0][0] @ part(batch)[0][1] for part in parts]
    torch.testing.assert_close(embedding[0] @ embedding[1], 0.2 * cosines[0] + 0.8 * cosines[1])
    assert joint.halves == (
        Half("sound", parts[0].dimension, 0.2),
        Half("style", parts[1].dimension, 0.8),
    )
    assert JointNetwork(parts).halves == ()


@pytest.mark.parametrize("shares", [{"sound": 1.0}, {"sound": 0.5, "style": 0.6}])
def test_shares_that_do_not_fit_are_refused(shares: dict[str, float]) -> None:
    parts = [build_network(configuration(kind)) for kind in ("convolution", "statistics")]
    with pytest.raises(InvalidRequest, match="shares"):
        JointNetwork(parts, shares)


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
