"""A student begins with what its teacher knows: without strides it answers as its teacher does."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import torch
from torch import Tensor

from segue.errors import InvalidRequest, ModelMisconfigured
from segue.trainer.answer_store import AnswerRecipe, AnswerStore, open_answer_store
from segue.trainer.batches import gather
from segue.trainer.configuration import TrainingConfig, from_dict
from segue.trainer.data import TrainingTrack
from segue.trainer.data.track import NO_MUSIC
from segue.trainer.distillation import begin, projection, ridge
from segue.trainer.features import TrackAnalysis, open_store
from segue.trainer.networks.answers import tags_and_units
from segue.trainer.networks.musicnn import UNITS, MusicnnTrunk, TagHead
from segue.trainer.networks.musicnn_student import MusicnnNetwork
from segue.trainer.teacher import find_teacher
from segue.trainer.training import RUN, build_network, train
from segue.trainer.training_set import TrainingSet
from small_networks import configuration
from tones import write_tone

TRAINING = 4
"""Tracks to train on; two more are validated on."""


def config(*strides: int) -> TrainingConfig:
    """A student with a trunk for each step."""
    filters = [cast(MusicnnTrunk, one).counts for one in find_teacher("musicnn").network().trunks]
    trunks = [
        {"stride": [stride] * 2, "filters": counts}
        for stride, counts in zip(strides, filters, strict=False)
    ]
    tree = configuration("musicnn").to_dict()
    tree["optimiser"] |= {"steps": 1, "tracks": 2}
    tree["network"] |= {"trunks": trunks}
    return from_dict(tree)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> TrainingSet:
    folder = tmp_path_factory.mktemp("tones")
    tracks = [
        TrainingTrack(str(n), write_tone(folder / f"{n}.wav", 4 * n, 4.0), published=split)
        for n, split in enumerate(("train",) * TRAINING + ("validation",) * 2)
    ]
    front = config(1).front_end
    features = open_store(folder / "features", tracks, TrackAnalysis(front))
    recipe = AnswerRecipe(front, find_teacher("musicnn"), 50)
    return TrainingSet(features, answers=open_answer_store(folder / "features", tracks, recipe))


def begun(config: TrainingConfig, data: TrainingSet) -> MusicnnNetwork:
    torch.manual_seed(1)
    network = cast(MusicnnNetwork, build_network(config))
    begin(network, data, cast(AnswerStore, data.answers), seed=1)
    return network.eval()


def left_over(units: Tensor, wanted_units: Tensor) -> float:
    """Share of the variance of the second network's units that a student misses."""
    made, wanted = units[:, UNITS:], wanted_units[:, UNITS:]
    missed = (made - wanted).square().mean() / (wanted - wanted.mean(dim=0)).square().mean()
    return float(missed)


def test_without_strides_a_student_answers_as_its_teacher(data: TrainingSet) -> None:
    network, answers = begun(config(1), data), cast(AnswerStore, data.answers)
    chunks = answers.chunks(np.arange(TRAINING))
    mel = gather(data.features, chunks[:, 0], answers.first_frames(chunks), 187)
    with torch.inference_mode():
        made = network.outputs(torch.from_numpy(mel)).answers
    assert made is not None
    tags, units = tags_and_units(made)
    wanted_tags, wanted_units = tags_and_units(torch.from_numpy(answers.answers(chunks)))
    torch.testing.assert_close(tags[:, :50], wanted_tags[:, :50], atol=0.02, rtol=5e-3)
    torch.testing.assert_close(units[:, :UNITS], wanted_units[:, :UNITS], atol=0.02, rtol=5e-3)
    # The second network's units are fitted to few chunks, which a penalty lets it come near to.
    assert left_over(units, wanted_units) < 0.2
    published = cast(AnswerStore, data.answers).teacher.network()
    theirs = [cast(TagHead, head) for head in published.heads]
    torch.testing.assert_close(network.mean_units, torch.cat([head.mean_units for head in theirs]))
    usual = torch.cat([head.mean_logits for head in theirs])
    assert network.genres is not None
    torch.testing.assert_close(
        network.genres.scores(usual.unsqueeze(0)), torch.zeros(1, 3), atol=1e-4, rtol=0
    )


def test_with_both_trunks_all_of_its_answers_are_its_teachers(data: TrainingSet) -> None:
    network, answers = begun(config(1, 1), data), cast(AnswerStore, data.answers)
    chunks = answers.chunks(np.arange(TRAINING))
    mel = gather(data.features, chunks[:, 0], answers.first_frames(chunks), 187)
    with torch.inference_mode():
        made = network.outputs(torch.from_numpy(mel)).answers
    wanted = torch.from_numpy(answers.answers(chunks)).float()
    torch.testing.assert_close(made, wanted, atol=0.02, rtol=5e-3)


def test_a_second_trunk_in_steps_adds_to_what_the_first_one_tells(data: TrainingSet) -> None:
    answers = cast(AnswerStore, data.answers)
    chunks = answers.chunks(np.arange(TRAINING))
    mel = gather(data.features, chunks[:, 0], answers.first_frames(chunks), 187)
    _, wanted = tags_and_units(torch.from_numpy(answers.answers(chunks)))
    missed = []
    for strides in ((1,), (1, 3)):
        with torch.inference_mode():
            made = begun(config(*strides), data).outputs(torch.from_numpy(mel)).answers
        assert made is not None
        _, units = tags_and_units(made)
        torch.testing.assert_close(
            units[:, :UNITS], wanted[:, :UNITS].float(), atol=0.02, rtol=5e-3
        )
        missed.append(left_over(units, wanted))
    assert missed[1] < missed[0]


def test_a_student_of_another_size_is_refused(data: TrainingSet) -> None:
    other = config(1).to_dict()
    other["network"]["trunks"] = [{"stride": [1, 1], "filters": [8, 8, 8, 8, 8]}]
    with pytest.raises(ModelMisconfigured, match="other filters than the teacher's") as caught:
        begun(from_dict(other), data)
    assert "24" in caught.value.next_step


def test_the_same_seed_begins_the_same(data: TrainingSet) -> None:
    first, second = (begun(config(16), data).state_dict() for _ in range(2))
    for name, value in first.items():
        torch.testing.assert_close(second[name], value)


def test_a_student_learns_what_is_no_music_from_tracks_that_say_so(data: TrainingSet) -> None:
    answers = cast(AnswerStore, data.answers)
    tracks = [
        replace(track, genres=(NO_MUSIC,) if number < 2 else ())
        for number, track in enumerate(data.features.tracks)
    ]
    told = replace(data, features=replace(data.features, tracks=tuple(tracks)))
    chunks = answers.chunks(np.arange(TRAINING))
    _, units = tags_and_units(torch.from_numpy(answers.answers(chunks)))
    plain, network = begun(config(16), data), begun(config(16), told)
    assert not plain.music_weights.any()
    odds = units @ network.music_weights + network.music_bias
    sounds = torch.from_numpy(chunks[:, 0] < 2)
    assert float(odds[sounds].max()) < float(odds[~sounds].min())
    # Where the embedding lies is settled by music alone.
    assert not torch.allclose(network.projection, plain.projection)


def test_ridge_finds_a_line_that_is_there() -> None:
    generator = torch.Generator().manual_seed(1)
    features = torch.randn(4_000, 6, generator=generator) + 2.0
    weights, bias = torch.randn(3, 6, generator=generator), torch.tensor([1.0, -2.0, 0.5])
    found, found_bias = ridge(features, features @ weights.T + bias)
    # Its penalty draws weights towards nothing by about a twentieth.
    torch.testing.assert_close(found, weights / 1.05, atol=0.05, rtol=0)
    made = features @ found.T + found_bias
    torch.testing.assert_close(made.mean(dim=0), (features @ weights.T + bias).mean(dim=0))


@pytest.mark.parametrize("whitening", [0.0, 0.5, 1.0])
def test_the_projection_keeps_the_widest_directions_and_evens_them_out(whitening: float) -> None:
    generator = torch.Generator().manual_seed(2)
    hidden = torch.randn(5_000, 3, generator=generator) * torch.tensor([4.0, 2.0, 1.0])
    turned, _ = torch.linalg.qr(torch.randn(8, 3, generator=generator))
    wide = hidden @ turned.T + 1e-3 * torch.randn(5_000, 8, generator=generator)
    # The same space much louder counts no more.
    found = projection([wide, 50.0 * wide], 3, whitening)
    assert found.shape == (16, 3)
    made = torch.cat([wide, 50.0 * wide], dim=1) @ found
    covariance = torch.cov(made.T)
    spread = covariance.diagonal().sqrt()
    torch.testing.assert_close(covariance, covariance.diagonal().diag(), atol=1e-2, rtol=0)
    wanted = torch.tensor([4.0, 2.0, 1.0]) ** (1 - whitening)
    torch.testing.assert_close(spread / spread[-1], wanted, rtol=0.05, atol=0)
    halves = torch.cat([wide, torch.zeros_like(wide)], dim=1) @ found
    torch.testing.assert_close(2 * halves, made, rtol=1e-3, atol=1e-3)


def test_a_projection_of_what_hardly_varies_is_not_blown_up() -> None:
    still = torch.randn(100, 4, generator=torch.Generator().manual_seed(3))
    still[:, 2:] = 0.0
    found = projection([still], 4, 1.0)
    assert found.isfinite().all()
    assert float(found.norm(dim=0).max() / found.norm(dim=0).min()) < 200


def test_a_run_goes_on_with_the_teacher_that_it_began_with(
    data: TrainingSet, tmp_path: Path
) -> None:
    train(config(16), data, tmp_path)
    answers = cast(AnswerStore, data.answers)
    other = replace(answers, teacher=replace(answers.teacher, sha256="0" * 64))
    with pytest.raises(InvalidRequest, match="another teacher") as caught:
        train(config(16), replace(data, answers=other), tmp_path, resume=True)
    assert caught.value.reason == "RUN_EXISTS"
    began = json.loads((tmp_path / RUN).read_text())
    assert began["teacher"] == {"model": "musicnn", "sha256": answers.teacher.sha256}
    assert "resumed" not in began
