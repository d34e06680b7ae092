"""Losses over embeddings and label heads.

Shape suffixes: N items, D embedding dimension, L labels, U units.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

_CLOSENESS = 0.2
"""Part that the distance of units has beside their direction."""


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


def label_loss(
    logits_NL: Tensor, shares_NL: Tensor, smoothing: float = 0.0, balance: float = 0.0
) -> Tensor:
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
    balance
        How much the frequency of labels is taken out: with 1 the head learns what it would from
        as many items of each. Frequencies are those of the batch.

    References
    ----------
    A. K. Menon et al.: Long-tail learning via logit adjustment (2021).
    """
    known_N = shares_NL.sum(dim=1) > 0
    if not bool(known_N.any()):
        return logits_NL.sum() * 0.0
    logits_ML, shares_ML = logits_NL[known_N].float(), shares_NL[known_N]
    if balance:
        # As if each label had been seen once more: one that the batch lacks keeps a frequency.
        counts_L = shares_ML.sum(dim=0) + 1.0
        logits_ML = logits_ML + balance * torch.log(counts_L / counts_L.sum())
    return functional.cross_entropy(logits_ML, shares_ML, label_smoothing=smoothing)


def tag_loss(logits_NL: Tensor, wanted_NL: Tensor) -> Tensor:
    """Mean binary cross-entropy of tags with a teacher's probabilities, less what is unavoidable.

    It is the Kullback-Leibler divergence of each tag's answer: 0 where the answers are the same.

    Parameters
    ----------
    logits_NL, wanted_NL
        Shape (n, labels): logits of the student and of the teacher.
    """
    shares_NL = torch.sigmoid(wanted_NL)
    spent = functional.binary_cross_entropy_with_logits(logits_NL, shares_NL)
    return spent - functional.binary_cross_entropy_with_logits(wanted_NL, shares_NL)


def unit_loss(units_NU: Tensor, wanted_NU: Tensor) -> Tensor:
    """One less the mean cosine of rows, and a little of their smooth L1 distance.

    Parameters
    ----------
    units_NU, wanted_NU
        Shape (n, units): of the student and of the teacher, standardised alike.

    References
    ----------
    Cosine served best of five losses in S-SONDO (arXiv:2604.24933), which compares distillations of
    audio encoders.
    """
    apart = 1.0 - functional.cosine_similarity(units_NU, wanted_NU).mean()
    return apart + _CLOSENESS * functional.smooth_l1_loss(units_NU, wanted_NU)
