"""The student of both MusiCNNs: what it hears, what it keeps as published, what it tells."""

from __future__ import annotations

from typing import cast

import torch

from segue.trainer.networks.answers import ANSWER_NUMBERS, first_heard_frame
from segue.trainer.networks.base import Labels
from segue.trainer.networks.joint import JointNetwork
from segue.trainer.networks.musicnn import PATCH_FRAMES
from segue.trainer.networks.musicnn_student import MusicnnNetwork
from segue.trainer.training import build_network
from small_networks import chunks, configuration


def student() -> MusicnnNetwork:
    torch.manual_seed(1)
    return cast(MusicnnNetwork, build_network(configuration("musicnn"))).eval()


def test_it_hears_the_middle_of_a_chunk_alone() -> None:
    network = student()
    first = first_heard_frame(network.front)
    assert first == (network.front.chunk_frames - PATCH_FRAMES) // 2 == 6
    given = chunks(network.front, 2)
    around, within = given.clone(), given.clone()
    around[:, :, :first] = -3.0
    around[:, :, first + PATCH_FRAMES :] = -3.0
    within[:, :, first] = 0.0
    with torch.inference_mode():
        plain, unheard, heard = (network.outputs(mel).answers for mel in (given, around, within))
    assert plain is not None
    assert plain.shape == (2, ANSWER_NUMBERS)
    torch.testing.assert_close(unheard, plain)
    assert heard is not None
    assert float((heard - plain).abs().max()) > 1e-4


def test_what_the_projection_was_fitted_to_stays_while_the_rest_learns() -> None:
    network = student().train()
    made = network.outputs(chunks(network.front))
    assert made.answers is not None
    made.answers.square().mean().backward()
    fixed = [name for name, weight in network.named_parameters() if not weight.requires_grad]
    assert fixed == [
        "trunk.standardise.weight",
        "trunk.standardise.bias",
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
