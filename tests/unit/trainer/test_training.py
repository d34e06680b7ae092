"""Training learns, resumes to the same loss, and exports what it learnt."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import soundfile
import torch

from segue.errors import InvalidRequest
from segue.trainer import training
from segue.trainer.batches import Batches, members
from segue.trainer.configuration import TrainingConfig, from_dict
from segue.trainer.data import read_tracks
from segue.trainer.export import export_runs, parity
from segue.trainer.features import FeatureStore, TrackAnalysis, open_store
from segue.trainer.networks.base import Labels
from segue.trainer.table import InvalidConfiguration
from segue.trainer.training import (
    BEST,
    CHECKPOINT,
    METRICS,
    RUN,
    Trainer,
    load_network,
    train,
    with_labels,
)
from segue.trainer.training_set import TrainingSet

RATE = 22_050
TRACKS = 40


def tone(number: int, seconds: float) -> np.ndarray:
    """A chord of its own for every number, with a beat so that chunks differ."""
    time = np.arange(int(RATE * seconds)) / RATE
    pitch = 110 * 2 ** (number / 7)
    chord = sum(np.sin(2 * np.pi * pitch * part * time) / part for part in (1, 2, 3))
    return (0.2 * chord * (1 + 0.3 * np.sin(2 * np.pi * time))).astype(np.float32)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> FeatureStore:
    folder = tmp_path_factory.mktemp("audio")
    for number in range(TRACKS):
        soundfile.write(folder / f"tone{number:02d}.wav", tone(number, 8.0), RATE)
    (folder / "broken.wav").write_bytes(b"RIFF")
    soundfile.write(folder / "short.wav", tone(1, 0.5), RATE)
    tracks = read_tracks(folder)
    config = small_config()
    return open_store(folder / "features", tracks, TrackAnalysis(config.front_end), jobs=2)


def small_config(**optimiser: object) -> TrainingConfig:
    settings = {
        "steps": 12,
        "tracks": 8,
        "learning_rate": 0.01,
        "warm_up": 1,
        "validate_every": 6,
        **optimiser,
    }
    return from_dict(
        {
            "name": "small",
            "front_end": {"reference_power": 316.0, "chunk_frames": 65, "chunk_hop_frames": 65},
            "network": {
                "kind": "convolution",
                "channels": [4, 8],
                "dimension": 16,
                "first_stride": 2,
            },
            "views": {"places": 2, "noise_db": 0.5, "gain_db": 3.0, "mask_bands": 8},
            "losses": {"info_nce": 1.0},
            "optimiser": settings,
        }
    )


def losses(run: Path) -> dict[int, float]:
    lines = [json.loads(line) for line in (run / METRICS).read_text().splitlines()]
    return {line["step"]: line["loss"] for line in lines if "loss" in line}


def test_a_stopped_run_resumes_to_the_same_loss(store: FeatureStore, tmp_path: Path) -> None:
    whole, halved = tmp_path / "whole", tmp_path / "halved"
    train(small_config(), TrainingSet(store), whole)

    class Stopped(Exception):
        pass

    def stop(line: dict[str, float]) -> None:
        if line["step"] == 8:
            raise Stopped

    with pytest.raises(Stopped):
        train(small_config(), TrainingSet(store), halved, report=stop)
    train(small_config(), TrainingSet(store), halved, resume=True)
    assert losses(halved) == pytest.approx(losses(whole), rel=1e-3)
    assert len(losses(whole)) == 12


def test_a_resumed_run_keeps_its_beginning_and_forgets_what_it_does_again(
    store: FeatureStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(Exception):
        pass

    def kill(line: dict[str, float]) -> None:
        if line["step"] == 8:
            raise Killed

    def started(revision: str, command: str) -> None:
        monkeypatch.setattr(training, "_git_revision", lambda: revision)
        monkeypatch.setattr("sys.argv", ["/anywhere/segue", "train", command])

    started("abc", "the first")
    with pytest.raises(Killed):
        train(small_config(), TrainingSet(store), tmp_path, report=kill)
    first = json.loads((tmp_path / RUN).read_text())
    assert (first["git_revision"], first["command"]) == ("abc", "segue train 'the first'")
    with (tmp_path / METRICS).open("a") as metrics:
        metrics.write('{"step": 6, "lo')
    started("def", "again")
    train(small_config(), TrainingSet(store), tmp_path, resume=True)
    described = json.loads((tmp_path / RUN).read_text())
    (resumed,) = described.pop("resumed")
    assert described == first
    assert (resumed["step"], resumed["git_revision"]) == (6, "def")
    assert resumed["command"] == "segue train again"
    assert resumed["began"] >= first["began"]
    lines = [json.loads(line) for line in (tmp_path / METRICS).read_text().splitlines()]
    assert [line["step"] for line in lines] == [*range(1, 13)]
    train(small_config(), TrainingSet(store), tmp_path, resume=True)
    assert len(json.loads((tmp_path / RUN).read_text())["resumed"]) == 2


def test_a_run_killed_before_its_first_checkpoint_begins_anew(
    store: FeatureStore, tmp_path: Path
) -> None:
    (tmp_path / METRICS).write_text('{"step": 1, "loss": 9.0}\n{"step": 30, "loss": 9.0}\n')
    train(small_config(steps=2), TrainingSet(store), tmp_path)
    assert list(losses(tmp_path)) == [1, 2]


@pytest.mark.parametrize("decay", [0.0, 0.15, 0.9])
def test_the_average_of_weights_follows_quickly_at_first(store: FeatureStore, decay: float) -> None:
    config = small_config(average_decay=decay)
    trainer, batches = Trainer(config), Batches(config, TrainingSet(store))
    expected: dict[str, torch.Tensor] = {}
    for step in range(4):
        trainer.advance(batches.draw(step), 0.0)
        now = {
            name: value.clone()
            for name, value in trainer.network.state_dict().items()
            if value.is_floating_point()
        }
        share = min(decay, (2 + step) / (11 + step))
        before = expected or now
        expected = {name: share * before[name] + (1 - share) * now[name] for name in now}
    found = trainer.average.module.state_dict()
    assert any(name.endswith("running_mean") for name in expected)
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value)


def test_training_finds_tracks_that_chance_does_not(store: FeatureStore, tmp_path: Path) -> None:
    config = small_config(steps=60, validate_every=20)
    outcome = train(config, TrainingSet(store), tmp_path)
    curve = losses(tmp_path)
    assert np.mean([curve[step] for step in range(55, 61)]) < 0.6 * curve[1]
    assert outcome.best > 0.6


def test_early_stopping_ends_a_run_that_no_longer_improves(
    store: FeatureStore, tmp_path: Path
) -> None:
    config = small_config(steps=500, validate_every=2, patience=2, learning_rate=1e-12)
    outcome = train(config, TrainingSet(store), tmp_path)
    assert outcome.steps < 500
    lines = [json.loads(line) for line in (tmp_path / METRICS).read_text().splitlines()]
    name = "validation_track"
    curve = [line[name] for line in lines if name in line]
    assert max(curve[-2:]) <= max(curve[:-2])


def test_a_run_out_of_patience_does_not_go_on_when_resumed(
    store: FeatureStore, tmp_path: Path
) -> None:
    config = small_config(steps=500, validate_every=2, patience=1, learning_rate=1e-12)
    first = train(config, TrainingSet(store), tmp_path)
    assert first.steps < 500
    assert train(config, TrainingSet(store), tmp_path, resume=True).steps == first.steps


def test_no_checkpoint_stands_without_the_best_weights_that_it_names(
    store: FeatureStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save, saved = training._save, []

    def killed_between(path: Path, contents: dict[str, Any]) -> None:
        if saved:
            raise KeyboardInterrupt
        saved.append(path.name)
        save(path, contents)

    monkeypatch.setattr(training, "_save", killed_between)
    with pytest.raises(KeyboardInterrupt):
        train(small_config(), TrainingSet(store), tmp_path)
    assert load_network(tmp_path)
    assert not (tmp_path / CHECKPOINT).exists()


@pytest.mark.parametrize("fault", ["loss", "gradient"])
def test_a_run_that_diverges_stops_and_leaves_what_was_saved(
    store: FeatureStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    total_loss, steps, saved = training.total_loss, [], []

    def diverging(*given: Any) -> tuple[torch.Tensor, dict[str, float]]:
        loss, terms = total_loss(*given)
        steps.append(loss)
        if len(steps) == 12:
            if fault == "loss":
                return loss * float("inf"), terms
            loss.register_hook(lambda gradient: gradient * float("nan"))
        return loss, terms

    def files() -> list[bytes]:
        return [(tmp_path / name).read_bytes() for name in (BEST, CHECKPOINT)]

    monkeypatch.setattr(training, "total_loss", diverging)
    with pytest.raises(InvalidRequest, match="step 12") as caught:
        train(
            small_config(),
            TrainingSet(store),
            tmp_path,
            report=lambda line: saved.append(files()) if line["step"] == 7 else None,
        )
    assert caught.value.reason == "TRAINING_DIVERGED"
    assert files() == saved[0]
    assert max(losses(tmp_path)) == 11


def test_a_budget_ends_a_run(store: FeatureStore, tmp_path: Path) -> None:
    outcome = train(small_config(steps=100_000), TrainingSet(store), tmp_path, budget_seconds=1.0)
    assert 0 < outcome.steps < 100_000
    assert (tmp_path / BEST).exists()


def test_a_run_is_not_overwritten(store: FeatureStore, tmp_path: Path) -> None:
    train(small_config(steps=2), TrainingSet(store), tmp_path)
    with pytest.raises(InvalidRequest, match="holds a run"):
        train(small_config(steps=2), TrainingSet(store), tmp_path)
    with pytest.raises(InvalidRequest, match="another configuration"):
        train(small_config(steps=3), TrainingSet(store), tmp_path, resume=True)


def test_nothing_to_resume_says_so(store: FeatureStore, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=CHECKPOINT):
        train(small_config(), TrainingSet(store), tmp_path / "none", resume=True)


def test_a_run_that_cannot_be_read_says_so(store: FeatureStore, tmp_path: Path) -> None:
    older = small_config().to_dict() | {"batch": 8}
    for contents in ({"config": older}, {}, {"config": small_config().to_dict(), "network": {}}):
        torch.save(contents, tmp_path / BEST)
        with pytest.raises(InvalidRequest, match=BEST) as caught:
            load_network(tmp_path)
        assert caught.value.reason == "RUN_UNREADABLE"
    (tmp_path / CHECKPOINT).write_bytes(b"cut sh")
    with pytest.raises(InvalidRequest, match=CHECKPOINT) as caught:
        train(small_config(), TrainingSet(store), tmp_path, resume=True)
    assert caught.value.reason == "RUN_UNREADABLE"


def test_labels_are_those_of_the_configuration_or_of_the_training_tracks(
    store: FeatureStore,
) -> None:
    named = tuple(replace(track, genres=("folk", "jazz")) for track in store.tracks)
    data = TrainingSet(replace(store, tracks=named))
    plain = small_config()
    config = from_dict(plain.to_dict() | {"losses": plain.losses.model_dump() | {"genre": 1.0}})
    assert with_labels(plain, data) == plain
    assert with_labels(config, data).labels == Labels(genres=("folk", "jazz"))
    chosen = config.model_copy(update={"labels": Labels(genres=("jazz", "rock"))})
    assert with_labels(chosen, data) == chosen
    elsewhere = config.model_copy(update={"labels": Labels(genres=("Jazz", "rock"))})
    for wanted, given in ((elsewhere, data), (config, TrainingSet(store))):
        with pytest.raises(InvalidRequest, match="no training track") as caught:
            with_labels(wanted, given)
        assert caught.value.reason == "TRAINING_DATA_INVALID"


def test_a_score_that_nothing_can_be_measured_of_is_refused(
    store: FeatureStore, tmp_path: Path
) -> None:
    for score, words in ((["genre"], "has a genre$"), (["genre", "mood"], "a genre or a mood$")):
        with pytest.raises(InvalidConfiguration, match=words):
            train(small_config(score=score), TrainingSet(store), tmp_path / "run")
    assert not (tmp_path / "run").exists()
    trained_alone = tuple(
        replace(track, genres=("folk",) if track.split == "train" else ()) for track in store.tracks
    )
    with pytest.raises(InvalidConfiguration, match="genre"):
        train(
            small_config(score=["genre"]),
            TrainingSet(replace(store, tracks=trained_alone)),
            tmp_path / "run",
        )
    train(small_config(steps=1, score=["track", "mood"]), TrainingSet(store), tmp_path / "run")


def test_of_very_many_tracks_some_are_validated_on(
    store: FeatureStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = members(store.tracks, "validation")
    np.testing.assert_array_equal(training._validation_tracks(TrainingSet(store)), every)
    monkeypatch.setattr(training, "_MOST_VALIDATION_TRACKS", 2)
    chosen = training._validation_tracks(TrainingSet(store))
    assert chosen.tolist() == [every[0], every[-1]]
    assert len(every) > 2


def test_export_serves_what_was_learnt(store: FeatureStore, tmp_path: Path) -> None:
    config = small_config(steps=6)
    train(config, TrainingSet(store), tmp_path / "run")
    (tmp_path / "about.md").write_text("## Licence\n\nMine.\n")
    folder = export_runs(
        [tmp_path / "run"],
        tmp_path / "models",
        name="mine",
        version=2,
        about=tmp_path / "about.md",
    )
    card = (folder / "README.md").read_text()
    assert "6 steps" in card
    assert "Mine." in card
    assert (folder / "small-curves.png").is_file()
    assert "| optimiser.tracks | 8 |" in card
    _, network = load_network(tmp_path / "run")
    assert parity(network, folder / "2" / "model.onnx") <= 1e-4
    real = np.ascontiguousarray(store.chunk(0, 0, 65).T[None], dtype=np.float32)
    session = onnxruntime.InferenceSession(str(folder / "2" / "model.onnx"))
    with torch.inference_mode():
        wanted = network(torch.from_numpy(real))[0].numpy()
    np.testing.assert_allclose(session.run(None, {"log_mel": real})[0], wanted, atol=1e-4)
