"""The published MusiCNN, rebuilt: beside what the original computed, and part by part."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from segue.audio.front_end import FrontEnd
from segue.resources import resource_folder
from segue.trainer.export import write_onnx
from segue.trainer.graph_weights import read_weights
from segue.trainer.musicnn_import import PARITY, probe_patches
from segue.trainer.networks.musicnn import (
    FRONT_END,
    UNITS,
    CompressedPower,
    MusicnnTrunk,
    PublishedMusicnn,
    SlidFilters,
    TagHead,
)
from segue.trainer.networks.musicnn_pruning import read_published
from segue.trainer.tags import GENRES, MOODS

TAGS_OF_THE_ORIGINAL = Path(__file__).with_name("musicnn_tags.npy")
"""Shape (networks, patches, tags): probabilities that TensorFlow computed for the first probes."""


@pytest.fixture(scope="module")
def published() -> PublishedMusicnn:
    return read_published(resource_folder("model_repository") / "musicnn" / "1" / "model.onnx")


def decibels(patches: torch.Tensor) -> Tensor:
    """Log-mel chunks that are compressed to ``patches``, shape (n, frames, bands)."""
    power = (10.0**patches - 1.0) / 1e4
    return 10.0 * torch.log10(power / FRONT_END.reference_power).transpose(1, 2)


def test_the_tags_are_those_of_the_original(published: PublishedMusicnn) -> None:
    wanted = np.load(TAGS_OF_THE_ORIGINAL)
    patches = torch.from_numpy(probe_patches(wanted.shape[1]))
    with torch.inference_mode():
        made = [torch.sigmoid(logits) for _, _, logits in published.answers(decibels(patches))]
    assert np.abs(torch.stack(made).numpy() - wanted).max() <= PARITY
    assert (wanted > 0.1).sum() > 10, "probes to which no tag answers would show nothing"


def test_levels_reach_the_network_as_it_was_trained_on_them() -> None:
    power = torch.tensor([1e-5, 1.0, 300.0])
    level = 10.0 * torch.log10(power / 1_000.0)
    made = CompressedPower(1_000.0)(level)
    torch.testing.assert_close(made, torch.log10(1e4 * power + 1.0), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("stride", [(1, 1), (2, 2), (3, 2)])
def test_the_largest_may_be_sought_before_what_follows_the_filters(
    stride: tuple[int, int],
) -> None:
    torch.manual_seed(1)
    slid = SlidFilters(6, 5, 4, stride, all_bands=12).eval()
    normalise = slid.normalise
    with torch.no_grad():
        normalise.weight.copy_(torch.tensor([1.0, -0.5, 2.0, -2.0, 0.3, 1.0]))
        normalise.bias.normal_()
        cast(Tensor, normalise.running_mean).normal_()
        cast(Tensor, normalise.running_var).uniform_(0.5, 2.0)
    given = torch.randn(2, 1, 12, 21)
    padded = nn.functional.pad(given, (1, 2))
    wanted = normalise(torch.relu(slid.convolution(padded))).amax(dim=2)
    torch.testing.assert_close(slid(given), wanted)


@pytest.mark.parametrize(("filters", "frames"), [(3, 32), (16, 32), (5, 40), (24, 7)])
def test_frames_at_once_find_what_one_after_another_does(filters: int, frames: int) -> None:
    torch.manual_seed(2)
    slid = SlidFilters(filters, 1, frames, (1, 1), all_bands=6).eval()
    given = torch.randn(2, 1, 6, 61)
    padded = nn.functional.pad(given, slid.padding)
    wanted = slid.normalise(torch.relu(slid.convolution(padded))).amax(dim=2)
    torch.testing.assert_close(slid(given), wanted, atol=1e-5, rtol=1e-5)
    fills_up = filters * slid.at_once % 8 == 0
    assert fills_up or (frames + 2 * slid.at_once - 1) / frames > 1.25, "nor may it grow"


def test_strides_keep_the_number_of_features() -> None:
    given = torch.rand(1, 96, 187)
    trunks = [MusicnnTrunk(), MusicnnTrunk((2, 3))]
    assert [trunk.eval()(given).shape for trunk in trunks] == [(1, trunks[0].width)] * 2


def test_with_steps_layers_over_time_stand_for_the_skipped_frames() -> None:
    torch.manual_seed(1)
    published, stepped = MusicnnTrunk().eval(), MusicnnTrunk((1, 2)).eval()
    stepped.take(published)
    for theirs, ours in zip(published.dense, stepped.dense, strict=True):
        kernel = cast(nn.Conv1d, ours).weight
        assert kernel.shape[2] == 5
        torch.testing.assert_close(kernel.sum(dim=2), cast(nn.Conv1d, theirs).weight.sum(dim=2))
    # What does not change over time, they answer as the published ones do.
    steady = torch.rand(1, 561, 1)
    theirs, ours = (
        cast(nn.Conv1d, trunk.dense[0])(steady.expand(-1, -1, 20))[:, :, 8:12]
        for trunk in (published, stepped)
    )
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-4)


def test_training_leaves_published_statistics_alone() -> None:
    trunk, head = MusicnnTrunk((4, 4)).train(), TagHead(1_506, 3).train()
    before = {name: value.clone() for name, value in trunk.state_dict().items()}
    head(trunk(torch.rand(4, 96, 187)))
    for name, value in trunk.state_dict().items():
        torch.testing.assert_close(value, before[name], atol=0, rtol=0)


def test_vectors_are_centred_on_the_music_that_the_network_learnt_from(
    published: PublishedMusicnn,
) -> None:
    head = cast(TagHead, published.heads[0])
    with torch.inference_mode():
        (_, standard, _), _ = published.answers(torch.full((1, 96, 187), -30.0))
        embedding = published(torch.full((1, 96, 187), -30.0))[0]
    wanted = nn.functional.normalize(standard - head.mean_units)
    torch.testing.assert_close(embedding, wanted)
    assert embedding.shape == (1, UNITS)


def test_what_is_heard_on_average_speaks_for_no_label(published: PublishedMusicnn) -> None:
    heads = [cast(TagHead, head) for head in published.heads]
    usual = torch.cat([head.mean_logits for head in heads]).unsqueeze(0)
    for labels, names in ((published.genres, GENRES), (published.moods, MOODS)):
        scores = labels.scores(usual)
        torch.testing.assert_close(scores, torch.zeros(1, len(names)), atol=1e-4, rtol=0)


def test_both_forms_of_the_vector_survive_their_export(tmp_path: Path) -> None:
    network = PublishedMusicnn(rectified=False).eval()
    write_onnx(network, tmp_path / "model.onnx")
    again = PublishedMusicnn(rectified=False).eval()
    read_weights(again, tmp_path / "model.onnx")
    given = torch.rand(1, 96, 187) * -60.0
    with torch.inference_mode():
        for theirs, ours in zip(again(given), network(given), strict=True):
            torch.testing.assert_close(theirs, ours, atol=1e-5, rtol=0)


def test_the_front_end_is_what_the_network_was_trained_on() -> None:
    assert isinstance(FRONT_END, FrontEnd)
    assert (FRONT_END.rate_hz, FRONT_END.fft_size, FRONT_END.hop) == (16_000, 512, 256)
    assert (FRONT_END.bands, FRONT_END.chunk_frames) == (96, 187)
