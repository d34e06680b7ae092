"""How ``segue track`` shows what a model predicts."""

from __future__ import annotations

import io

import pytest

from segue.cli.commands.track import _composition, print_track
from segue.output import PlainConsole
from segue.v1.track_pb2 import LabelProbability, Track


def predicted(*probabilities: float) -> list[LabelProbability]:
    return [
        LabelProbability(label=f"label {number}", probability=probability)
        for number, probability in enumerate(probabilities)
    ]


@pytest.mark.parametrize(
    ("probabilities", "unknown"),
    [
        ((0.2, 0.1, 0.05), True),  # each for itself, and none likely
        ((0.6, 0.2, 0.1), False),
        ((0.9, 0.8), False),
        ((0.4, 0.35, 0.25), False),  # shared out among all
        ((), False),
    ],
)
def test_labels_of_which_none_is_likely_are_unknown(
    probabilities: tuple[float, ...], unknown: bool
) -> None:
    shown = _composition("genres", predicted(*probabilities)).plain
    assert shown.startswith("unknown") is unknown
    assert shown.count("label") == len(probabilities)


def test_moods_count_as_heard_from_where_filters_look_at_them() -> None:
    assert not _composition("moods", predicted(0.3, 0.2)).plain.startswith("unknown")
    assert _composition("moods", predicted(0.29, 0.2)).plain.startswith("unknown")


def shown(told: Track) -> str:
    written = io.StringIO()
    print_track(told, "space-v1", PlainConsole(file=written, width=100))
    return written.getvalue()


def test_what_is_heard_of_tempo_and_key_is_marked() -> None:
    told = Track(
        track_id="a",
        estimated_tempo={"bpm": 127.6, "confidence": 0.83},
        estimated_key={"key": "Am", "confidence": 0.5},
    )
    assert "≈ 128 (0.8)" in shown(told)
    assert "≈ Am (0.5)" in shown(told)
    told.metadata.bpm, told.metadata.key = 64.0, "C"
    assert "≈" not in shown(told)


def test_a_track_with_copies_says_where_they_are_listed() -> None:
    told = Track(track_id="a")
    assert "recording" not in shown(told)
    told.recording = "the-group"
    assert "the-group, with copies: see segue duplicates" in shown(told)
