"""Losses against their formulas written out."""

from __future__ import annotations

import math

import pytest
import torch

from segue.trainer.losses import info_nce, label_loss, tag_loss, unit_loss


def test_equals_the_formula_term_by_term() -> None:
    generator = torch.Generator().manual_seed(3)
    first = torch.nn.functional.normalize(torch.randn(5, 7, generator=generator), dim=1)
    second = torch.nn.functional.normalize(torch.randn(5, 7, generator=generator), dim=1)
    terms = []
    for k in range(5):
        scores = [float(first[k] @ second[row]) / 0.1 for row in range(5)]
        terms.append(-math.log(math.exp(scores[k]) / sum(map(math.exp, scores))))
    assert float(info_nce(first, second, 0.1)) == pytest.approx(sum(terms) / 5, rel=1e-5)


def test_views_that_cannot_be_told_apart_cost_the_logarithm_of_the_batch() -> None:
    same = torch.nn.functional.normalize(torch.ones(8, 4), dim=1)
    assert float(info_nce(same, same)) == pytest.approx(math.log(8), rel=1e-6)


def test_perfect_views_cost_next_to_nothing() -> None:
    assert float(info_nce(torch.eye(8), torch.eye(8))) < 1e-3


def test_label_loss_is_the_cross_entropy_of_what_is_known() -> None:
    logits = torch.tensor([[2.0, 0.0], [0.0, 1.0], [5.0, 5.0]])
    shares = torch.tensor([[1.0, 0.0], [0.5, 0.5], [0.0, 0.0]])
    first = math.log(1 + math.exp(-2.0))
    second = 0.5 * math.log(1 + math.exp(1.0)) + 0.5 * math.log(1 + math.exp(-1.0))
    assert float(label_loss(logits, shares)) == pytest.approx((first + second) / 2)


def test_a_balanced_label_loss_learns_nothing_from_how_frequent_labels_are() -> None:
    # Nothing tells the items apart: all that there is to learn is that one label is nine times as
    # frequent as the other.
    shares = torch.tensor([[1.0, 0.0]] * 900 + [[0.0, 1.0]] * 100)

    def pull(balance: float) -> float:
        logits = torch.zeros(1000, 2, requires_grad=True)
        label_loss(logits, shares, balance=balance).backward()
        assert logits.grad is not None
        return float(logits.grad.sum(dim=0)[0])

    assert pull(0.0) == pytest.approx(-0.4, abs=1e-3)
    assert pull(1.0) == pytest.approx(0.0, abs=1e-3)


def test_label_loss_of_nothing_known_is_zero_and_still_a_loss() -> None:
    logits = torch.ones(2, 3, requires_grad=True)
    loss = label_loss(logits, torch.zeros(2, 3))
    loss.backward()
    assert loss.item() == 0.0  # a sum of nothing, and so is its gradient
    assert logits.grad is not None
    assert float(logits.grad.abs().sum()) == 0.0


def test_tag_loss_is_the_divergence_of_each_tags_answer() -> None:
    made, wanted = torch.tensor([[0.5, -2.0]]), torch.tensor([[1.0, -1.0]])
    divergences = []
    for ours, theirs in zip(torch.sigmoid(made)[0], torch.sigmoid(wanted)[0], strict=True):
        p, q = float(theirs), float(ours)
        divergences.append(p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q)))
    assert float(tag_loss(made, wanted)) == pytest.approx(sum(divergences) / 2, rel=1e-4)
    assert float(tag_loss(wanted, wanted)) == pytest.approx(0, abs=1e-6)


def test_unit_loss_is_distance_by_direction_and_a_little_by_length() -> None:
    wanted = torch.tensor([[3.0, 4.0], [1.0, 0.0]])
    assert float(unit_loss(wanted, wanted)) == pytest.approx(0, abs=1e-6)
    # Twice as long: the direction is right, and each distance beyond 1 costs itself less a half.
    assert float(unit_loss(2 * wanted, wanted)) == pytest.approx(0.2 * (2.5 + 3.5 + 0.5) / 4)
    turned = torch.tensor([[-4.0, 3.0], [0.0, 1.0]])
    assert float(unit_loss(turned, wanted)) > 1
