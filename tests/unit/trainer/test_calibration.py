"""Probabilities of labels are brought to a teacher's; the embedding stays as it is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from click.testing import CliRunner, Result
from scipy.special import expit

from segue.cli import main
from segue.errors import InvalidRequest
from segue.trainer.calibration import CALIBRATION, line, read_calibration
from segue.trainer.configuration import from_dict
from segue.trainer.data import read_tracks
from segue.trainer.export import export_runs
from segue.trainer.training import BEST, load_network, load_uncalibrated, train
from segue.trainer.training_set import open_training_set
from small_networks import chunks, configuration
from tones import write_tone

SPLITS = ("train", "train", "validation", "validation", "validation")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tones of five artists, two to train on."""
    folder = tmp_path_factory.mktemp("corpus")
    lines = []
    for number, split in enumerate(SPLITS):
        path = write_tone(folder / f"{number}.wav", 4 * number, 4.0 + 2.0 * number)
        entry = {"track_id": str(number), "path": path.name, "artist": f"a{number}", "split": split}
        lines.append(json.dumps(entry) + "\n")
    (folder / "manifest.jsonl").write_text("".join(lines))
    return folder


@pytest.fixture(scope="module")
def trained(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A student that learnt for two steps."""
    tree = configuration("musicnn").to_dict()
    tree["optimiser"] |= {"steps": 2, "tracks": 2}
    tree["teacher"]["hop_frames"] = 60
    config = from_dict(tree)
    folder = tmp_path_factory.mktemp("run")
    tracks = read_tracks(corpus, published_split=True)
    data = open_training_set(config, tracks, folder / "features")
    train(config, data, folder / "run")
    return folder / "run"


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "run"))


def calibrate(run: Path, corpus: Path, *options: str) -> Result:
    options = options or ("--published-split",)
    return CliRunner().invoke(main, ["calibrate", str(run), "--data", str(corpus), *options])


def outputs(graph: Path) -> list[np.ndarray]:
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    heard = chunks(configuration("musicnn").front_end).numpy()
    found: list[np.ndarray] = session.run(None, {"log_mel": heard})
    return found


def test_an_export_has_calibrated_labels_and_the_same_embedding(run: Path, corpus: Path) -> None:
    before = outputs(export_runs([run], run / "before") / "1" / "model.onnx")
    result = calibrate(run, corpus)
    assert result.exit_code == 0, result.output
    assert "mean error" in result.output
    found = read_calibration(run / CALIBRATION)
    assert (found.tracks, found.groups) == (3, 3)
    assert [one.label for one in found.labels] == ["folk", "jazz", "rock", "calm", "happy"]
    model = export_runs([run], run / "after")
    after = outputs(model / "1" / "model.onnx")
    np.testing.assert_array_equal(after[0], before[0])
    # Tones are music to a student that was told of nothing else, so labels stand alone.
    for made, was, lines in zip(after[1:], before[1:], (found.genres, found.moods), strict=True):
        gain, shift = np.array([(one.gain, one.shift) for one in lines]).T
        wanted = expit(gain * np.log(was / (1 - was)) + shift)
        np.testing.assert_allclose(made, wanted, atol=5e-4)
        assert np.abs(made - was).max() > 5e-3
    assert f"| jazz | {found.genres[1].gain:.2f} |" in (model / "README.md").read_text()


def test_a_calibration_of_other_weights_is_refused(run: Path, corpus: Path) -> None:
    calibrate(run, corpus)
    path = run / CALIBRATION
    told = json.loads(path.read_text())
    assert load_uncalibrated(run)[2] == told["step"]
    path.write_text(json.dumps({**told, "step": told["step"] + 1}))
    with pytest.raises(InvalidRequest, match=f"other weights than .*{BEST}") as caught:
        load_network(run)
    assert "segue calibrate" in caught.value.next_step
    path.write_text(json.dumps({**told, "genres": told["genres"][1:]}))
    with pytest.raises(InvalidRequest, match="other labels"):
        load_network(run)
    for damaged in ("{", "[]", json.dumps({"step": 1}), json.dumps({**told, "moods": [3]})):
        path.write_text(damaged)
        with pytest.raises(InvalidRequest, match="cannot be read"):
            load_network(run)


def test_what_cannot_be_calibrated_is_refused(run: Path, corpus: Path, tmp_path: Path) -> None:
    first = (corpus / "manifest.jsonl").read_text().splitlines(keepends=True)
    few = corpus / "few.jsonl"
    few.write_text("".join(first[:3]))
    result = calibrate(run, few)
    assert result.exit_code == 1
    assert "CALIBRATION_DATA_EMPTY" in result.output
    tree = configuration("convolution").to_dict()
    tree["optimiser"] |= {"steps": 1, "tracks": 2}
    config = from_dict(tree)
    tracks = read_tracks(corpus, published_split=True)
    train(config, open_training_set(config, tracks, tmp_path / "f"), tmp_path / "other")
    result = calibrate(tmp_path / "other", corpus)
    assert result.exit_code == 1
    assert "NOTHING_TO_CALIBRATE" in result.output
    assert not (tmp_path / "other" / CALIBRATION).exists()


def test_a_line_finds_what_logits_were_changed_by() -> None:
    random = np.random.default_rng(1)
    logits = random.normal(0, 3, 5_000)
    gain, shift = line(logits, expit(0.6 * logits - 1.0), np.ones(5_000))
    # Its penalty draws it a little towards the line that changes nothing.
    assert gain == pytest.approx(0.6, abs=0.1)
    assert -1.0 < shift < -0.75
    same = line(logits, expit(logits), np.ones(5_000))
    assert same == pytest.approx((1.0, 0.0), abs=1e-3)
    # What weighs nothing says nothing.
    halves = np.repeat([1.0, 1e-9], 2_500)
    wanted = np.where(halves > 0.5, expit(logits), 0.0)
    assert line(logits, wanted, halves) == pytest.approx((1.0, 0.0), abs=1e-2)
