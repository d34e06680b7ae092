"""A run's card and curves say what happened."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segue.resources import resource_folder
from segue.trainer.card import draw_curves, model_card, read_metrics
from segue.trainer.configuration import find_configuration, from_dict

LINES = [
    {"step": 1, "seconds": 1.0, "loss": 2.0, "info_nce": 2.0},
    {"step": 2, "seconds": 60.0, "loss": 1.0, "info_nce": 1.0, "validation_track": 0.25},
    {"step": 3, "seconds": 120.0, "loss": 0.6, "info_nce": 0.6, "validation_track": 0.5},
]


@pytest.fixture
def run() -> dict[str, object]:
    config = from_dict(
        {"name": "mine", "summary": "My own.", "losses": {"info_nce": 1.0}, "views": {"copies": 2}}
    )
    return {
        "config": config.to_dict(),
        "segue": "0.1.0",
        "torch": "2",
        "device": "cpu",
        "threads": 2,
        "git_revision": "abc",
        "tracks": {"train": 80, "validation": 10, "left_out": 1},
    }


def test_metrics_of_a_step_that_was_done_again_are_the_later(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    again = {"step": 2, "seconds": 61.0, "loss": 1.5}
    path.write_text("".join(json.dumps(line) + "\n" for line in [*LINES[:2], again, LINES[2]]))
    lines = read_metrics(path)
    assert [line["step"] for line in lines] == [1, 2, 3]
    # Numbers of the file itself.
    assert lines[1]["loss"] == 1.5
    assert lines[1]["validation_track"] == 0.25


def test_curves_are_a_picture(tmp_path: Path) -> None:
    draw_curves(LINES, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_a_card_tells_data_training_and_recipe(run: dict[str, object]) -> None:
    card = model_card([(run, LINES)], name="mine", about="## Licence\n\nFree.\n")
    for words in (
        "# mine\n\nMy own.",
        "It embeds 3.00 s of music",
        "## Licence\n\nFree.",
        "80 tracks for training and 10 for validation",
        "3 steps in 2.0 minutes on cpu (2\nthreads)",
        "| 2 | 0.250 |\n| 3 | 0.500 |",
        "revision abc",
        "| losses.info_nce | 1.0 |",
    ):
        assert words in card


def test_a_card_names_the_teacher_of_a_student(run: dict[str, object]) -> None:
    assert "Its teacher" not in model_card([(run, LINES)], name="mine")
    card = model_card(
        [({**run, "teacher": {"model": "musicnn", "sha256": "c2fe"}}, LINES)], name="m"
    )
    assert "Its teacher is musicnn" in card
    assert "`c2fe`" in card


def test_a_card_takes_its_own_row_and_the_baselines_from_an_evaluation(
    run: dict[str, object],
) -> None:
    def estimate(value: float) -> dict[str, float]:
        return {"value": value, "low": value - 0.1, "high": value + 0.1}

    def row(name: str, value: float) -> dict[str, object]:
        return {
            "name": name,
            "pairwise": {"track": estimate(value)},
            "songs": {"track": {"recall_at_1": estimate(value)}},
            "genre_accuracy": [
                {"labels": ["folk", "jazz"], "method": "neighbours", "accuracy": estimate(value)}
            ],
        }

    one = {"name": "here", "tracks": 9, "clips": 36, "clip_seconds": 10.0}
    judged = {**one, "encoders": [row("mfcc", 0.3), row("other", 0.4), row("mine", 0.6)]}
    elsewhere = {**one, "name": "there", "encoders": [row("mfcc", 0.3)]}
    card = model_card([(run, LINES)], name="mine", evaluation={"sets": [judged, elsewhere]})
    assert "here: 9 tracks, 36 clips of 10 s." in card
    assert "| mfcc | 0.300 (0.200–0.400) | 0.300 (0.200–0.400) |" in card
    assert "| mine | 0.600 (0.500–0.700) | 0.600 (0.500–0.700) |" in card
    assert "among folk, jazz (neighbours): 0.600" in card
    assert "| other |" not in card
    assert "there" not in card


def test_a_card_takes_what_was_measured_on_labelled_music(run: dict[str, object]) -> None:
    def estimate(value: float | None) -> dict[str, float | None]:
        apart = (None, None) if value is None else (value - 0.1, value + 0.1)
        return {"value": value, "low": apart[0], "high": apart[1]}

    def row(name: str, value: float) -> dict[str, object]:
        labels = [
            {"label": "folk", "measures": {"auc": estimate(value)}},
            {"label": "polka", "measures": {"auc": estimate(None)}},
            {"label": "disco", "measures": {}},
        ]
        nothing = {"labels": [], "means": {}, "not_published": []}
        return {
            "name": name,
            "neighbours": {"genre": {"own": {"10": estimate(value)}}},
            "genres": {
                "labels": labels,
                "means": {"auc": estimate(value)},
                "not_published": ["disco"],
            },
            "emotions": nothing,
            "circumplex": nothing,
        }

    judged = {"name": "music", "clips": 9, "encoders": [row("mfcc", 0.3), row("mine", 0.6)]}
    evaluation = {"sets": [], "labelled": [judged]}
    card = model_card([(run, LINES)], name="mine", evaluation=evaluation)
    assert "music: 9 clips that people labelled." in card
    assert "| share of the ten nearest of the same | genre |" in card
    assert "| mfcc | 0.300 (0.200–0.400) |\n| mine | 0.600 (0.500–0.700) |" in card
    assert "AUC of genres: folk 0.600; mean 0.600 (0.500–0.700). Not published: disco." in card
    assert "pairwise" not in card


@pytest.mark.parametrize(
    ("model", "about"),
    [
        ("segue", "segue"),
        ("segue-1", "segue-1"),
        *((name, "about") for name in ("autoencoder", "contrastive", "genre", "triplet")),
    ],
)
def test_cards_that_ship_say_what_an_export_would(model: str, about: str) -> None:
    card = resource_folder("model_repository") / model / "README.md"
    told = find_configuration("segue-sound").with_name(f"{about}.md")
    assert told.read_text().strip() in card.read_text()
