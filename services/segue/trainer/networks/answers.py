"""What both published MusiCNNs answer for a chunk, as one row; students answer in the same form.

Shape suffixes: N chunks, T tags, U units, A numbers of an answer.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from segue.trainer.networks.musicnn import UNITS
from segue.trainer.networks.tag_labels import ALL_TAGS

ANSWER_UNITS = 2 * UNITS
ANSWER_NUMBERS = ALL_TAGS + ANSWER_UNITS


def answer_rows(heads: Sequence[tuple[Tensor, Tensor, Tensor]]) -> Tensor:
    """Join what the two heads give.

    Parameters
    ----------
    heads
        What ``TagHead`` gives, for the first head and for the second.

    Returns
    -------
    Tensor
        Shape (n, numbers): the logits of the first head's tags and of the second's, then the units
        before rectification of the first and of the second.
    """
    (first_NU, _, first_NT), (second_NU, _, second_NT) = heads
    return torch.cat([first_NT, second_NT, first_NU, second_NU], dim=1)


def tags_and_units(rows_NA: Tensor) -> tuple[Tensor, Tensor]:
    """Logits of all tags and units of both heads, shapes (n, tags) and (n, 2 · units)."""
    return rows_NA[:, :ALL_TAGS], rows_NA[:, ALL_TAGS:]
