"""Triplet losses on hand-made cases, and against a search through all triplets."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from segue.trainer.triplets import relation_masks, triplet_loss


def on_circle(*degrees: float) -> Tensor:
    angles = torch.deg2rad(torch.tensor(degrees))
    return torch.stack([angles.cos(), angles.sin()], dim=1)


def chord(degrees: float) -> float:
    return 2 * math.sin(math.radians(degrees) / 2)


def one_anchor(items: int, positives: list[int], negatives: list[int]) -> tuple[Tensor, Tensor]:
    """Masks in which only item 0 is an anchor."""
    masks = torch.zeros(2, items, items, dtype=torch.bool)
    masks[0, 0, positives] = True
    masks[1, 0, negatives] = True
    return masks[0], masks[1]


def searched(z: Tensor, positive: Tensor, negative: Tensor, margin: float) -> float:
    """The loss by looking at every triplet."""
    hinges = []
    for a in range(len(z)):
        away = {n: math.dist(z[a], z[n]) for n in range(len(z))}
        negatives = [away[n] for n in range(len(z)) if negative[a, n]]
        for p in range(len(z)):
            if positive[a, p] and negatives:
                farther = [d for d in negatives if d > away[p]]
                chosen = min(farther) if farther else max(negatives)
                hinges.append(max(0.0, away[p] - chosen + margin))
    return sum(hinges) / len(hinges) if hinges else 0.0


def test_the_nearest_negative_beyond_the_positive_is_taken() -> None:
    z = on_circle(0, 40, 10, 50, 60, 170)
    loss = triplet_loss(z, *one_anchor(6, [1], [2, 3, 4, 5]), margin=0.5)
    assert float(loss) == pytest.approx(chord(40) - chord(50) + 0.5, abs=1e-6)


def test_a_pair_whose_farther_negatives_are_far_enough_adds_nothing() -> None:
    z = on_circle(0, 40, 10, 170)
    loss = triplet_loss(z, *one_anchor(4, [1], [2, 3]), margin=0.5)
    assert float(loss) == 0  # cut off there


def test_without_a_farther_negative_the_farthest_is_taken() -> None:
    z = on_circle(0, 120, 10, 60, 30)
    loss = triplet_loss(z, *one_anchor(5, [1], [2, 3, 4]), margin=0.5)
    assert float(loss) == pytest.approx(chord(120) - chord(60) + 0.5, abs=1e-6)


def test_the_mean_is_over_pairs_of_anchors_with_negatives() -> None:
    z = on_circle(0, 40, 20, 60)
    positive, negative = one_anchor(4, [1, 2], [3])
    positive[1, 0] = True
    expected = (chord(40) + chord(20)) / 2 - chord(60) + 0.8
    assert float(triplet_loss(z, positive, negative, margin=0.8)) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("share", [0.05, 0.5])
def test_it_agrees_with_the_search_through_all_triplets(seed: int, share: float) -> None:
    random = torch.Generator().manual_seed(seed)
    z = functional.normalize(torch.randn(20, 3, generator=random, dtype=torch.float64))
    label = torch.rand(20, 20, generator=random)
    positive = (label < share) & ~torch.eye(20, dtype=torch.bool)
    negative = label > 1 - share
    expected = searched(z, positive, negative, 0.3)
    assert float(triplet_loss(z, positive, negative, 0.3)) == pytest.approx(expected, abs=1e-12)


def test_gradients_are_those_of_finite_differences() -> None:
    random = torch.Generator().manual_seed(1)
    z = torch.randn(8, 4, generator=random, dtype=torch.float64, requires_grad=True)
    track = torch.arange(8) // 2
    positive, negative = relation_masks(torch.arange(8), track, track, track)["track"]
    torch.autograd.gradcheck(
        lambda z: triplet_loss(functional.normalize(z), positive, negative, 0.3), z
    )


def test_equal_embeddings_have_a_loss_of_the_margin_and_finite_gradients() -> None:
    z = torch.ones(6, 4, requires_grad=True)
    track = torch.arange(6) // 2
    positive, negative = relation_masks(torch.arange(6), track, track, track)["track"]
    loss = triplet_loss(functional.normalize(z), positive, negative, 0.2)
    loss.backward()
    assert float(loss.detach()) == pytest.approx(0.2, abs=2e-3)
    assert z.grad is not None
    assert z.grad.abs().max() < 0.1


@pytest.mark.parametrize(("positives", "negatives"), [([], [1, 2]), ([1, 2], []), ([], [])])
def test_without_pairs_the_loss_is_zero_and_has_a_gradient(
    positives: list[int], negatives: list[int]
) -> None:
    z = on_circle(0, 40, 10).requires_grad_()
    loss = triplet_loss(z, *one_anchor(3, positives, negatives), margin=0.5)
    loss.backward()
    assert float(loss.detach()) == 0  # a sum of nothing
    assert z.grad is not None
    assert not z.grad.any()


def test_descent_gathers_tracks_and_parts_them() -> None:
    random = torch.Generator().manual_seed(1)
    z = torch.randn(12, 8, generator=random).requires_grad_()
    track = torch.arange(12) % 4
    positive, negative = relation_masks(torch.arange(12), track, track, track)["track"]
    optimiser = torch.optim.Adam([z], lr=0.05)
    for _ in range(100):
        optimiser.zero_grad()
        triplet_loss(functional.normalize(z), positive, negative, 0.5).backward()
        optimiser.step()
    unit = functional.normalize(z.detach())
    away = torch.cdist(unit, unit)
    assert away[positive].max() + 0.4 < away[negative].min()


def pairs(mask: Tensor) -> set[tuple[int, int]]:
    return {(int(a), int(b)) for a, b in mask.nonzero()}


def both_ways(*found: tuple[int, int]) -> set[tuple[int, int]]:
    return set(found) | {(b, a) for a, b in found}


def test_relations_of_a_small_batch() -> None:
    # Items 0 and 1 are views of one clip, 2 another clip of their track, 3 and 4 other tracks.
    masks = relation_masks(
        clip_N=torch.tensor([0, 0, 1, 2, 3]),
        track_N=torch.tensor([7, 7, 7, 8, 9]),
        genre_N=torch.tensor([0, 0, 0, 0, 1]),
        mood_N=torch.tensor([2, 2, 2, -1, 2]),
    )
    other_tracks = both_ways((0, 3), (0, 4), (1, 3), (1, 4), (2, 3), (2, 4), (3, 4))
    assert pairs(masks["view"].positive_NN) == both_ways((0, 1))
    assert pairs(masks["view"].negative_NN) == other_tracks
    assert pairs(masks["track"].positive_NN) == both_ways((0, 2), (1, 2))
    assert pairs(masks["track"].negative_NN) == other_tracks
    assert pairs(masks["genre"].positive_NN) == both_ways((0, 3), (1, 3), (2, 3))
    assert pairs(masks["genre"].negative_NN) == both_ways((0, 4), (1, 4), (2, 4), (3, 4))
    assert pairs(masks["mood"].positive_NN) == both_ways((0, 4), (1, 4), (2, 4))
    assert pairs(masks["mood"].negative_NN) == set()


def test_unknown_labels_are_neither_positive_nor_negative() -> None:
    unknown, track = torch.full((4,), -1), torch.arange(4)
    masks = relation_masks(track, track, unknown, unknown)
    assert not any(mask.any() for name in ("genre", "mood") for mask in masks[name])


def test_clip_numbers_may_repeat_across_tracks() -> None:
    masks = relation_masks(*torch.tensor([[0, 0, 0], [1, 1, 2], [0, 0, 0], [0, 0, 0]]))
    assert pairs(masks["view"].positive_NN) == both_ways((0, 1))
