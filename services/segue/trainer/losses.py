"""Losses over embeddings and label heads.

Shape suffixes: N items, D embedding dimension, L labels.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def info_nce(first_ND: Tensor, second_ND: Tensor, temperature: float = 0.1) -> Tensor:
    """Mean over rows k of ``-log(exp S_kk / sum_l exp S_kl)`` with ``S = first @ second.T / t``.

    Parameters
    ----------
    first_ND, second_ND
        Shape (n, dimension), rows L2-normalised; row k of both shows the same track.
    temperature
        t, positive.

    References
    ----------
    A. van den Oord, Y. Li, O. Vinyals: Representation Learning with Contrastive Predictive Coding
    (2018); the form with in-batch negatives: T. Chen et al., SimCLR (2020).
    """
    similarity_NN = first_ND @ second_ND.T / temperature
    return functional.cross_entropy(
        similarity_NN, torch.arange(len(first_ND), device=first_ND.device)
    )


def label_loss(logits_NL: Tensor, shares_NL: Tensor, smoothing: float = 0.0) -> Tensor:
    """Cross-entropy of label heads, over the items whose labels are known.

    Parameters
    ----------
    logits_NL
        Shape (n, labels).
    shares_NL
        Shape (n, labels): each row sums to 1, an item with several labels being shared among
        them, or to 0 when nothing is known. 0 when that holds for all.
    smoothing
        Share that is spread over all labels, in [0, 1).
    """
    known_N = shares_NL.sum(dim=1) > 0
    if not bool(known_N.any()):
        return logits_NL.sum() * 0.0
    return functional.cross_entropy(
        logits_NL[known_N].float(), shares_NL[known_N], label_smoothing=smoothing
    )
