"""Which styles, instruments and progressions only the test split may use."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Literal, TypeAlias, TypeVar

Split: TypeAlias = Literal["train", "test"]
Item = TypeVar("Item")

TEST_SHARE = 5
"""One in so many names of a pool is held out, and at least one."""


def held_out(kind: str, names: Sequence[str]) -> frozenset[str]:
    """Names of a pool that training never uses; none when the pool has fewer than three.

    The choice depends on the names alone, not on their order or on a seed.
    """
    distinct = sorted(
        set(names), key=lambda name: hashlib.sha256(f"{kind}\x1f{name}".encode()).digest()
    )
    if len(distinct) < 3:
        return frozenset()
    return frozenset(distinct[: max(1, len(distinct) // TEST_SHARE)])


def pool(kind: str, items: Sequence[Item], split: Split, names: Sequence[str]) -> tuple[Item, ...]:
    """The items that a split may use: disjoint between the splits for pools of three or more.

    ``names`` gives each item's name, in the same order.
    """
    reserved = held_out(kind, names)
    if not reserved:
        return tuple(items)
    wanted = split == "test"
    return tuple(
        item for item, name in zip(items, names, strict=True) if (name in reserved) is wanted
    )
