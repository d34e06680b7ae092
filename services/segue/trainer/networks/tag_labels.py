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


class TagLabels(nn.Module):
    """``sigmoid(gain · score + offset)``, the score being a row's mean logit above the usual one.

    Parameters
    ----------
    rows
        Label to the tags that speak for it.
    mean_logits
        Shape (t,): logits of all tags, the first set's before the second's, as they are on average.
    """

    def __init__(self, rows: Mapping[str, Row], mean_logits: Tensor) -> None:
        super().__init__()
        weights = torch.zeros(ALL_TAGS, len(rows))
        for label, row in enumerate(rows.values()):
            places = tag_places(row)
            weights[places, label] = 1.0 / len(places)
        self.register_buffer("weights", weights)
        self.register_buffer("mean_logits", mean_logits.clone())
        self.register_buffer("gain", torch.ones(len(rows)))
        self.register_buffer("offset", torch.zeros(len(rows)))

    def scores(self, logits_NT: Tensor) -> Tensor:
        """Scores, not yet calibrated, shape (n, labels)."""
        return (logits_NT - cast(Tensor, self.mean_logits)) @ cast(Tensor, self.weights)

    def forward(self, logits_NT: Tensor) -> Tensor:
        """Calibrated logits, shape (n, labels)."""
        return self.scores(logits_NT) * cast(Tensor, self.gain) + cast(Tensor, self.offset)


def tag_places(row: Row) -> Sequence[int]:
    """Places of a row's tags among all tags."""
    first, second = row
    return [MSD_TAGS.index(tag) for tag in first] + [
        len(MSD_TAGS) + MTT_TAGS.index(tag) for tag in second
    ]
