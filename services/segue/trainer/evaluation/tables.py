"""Estimates in Markdown tables, and results as JSON holds them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np

from segue.trainer.evaluation.bootstrap import Estimate

REFERENCE = "mfcc"
"""The row that ratios are taken to."""

_MOST_LEFT_OUT = 20


class Named(Protocol):
    """A row of a table: what one encoder reached.

    Attributes
    ----------
    name, description, dimension
        Of the encoder.
    """

    @property
    def name(self) -> str: ...

    @property
    def description(self) -> str: ...

    @property
    def dimension(self) -> int: ...


Row = TypeVar("Row", bound=Named)


def encoder_table(rows: Sequence[Named]) -> list[str]:
    """What the encoders are."""
    lines = ["| encoder | what it is | dimension |", "|---|---|---|"]
    lines += [f"| {row.name} | {row.description} | {row.dimension} |" for row in rows]
    return [*lines, ""]


def estimate_table(
    rows: Sequence[Row],
    columns: Mapping[str, Callable[[Row], Estimate]],
    *,
    ratio: bool = False,
    lowest: bool = False,
) -> list[str]:
    """A line per encoder, the best of each column in bold.

    Parameters
    ----------
    columns
        By title: what a row holds there.
    ratio
        Whether to add the ratio to the ``REFERENCE`` row, where there is one.
    lowest
        Whether the least number is the best.
    """
    lines = ["| encoder | " + " | ".join(columns) + " |", "|---" * (1 + len(columns)) + "|"]
    choose = min if lowest else max
    best = {}
    for title, of in columns.items():
        known = [value for row in rows if not math.isnan(value := of(row).value)]
        best[title] = choose(known, default=None)
    reference = next((row for row in rows if row.name == REFERENCE), None)
    for row in rows:
        cells = []
        for title, estimate in columns.items():
            found = estimate(row)
            # The best is one of these very numbers.
            text = cell(found, bold=found.value == best[title])
            if ratio and reference is not None:
                text += f" ×{found.value / estimate(reference).value:.2f}"
            cells.append(text)
        lines.append(f"| {row.name} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def cell(found: Estimate, *, bold: bool = False) -> str:
    """A number with its interval, such as ``0.512 [0.450, 0.570]``; a dash when there is none."""
    if math.isnan(found.value):
        return "–"
    value = f"**{found.value:.3f}**" if bold else f"{found.value:.3f}"
    return f"{value} [{found.low:.3f}, {found.high:.3f}]"


def left_out_lines(left_out: Sequence[tuple[str, str]], what: str) -> list[str]:
    """What could not be evaluated, and why."""
    if not left_out:
        return []
    listed = [f"- `{name}`: {reason}" for name, reason in left_out[:_MOST_LEFT_OUT]]
    return [f"Left out: {len(left_out)} {what}.", "", *listed, ""]


def plain(value: Any) -> Any:
    """Dataclasses, arrays and NaN as JSON holds them."""
    if dataclasses.is_dataclass(value):
        return {
            field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
