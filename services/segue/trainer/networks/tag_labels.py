"""Probabilities of genres and moods out of the logits of tags.

Shape suffixes: N chunks, T tags, L labels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from segue.trainer.tags import MSD_TAGS, MTT_TAGS, Row

ALL_TAGS = len(MSD_TAGS) + len(MTT_TAGS)

_EVEN_SCORE = 2.0
"""Score that counts as even odds: its tags are as likely as e² = 7 times what is usual.

It is set, not fitted: music whose genres are known and that no network learnt from is too little.
"""


class TagLabels(nn.Module):
    """Logits of labels: a row's mean logit above the usual one, less what counts as even.

    Parameters
    ----------
    rows
        Label to the tags that speak for it.
    mean_logits
        Shape (t,): logits of all tags, the first set's before the second's, as they are on average.
    """

    weights: Tensor
    gain: Tensor | None
    shift: Tensor | None

    def __init__(self, rows: Mapping[str, Row], mean_logits: Tensor) -> None:
        super().__init__()
        weights = torch.zeros(ALL_TAGS, len(rows))
        for label, row in enumerate(rows.values()):
            places = tag_places(row)
            weights[places, label] = 1.0 / len(places)
        self.register_buffer("weights", weights)
        self.register_buffer("mean_logits", mean_logits.clone())
        self.register_buffer("gain", None, persistent=False)
        self.register_buffer("shift", None, persistent=False)

    def calibrate(self, gain: Sequence[float], shift: Sequence[float]) -> None:
        """Publish logits that are gain · what the tags say + shift, for each label.

        They are no weights: a graph holds them as constants.
        """
        device = self.weights.device
        self.gain = torch.tensor(gain, device=device)
        self.shift = torch.tensor(shift, device=device)

    def scores(self, logits_NT: Tensor) -> Tensor:
        """How far each row lies above what is usual, shape (n, labels)."""
        return (logits_NT - cast(Tensor, self.mean_logits)) @ self.weights

    def forward(self, logits_NT: Tensor) -> Tensor:
        """Logits, shape (n, labels)."""
        made_NL = self.scores(logits_NT) - _EVEN_SCORE
        if self.gain is None or self.shift is None:
            return made_NL
        return made_NL * self.gain + self.shift


def tag_places(row: Row) -> Sequence[int]:
    """Places of a row's tags among all tags."""
    first, second = row
    return [MSD_TAGS.index(tag) for tag in first] + [
        len(MSD_TAGS) + MTT_TAGS.index(tag) for tag in second
    ]
