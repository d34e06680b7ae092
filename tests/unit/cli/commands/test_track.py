"""How ``segue track`` shows what a model predicts."""

from __future__ import annotations

import pytest

from segue.cli.commands.track import _composition
from segue.v1.track_pb2 import LabelProbability


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
    shown = _composition(predicted(*probabilities)).plain
    assert shown.startswith("unknown") is unknown
    assert shown.count("label") == len(probabilities)
