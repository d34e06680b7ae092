"""The published MusiCNN without the filters that training has left without a weight.

Weight decay has brought most filters of both networks to zero: of the first one's 561 about 64 are
left. What others give is the same for every input, so the network can do without them and answer
as before: what they add up to goes into the layers that read them. As layers over time see nothing
beyond a chunk's ends, constants are not the same as a bias there; one filter that always gives 1
stands for all of them.

Shape suffixes: C channels, F frames, U units.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from segue.errors import ModelMisconfigured
from segue.trainer.graph_weights import read_weights, stored_weights
from segue.trainer.networks.musicnn import (
    FILTER_SIZES,
    MusicnnTrunk,
    PublishedMusicnn,
    SlidFilters,
    TagHead,
    TrunkFilters,
)

_LEAST_NORM = 1e-3
"""Of the largest norm of a filter of its kind: what lies below is without a weight."""

_LEAST_LANES = 8
"""Channels that every processor computes at once; some compute more (``musicnn``)."""

_ALWAYS_ONE = {
    "convolution.weight": 0.0,
    "convolution.bias": 1.0,
    "normalise.weight": 1.0,
    "normalise.bias": 0.0,
    "normalise.running_mean": 0.0,
}
"""Weights of the filter that gives 1 whatever it hears; its variance is set beside them."""


def pruned(network: PublishedMusicnn) -> PublishedMusicnn:
    """The same network without filters whose weights are next to nothing.

    Parameters
    ----------
    network
        With the weights of both published networks.

    Returns
    -------
    PublishedMusicnn
        In evaluation mode. It answers as the given one does, but for rounding.
    """
    kept = [_with_weight(cast(MusicnnTrunk, trunk)) for trunk in network.trunks]
    first, second = (_counts(masks) for masks in kept)
    made = PublishedMusicnn(network.rectified, (first, second)).eval()
    labels = {
        name: value
        for name, value in network.state_dict().items()
        if not name.startswith(("trunks.", "heads."))
    }
    made.load_state_dict(labels, strict=False)
    with torch.no_grad():
        for trunk, head, own_trunk, own_head, masks in zip(
            network.trunks, network.heads, made.trunks, made.heads, kept, strict=True
        ):
            given, small = cast(MusicnnTrunk, trunk), cast(MusicnnTrunk, own_trunk)
            constant_C = _prune_trunk(given, small, masks)
            _prune_head(cast(TagHead, head), cast(TagHead, own_head), torch.cat(masks), constant_C)
    return made


def read_published(path: Path, *, rectified: bool = True) -> PublishedMusicnn:
    """The published networks out of the graph of a model, with as many filters as it has.

    Raises
    ------
    ModelMisconfigured
        When the graph is of another network.
    """
    weights = stored_weights(path)
    try:
        first, second = (
            tuple(
                len(weights[f"trunks.{trunk}.filters.{kind}.convolution.weight"])
                for kind in range(len(FILTER_SIZES))
            )
            for trunk in range(2)
        )
    except KeyError as exc:
        raise ModelMisconfigured(f"{path} has no trunks of MusiCNN") from exc
    network = PublishedMusicnn(rectified, (cast(TrunkFilters, first), cast(TrunkFilters, second)))
    read_weights(network, path)
    return network.eval()


def _with_weight(trunk: MusicnnTrunk) -> list[Tensor]:
    """Which filters of each kind have a weight: booleans, shape (filters,).

    Of those over many bands, which cost most, as many as processors compute at once.
    """
    masks = []
    for slid, (bands, _) in zip(trunk.filters, FILTER_SIZES, strict=True):
        norms_C = cast(SlidFilters, slid).convolution.weight.detach().flatten(1).norm(dim=1)
        alive = int((norms_C > _LEAST_NORM * norms_C.max()).sum())
        if bands > 1:
            alive = min(_LEAST_LANES * math.ceil(alive / _LEAST_LANES), len(norms_C))
        mask_C = torch.zeros(len(norms_C), dtype=torch.bool)
        mask_C[norms_C.argsort(descending=True, stable=True)[:alive]] = True
        masks.append(mask_C)
    return masks


def _counts(masks: list[Tensor]) -> TrunkFilters:
    counts = [int(mask.sum()) for mask in masks]
    # The one that always gives 1 is of the last kind, which costs least.
    counts[-1] += 1
    return cast(TrunkFilters, tuple(counts))


def _prune_trunk(trunk: MusicnnTrunk, small: MusicnnTrunk, masks: list[Tensor]) -> Tensor:
    """Fill a trunk with what is left of a larger one.

    Returns
    -------
    Tensor
        What the filters that are left out always give, shape (filters,).
    """
    for slid, own, mask in zip(trunk.filters, small.filters, masks, strict=True):
        one = {name: torch.full((1,), value) for name, value in _ALWAYS_ONE.items()}
        one["normalise.running_var"] = torch.full((1,), 1.0 - cast(SlidFilters, own).normalise.eps)
        for name, value in own.state_dict().items():
            if name in one:
                left = slid.state_dict()[name][mask]
                value[: len(left)] = left
                value[len(left) :] = one[name]
    small.standardise.load_state_dict(trunk.standardise.state_dict())
    small.normalise.load_state_dict(trunk.normalise.state_dict())
    small.dense[1:].load_state_dict(trunk.dense[1:].state_dict())
    mask_C = torch.cat(masks)
    constant_C = torch.cat([_at_rest(cast(SlidFilters, slid)) for slid in trunk.filters])[~mask_C]
    dense, own_dense = cast(nn.Conv1d, trunk.dense[0]), cast(nn.Conv1d, small.dense[0])
    together = (dense.weight[:, ~mask_C] * constant_C.view(-1, 1)).sum(dim=1, keepdim=True)
    own_dense.weight.copy_(torch.cat([dense.weight[:, mask_C], together], dim=1))
    cast(Tensor, own_dense.bias).copy_(cast(Tensor, dense.bias))
    return constant_C


def _at_rest(slid: SlidFilters) -> Tensor:
    """What filters give whose weights are zero, shape (filters,)."""
    normalise = slid.normalise
    rectified_C11 = torch.relu(cast(Tensor, slid.convolution.bias)).view(1, -1, 1, 1)
    return cast(Tensor, normalise(rectified_C11)).flatten()


def _prune_head(head: TagHead, small: TagHead, mask_C: Tensor, constant_C: Tensor) -> None:
    """Fill the head of a smaller trunk; the constants that it lacks go into a bias."""
    for name in ("normalise", "tags"):
        getattr(small, name).load_state_dict(getattr(head, name).state_dict())
    features = len(head.standardise.weight) // 2
    others = features - len(mask_C)
    # Largest values of filters and of what follows them, then their means.
    read_C = torch.cat([mask_C, torch.ones(others, dtype=torch.bool)]).repeat(2)
    own = len(small.standardise.weight) // 2
    is_one = torch.zeros(own, dtype=torch.bool)
    is_one[own - others - 1] = True
    is_one = is_one.repeat(2)
    for name, at_one in (
        ("weight", 0.0),
        ("bias", 0.0),
        ("running_mean", 0.0),
        ("running_var", 1.0),
    ):
        values = getattr(small.standardise, name)
        values[~is_one] = getattr(head.standardise, name)[read_C]
        values[is_one] = at_one
    small.dense.weight[:, ~is_one] = head.dense.weight[:, read_C]
    small.dense.weight[:, is_one] = 0.0
    usual_C = cast(Tensor, head.standardise.running_mean).clone()
    usual_C[~read_C] = constant_C.repeat(2)
    standard_C = head.standardise(usual_C.unsqueeze(0)).squeeze(0)
    added_U = head.dense.weight[:, ~read_C] @ standard_C[~read_C]
    small.dense.bias.copy_(head.dense.bias + added_U)
