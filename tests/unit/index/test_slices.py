"""Cutting work into slices."""

from __future__ import annotations

from segue.index.slices import slices


def test_slices_hold_all_in_order_and_are_full_but_the_last() -> None:
    assert list(slices(iter(range(5)), 2)) == [[0, 1], [2, 3], [4]]
    assert list(slices({"a": 1, "b": 2}, 2)) == [["a", "b"]]
    assert list(slices([], 3)) == []
