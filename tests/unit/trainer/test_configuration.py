"""Configurations: the shipped ones are whole, wrong ones are refused with what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from segue.trainer.configuration import (
    find_configuration,
    from_dict,
    read_configuration,
    shipped_configurations,
)
from segue.trainer.table import InvalidConfiguration
from segue.trainer.training import build_network
from small_networks import KINDS


def tree(**parts: object) -> dict[str, object]:
    return {"name": "x", "losses": {"info_nce": 1.0}, "views": {"places": 2}, **parts}


def student(**parts: object) -> dict[str, object]:
    """The small student with some of its values changed."""
    whole = dict(KINDS["musicnn"])
    for name, values in parts.items():
        kept = whole.get(name, {}) if name in ("front_end",) else {}
        whole[name] = {**kept, **values}
    return whole


@pytest.mark.parametrize("name", shipped_configurations())
def test_shipped_configurations_build_and_survive_being_written(name: str) -> None:
    config = read_configuration(find_configuration(name))
    assert config.name == Path(name).name
    assert config.summary
    assert from_dict(config.to_dict()) == config
    assert build_network(config).dimension >= 16


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"sede": 1}, "unknown: sede"),
        ({"network": {"kind": "transformer"}}, "network.kind: Input tag 'transformer'"),
        ({"network": {}}, "network.kind: Field required"),
        ({"network": {"kind": "convolution", "hidden": 3}}, "unknown: network.hidden"),
        ({"network": 3}, "network = 3"),
        ({"views": 3}, "views = 3"),
        ({"name": None}, "name = None"),
        ({"sede": 1, "front_end": {"pop": 1}}, "unknown: front_end.pop, sede"),
        (
            {"network": {"kind": "convolution", "channels": [1, "x"]}},
            "channels[1] = 'x'",
        ),
        ({"network": {"kind": "projected", "backbone": "vgg"}}, "network.backbone"),
        ({"network": {"kind": "statistics", "channels": [4]}}, "network.channels"),
        ({"network": {"kind": "autoencoder"}}, "losses.reconstruction"),
        ({"network": {"kind": "convolution", "space": "genres"}}, "network.space"),
        ({"losses": {}}, "none has a weight"),
        ({"losses": {"info_nce": 1.0, "margin": 3}}, "losses.margin"),
        ({"losses": {"view_triplets": 1.0}}, "wants copies"),
        ({"views": {"places": 3}}, "two views of a track"),
        ({"views": {"source": "tapes"}}, "views.source = 'tapes'"),
        ({"optimiser": {"score": ["tempo"]}}, "optimiser.score"),
        ({"optimiser": {"artist_mates": 9}}, "optimiser.artist_mates"),
        ({"optimiser": {"mixed_precision": 1}}, "optimiser.mixed_precision = 1"),
        ({"optimiser": {"steps": True}}, "optimiser.steps = True"),
        ({"optimiser": {"steps": 2.0}}, "optimiser.steps = 2.0"),
        ({"optimiser": {"learning_rate": "1"}}, "optimiser.learning_rate = '1'"),
        ({"front_end": {"hop": 0}}, "front_end: front end out of range: hop=0"),
        ({"front_end": {"hop": "512"}}, "front_end.hop = '512'"),
        ({"effects": {"noise_probability": 1.1}}, "effects.noise_probability = 1.1"),
        ({"seed": -1}, "seed"),
        ({"labels": {"genres": "rock"}}, "labels.genres = 'rock'"),
        ({"losses": {"info_nce": -1.0}}, "losses.info_nce"),
        ({"losses": {"info_nce": 1.0, "label_smoothing": 1.0}}, "losses.label_smoothing"),
        ({"views": {"copies": 2, "noise_db": float("nan")}}, "views.noise_db"),
        ({"views": {"copies": 2, "shift_bands": -1}}, "views.shift_bands"),
        ({"views": {"copies": 2, "mask_bands": 129}}, "views.mask_bands"),
        ({"views": {"copies": 2, "mask_frames": 130}}, "views.mask_frames"),
        ({"views": {"copies": 2, "mix_share": 1.1}}, "views.mix_share"),
        ({"views": {"places": 2, "source": "effects"}, "clips": {"per_track": 1}}, "per_track"),
        ({"optimiser": {"learning_rate": 0.0}}, "optimiser.learning_rate"),
        ({"optimiser": {"weight_decay": -0.1}}, "optimiser.weight_decay"),
        ({"network": {"kind": "convolution", "channels": []}}, "network.channels"),
        ({"network": {"kind": "convolution", "dimension": 0}}, "network.dimension"),
        ({"network": {"kind": "convolution", "dropout": 1.0}}, "network.dropout"),
        ({"network": {"kind": "convolution", "first_kernel": 4}}, "network.first_kernel"),
        (
            {"network": {"kind": "autoencoder"}, "losses": {"reconstruction": 1.0, "mood": 1.0}},
            "an autoencoder has no heads",
        ),
        ({"network": {"kind": "musicnn"}}, "each wants the others"),
        ({"views": {"source": "answers"}}, "each wants the others"),
        ({"losses": {"teacher_tags": 1.0}}, "each wants the others"),
        ({"optimiser": {"score": ["teacher"]}}, "teacher wants views.source"),
        ({"optimiser": {"score": ["labels"]}}, "labels want losses.genre"),
        ({"teacher": {"labels": True}}, "teacher.labels: wants a loss of genres or moods"),
        (student(teacher={"labels": True}), "teacher.labels"),
        (student(views={"source": "answers", "gain_db": 1.0}), "stay as they are"),
        (student(views={"source": "answers", "places": 2}), "stay as they are"),
        (student(optimiser={"artist_mates": 2}), "drawn one by one"),
        (student(losses={"teacher_units": 1.0, "genre": 1.0}), "tags make the labels"),
        (student(front_end={"hop": 128}), "front_end: a musicnn network wants hop = 256"),
        (
            student(front_end={"chunk_frames": 186, "chunk_hop_frames": 186}),
            "wants chunk_frames = 187",
        ),
        (student(labels={"genres": ["folk", "polka"]}), "no tags speak for polka, but for ambient"),
        (student(labels={"moods": ["dark"]}), "labels.moods: no tags speak for dark"),
        (student(labels={}), "labels: none"),
        (
            student(network={"kind": "musicnn", "trunks": [{"stride": [2]}]}),
            "network.trunks[0].stride",
        ),
        (
            student(network={"kind": "musicnn", "trunks": [{"filters": [0, 1, 1, 1, 1]}]}),
            "network.trunks[0].filters[0]",
        ),
        (student(network={"kind": "musicnn", "trunks": []}), "network.trunks"),
        (student(network={"kind": "musicnn", "dimension": 401}), "network.dimension = 401"),
    ],
)
def test_wrong_configurations_are_refused(parts: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        from_dict(tree(**parts))
    assert words in str(caught.value)
    assert caught.value.reason == "TRAINING_CONFIGURATION_INVALID"
    assert caught.value.next_step


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        from_dict({"seed": "x", "optimiser": {"stepz": 1, "tracks": 1}})
    assert str(caught.value) == (
        "unknown: optimiser.stepz; name: Field required; seed = 'x': Input should be a valid "
        "integer; optimiser.tracks = 1: Input should be greater than or equal to 2"
    )


def test_a_configuration_cannot_be_changed() -> None:
    config = from_dict(tree())
    with pytest.raises(ValidationError, match="frozen"):
        config.optimiser.steps = 3


def test_whole_numbers_stand_for_real_ones_and_lists_for_tuples() -> None:
    config = from_dict(tree(labels={"genres": ["folk"]}, optimiser={"weight_decay": 0}))
    assert config.labels.genres == ("folk",)
    assert isinstance(config.optimiser.weight_decay, float)
    assert from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_a_file_that_cannot_be_read_says_which(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text("name = ", encoding="utf-8")
    with pytest.raises(InvalidConfiguration, match=r"x\.toml"):
        read_configuration(path)


def test_a_file_changes_what_it_extends(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(
        'name = "base"\nlosses = {info_nce = 1.0, temperature = 0.2}\nviews = {copies = 2}\n'
    )
    (tmp_path / "child.toml").write_text(
        'extends = "base.toml"\nname = "child"\n[losses]\ninfo_nce = 0.5\n'
    )
    config = read_configuration(tmp_path / "child.toml")
    assert (config.name, config.views.copies) == ("child", 2)
    assert (config.losses.info_nce, config.losses.temperature) == (0.5, 0.2)


@pytest.mark.parametrize(
    ("text", "words"),
    [('extends = "x.toml"', "extends itself"), ("extends = 3", "names no file")],
)
def test_a_file_that_extends_nothing_good_is_refused(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(text)
    with pytest.raises(InvalidConfiguration, match=words):
        read_configuration(path)
