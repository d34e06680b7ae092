"""Filters without a weight: left out, and nothing changes."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
import torch
from torch import Tensor, nn

from segue.errors import ModelMisconfigured
from segue.resources import resource_folder
from segue.trainer.export import write_onnx
from segue.trainer.networks.musicnn import MusicnnTrunk, PublishedMusicnn, SlidFilters
from segue.trainer.networks.musicnn_pruning import pruned, read_published

LEFT = (10, 3, 1, 51, 7)
"""Filters of each kind that keep their weights."""


@pytest.fixture(scope="module")
def decayed() -> PublishedMusicnn:
    """A network most of whose filters have next to no weight, and all kinds of constants."""
    torch.manual_seed(4)
    network = PublishedMusicnn().eval()
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
                module.weight.uniform_(-1.0, 1.0)
                module.bias.normal_()
                cast(Tensor, module.running_mean).normal_(std=0.1)
                cast(Tensor, module.running_var).uniform_(0.5, 2.0)
        for trunk in network.trunks:
            for slid, left in zip(cast(MusicnnTrunk, trunk).filters, LEFT, strict=True):
                weight = cast(SlidFilters, slid).convolution.weight
                gone = torch.randperm(len(weight))[left:]
                weight[gone] *= 1e-9
    return network


def test_without_dead_filters_it_answers_as_before(decayed: PublishedMusicnn) -> None:
    small = pruned(decayed)
    # A multiple of eight over many bands; one of the last kind that always gives 1.
    assert [cast(MusicnnTrunk, trunk).counts for trunk in small.trunks] == [(16, 8, 1, 51, 8)] * 2
    given = torch.rand(3, 96, 187) * -60.0
    with torch.inference_mode():
        for theirs, ours in zip(decayed.answers(given), small.answers(given), strict=True):
            for wanted, made in zip(theirs, ours, strict=True):
                torch.testing.assert_close(made, wanted, atol=2e-4, rtol=1e-4)
        for wanted, made in zip(decayed(given), small(given), strict=True):
            torch.testing.assert_close(made, wanted, atol=1e-4, rtol=1e-4)


def test_constants_count_less_at_the_ends_of_a_chunk(decayed: PublishedMusicnn) -> None:
    trunk = cast(MusicnnTrunk, decayed.trunks[0])
    small = cast(MusicnnTrunk, pruned(decayed).trunks[0])
    given = torch.rand(1, 1, 96, 187)
    with torch.inference_mode():
        found, left = (
            one.dense[0](torch.cat([slid(one.standardise(given)) for slid in one.filters], dim=1))
            for one in (trunk, small)
        )
    torch.testing.assert_close(left, found, atol=1e-3, rtol=1e-3)
    assert not torch.allclose(found[:, :, 0], found[:, :, 90], atol=0.1)


def test_a_graph_says_how_many_filters_there_are(decayed: PublishedMusicnn, tmp_path: Path) -> None:
    small = pruned(decayed)
    write_onnx(small, tmp_path / "model.onnx")
    again = read_published(tmp_path / "model.onnx")
    given = torch.rand(2, 96, 187) * -60.0
    with torch.inference_mode():
        for wanted, made in zip(small(given), again(given), strict=True):
            torch.testing.assert_close(made, wanted, atol=1e-5, rtol=0)


def test_another_graph_is_refused() -> None:
    other = resource_folder("model_repository") / "contrastive" / "2" / "model.onnx"
    with pytest.raises(ModelMisconfigured, match="no trunks of MusiCNN"):
        read_published(other)
