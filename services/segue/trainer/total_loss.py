"""The weighted sum of losses that a configuration asks for.

Shape suffixes: N chunks, D embedding dimension, L labels, T tags, U units, A an answer's numbers.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from segue.trainer.batches import Batch, TaughtAnswers
from segue.trainer.configuration import LossConfig
from segue.trainer.losses import info_nce, label_loss, tag_loss, unit_loss
from segue.trainer.networks.answers import tags_and_units
from segue.trainer.networks.base import Outputs
from segue.trainer.triplets import relation_masks, triplet_loss


def total_loss(made: Outputs, batch: Batch, config: LossConfig) -> tuple[Tensor, dict[str, float]]:
    """The loss of a step: the sum of the terms that a configuration weighs.

    Parameters
    ----------
    made
        What the network made of the batch.

    Returns
    -------
    tuple[Tensor, dict[str, float]]
        The sum, a scalar with a gradient; each term by name, before it is weighted.
    """
    terms: dict[str, tuple[float, Tensor]] = {}
    if config.info_nce:
        first_ND, second_ND = made.embedding.chunk(2)
        terms["info_nce"] = (config.info_nce, info_nce(first_ND, second_ND, config.temperature))
    if config.triplets:
        masks = relation_masks(
            batch.clip_N, batch.track_N, _only_label(batch.genre_NL), _only_label(batch.mood_NL)
        )
        for relation, weight in config.triplets.items():
            positive_NN, negative_NN = masks[relation]
            loss = triplet_loss(made.embedding, positive_NN, negative_NN, config.margin)
            terms[f"{relation}_triplets"] = (weight, loss)
    if config.genre and made.genre_logits is not None:
        loss = label_loss(
            made.genre_logits, batch.genre_NL, config.label_smoothing, config.genre_balance
        )
        terms["genre"] = (config.genre, loss)
    if config.mood and made.mood_logits is not None:
        loss = label_loss(made.mood_logits, batch.mood_NL, config.label_smoothing)
        terms["mood"] = (config.mood, loss)
    if made.reconstruction is not None and made.target is not None:
        loss = functional.mse_loss(made.reconstruction.float(), made.target)
        terms["reconstruction"] = (config.reconstruction, loss)
    if made.answers is not None and batch.taught is not None:
        terms |= _taught(made.answers, batch.taught, config)
    total = torch.stack([weight * loss for weight, loss in terms.values()]).sum()
    return total, {name: float(loss.detach()) for name, (_, loss) in terms.items()}


def _taught(
    answers_NA: Tensor, taught: TaughtAnswers, config: LossConfig
) -> dict[str, tuple[float, Tensor]]:
    """Weights and terms of what a student answers beside its teacher."""
    terms: dict[str, tuple[float, Tensor]] = {}
    if config.teacher_tags:
        made_NT, _ = tags_and_units(answers_NA)
        wanted_NT, _ = tags_and_units(taught.rows_NA)
        terms["teacher_tags"] = (config.teacher_tags, tag_loss(made_NT, wanted_NT))
    if config.teacher_units:
        of_heads = zip(taught.scale.of(answers_NA), taught.scale.of(taught.rows_NA), strict=True)
        losses = [unit_loss(made_NU, wanted_NU) for made_NU, wanted_NU in of_heads]
        terms["teacher_units"] = (config.teacher_units, torch.stack(losses).mean())
    return terms


def _only_label(shares_NL: Tensor) -> Tensor:
    """Number of each item's label, shape (n,); -1 where it has none."""
    if shares_NL.shape[1] == 0:
        return torch.full((len(shares_NL),), -1, device=shares_NL.device)
    best_N, place_N = shares_NL.max(dim=1)
    # Shares of no label are exactly 0; they are set, not computed.
    return place_N.masked_fill(best_N == 0, -1)
