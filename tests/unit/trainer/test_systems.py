"""Every shipped system in small: from audio files through training and resuming to the export."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from segue.trainer.card import read_metrics
from segue.trainer.configuration import (
    TrainingConfig,
    find_configuration,
    from_dict,
    read_configuration,
)
from segue.trainer.data import read_tracks
from segue.trainer.export import export_runs, parity
from segue.trainer.training import BEST, CARD, METRICS, load_network, train
from segue.trainer.training_set import TrainingSet, open_training_set
from tones import write_tone

SYSTEMS = (
    "contrastive",
    "triplet",
    "genre",
    "autoencoder",
    "segue-tracks",
    "segue-labels",
    "segue-sound",
    "segue-style",
)
SMALL = {
    "convolution": {"channels": [4, 6], "dimension": 8},
    "projected": {"backbone": "inverted-small", "dimension": 8},
    "autoencoder": {"channels": [4, 4, 6], "dimension": 8},
    "statistics": {"channels": [4, 6, 8, 8], "hidden": 12, "dimension": 8},
    "musicnn": {"trunks": [{"stride": [16, 16], "filters": [24, 16, 3, 7, 18]}], "dimension": 8},
}
FRAMES = {"segue-style": 187, "segue-sound": 64}
"""Of a chunk; what the network of a system hears is not for it to choose."""
TERMS = {
    "contrastive": {"info_nce"},
    "triplet": {"view_triplets", "track_triplets", "genre_triplets", "mood_triplets"},
    "genre": {"genre", "mood"},
    "autoencoder": {"reconstruction"},
    "segue-tracks": {"info_nce", "genre", "mood"},
    "segue-labels": {"info_nce", "genre", "mood"},
    "segue-sound": {"info_nce", "genre", "mood"},
    "segue-style": {"teacher_tags", "teacher_units"},
}
LABELLING = ("genre", "segue-tracks", "segue-labels", "segue-sound", "segue-style")
HEADS = dict.fromkeys(LABELLING, ("genres", "moods"))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten tracks to train on and four to validate on, of two genres, moods and tracks an artist."""
    folder = tmp_path_factory.mktemp("corpus")
    with (folder / "manifest.jsonl").open("w") as manifest:
        for number in range(14):
            write_tone(folder / f"{number:02d}.wav", number, 4.0)
            line = {
                "track_id": f"t{number:02d}",
                "path": f"{number:02d}.wav",
                "artist": f"a{number // 2}",
                "genres": ["folk", "jazz"][number % 2 :][:1],
                "moods": ["calm", "dark"][number // 2 % 2 :][:1],
                "split": "train" if number < 10 else "validation",
            }
            manifest.write(json.dumps(line) + "\n")
    return folder


@pytest.fixture(scope="module", params=SYSTEMS)
def config(request: pytest.FixtureRequest) -> TrainingConfig:
    """A shipped configuration with short chunks, few filters and few steps."""
    tree = read_configuration(find_configuration(request.param)).to_dict()
    frames = FRAMES.get(request.param, 32)
    tree["front_end"] |= {"chunk_frames": frames, "chunk_hop_frames": frames}
    tree["teacher"] |= {"hop_frames": 60}
    tree["network"] |= SMALL[tree["network"]["kind"]]
    tree["clips"] |= {"per_track": 2}
    tree["views"] |= {"mask_frames": min(8, tree["views"]["mask_frames"])}
    tree["optimiser"] |= {"steps": 5, "tracks": 4, "warm_up": 1, "validate_every": 2}
    return from_dict(tree)


@pytest.fixture(scope="module")
def data(config: TrainingConfig, corpus: Path, tmp_path_factory: pytest.TempPathFactory):
    tracks = read_tracks(corpus, published_split=True)
    return open_training_set(config, tracks, tmp_path_factory.mktemp("features"))


class Stopped(Exception):
    pass


def stop(line: dict[str, float]) -> None:
    if line["step"] == 3:
        raise Stopped


def learnt(run: Path) -> list[dict[str, float]]:
    lines = read_metrics(run / METRICS)
    return [{name: line[name] for name in line if name != "seconds"} for line in lines]


def test_a_system_trains_resumes_and_is_served_as_it_was_trained(
    config: TrainingConfig, data: TrainingSet, tmp_path: Path
) -> None:
    whole, halved = tmp_path / "whole", tmp_path / "halved"
    train(config, data, whole)
    with pytest.raises(Stopped):
        train(config, data, halved, report=stop)
    train(config, data, halved, resume=True)
    lines = learnt(halved)
    for line, undisturbed in zip(lines, learnt(whole), strict=True):
        assert line == pytest.approx(undisturbed, rel=1e-3, abs=1e-4)
    assert len(lines) == 5
    assert set(lines[0]) == {"step", "loss"} | TERMS[config.name]
    assert {f"validation_{task}" for task in config.optimiser.score} <= set(lines[1])
    weights = [torch.load(run / BEST, weights_only=True)["network"] for run in (whole, halved)]
    torch.testing.assert_close(weights[1], weights[0], rtol=1e-3, atol=1e-4)

    folder = export_runs([halved], tmp_path / "models")
    _, network = load_network(halved)
    store = data.features
    real = store.chunk(0, 0, config.front_end.chunk_frames).T[None].astype("float32")
    assert parity(network, folder / "1" / "model.onnx", real) <= 1e-4
    served = (folder / "config.pbtxt").read_text()
    for kind in ("genres", "moods"):
        names = getattr(config.labels, kind) if kind in HEADS.get(config.name, ()) else ()
        assert json.dumps(json.dumps(names)) in served
    card = (folder / CARD).read_text()
    assert ("effects." in card) is (config.name == "triplet")
    assert ("| teacher.hop_frames | 60 |" in card) is (config.name == "segue-style")
