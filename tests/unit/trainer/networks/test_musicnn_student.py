"""The student of both MusiCNNs: what it hears, what it keeps as published, what it tells."""

from __future__ import annotations

from typing import cast

import torch

from segue.trainer.networks.base import Labels
from segue.trainer.networks.joint import JointNetwork
from segue.trainer.networks.musicnn_student import MusicnnNetwork, both
from segue.trainer.training import build_network
from small_networks import chunks, configuration


def student() -> MusicnnNetwork:
    torch.manual_seed(1)
    return cast(MusicnnNetwork, build_network(configuration("musicnn"))).eval()


def test_what_the_projection_was_fitted_to_stays_while_the_rest_learns() -> None:
    network = student().train()
    made = network.outputs(chunks(network.front))
    assert made.answers is not None
    made.answers.square().mean().backward()
    fixed = [name for name, weight in network.named_parameters() if not weight.requires_grad]
    assert fixed == [
        "trunks.0.standardise.weight",
        "trunks.0.standardise.bias",
        *(f"heads.{head}.normalise.{part}" for head in (0, 1) for part in ("weight", "bias")),
    ]
    before = {name: value.clone() for name, value in network.named_buffers()}
    network.outputs(chunks(network.front))
    for name, value in network.named_buffers():
        torch.testing.assert_close(value, before[name])


def test_as_a_part_of_several_its_labels_keep_their_own_probabilities() -> None:
    network = student()
    joint = JointNetwork([network, network]).eval()
    given = chunks(network.front)
    with torch.inference_mode():
        made, alone = joint(given), network(given)
    assert joint.labels == Labels(genres=("folk", "jazz", "rock"), moods=("calm", "happy"))
    for ours, theirs in zip(made[1:], alone[1:], strict=True):
        torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(made[0], torch.cat([alone[0], alone[0]], dim=1) / 2**0.5)


def test_labels_are_as_likely_as_they_and_music_are_together() -> None:
    labels, music = torch.tensor([[-3.0, 0.0, 4.0], [9.0, -20.0, 1.0]]), torch.tensor([2.0, -6.0])
    together = torch.sigmoid(both(labels, music))
    wanted = torch.sigmoid(labels) * torch.sigmoid(music).unsqueeze(1)
    torch.testing.assert_close(together, wanted)


def test_what_is_told_to_be_no_music_has_no_label() -> None:
    network = student()
    given = chunks(network.front, 2)
    with torch.inference_mode():
        before = network(given)
        cast(torch.Tensor, network.music_bias).fill_(-12.0)
        after = network(given)
    torch.testing.assert_close(after[0], before[0])
    for made, plain in zip(after[1:], before[1:], strict=True):
        assert float(made.max()) < 1e-4
        torch.testing.assert_close(
            made, plain / (1.0 + torch.exp(torch.tensor(12.0))), rtol=1e-3, atol=0
        )
