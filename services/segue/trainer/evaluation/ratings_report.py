"""A listening test as Markdown, as JSON, and as tables for a terminal."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import segue
from segue.errors import InvalidRequest
from segue.trainer.evaluation.bootstrap import RESAMPLES
from segue.trainer.evaluation.ratings import RatingsResult
from segue.trainer.evaluation.tables import cell, plain

MARKDOWN_REPORT = "ratings.md"
JSON_REPORT = "ratings.json"


class RatingsReportNotWritten(InvalidRequest):
    """The reports cannot be written where they were asked for."""

    reason = "RATINGS_REPORT_NOT_WRITTEN"
    next_step = "Choose another --output: a folder that you may write to, on a disk with room."


def write_ratings(result: RatingsResult, output: Path, *, seed: int) -> None:
    """Write both reports into a folder, which is made where it is missing.

    Raises
    ------
    RatingsReportNotWritten
        When that fails.
    """
    text = json.dumps(ratings_json(result, seed=seed), indent=1, ensure_ascii=False)
    try:
        output.mkdir(parents=True, exist_ok=True)
        (output / MARKDOWN_REPORT).write_text(ratings_markdown(result), encoding="utf-8")
        (output / JSON_REPORT).write_text(f"{text}\n", encoding="utf-8")
    except OSError as exc:
        raise RatingsReportNotWritten(f"{output} cannot be written: {exc.strerror}") from exc


def ratings_json(result: RatingsResult, *, seed: int) -> dict[str, Any]:
    """Every number, as plain values; what is not a number is None."""
    found: dict[str, Any] = plain(result)
    return {"segue": segue.__version__, "seed": seed, "resamples": RESAMPLES, **found}


def ratings_markdown(result: RatingsResult) -> str:
    """Tables with 95 % intervals over queries and raters."""
    lines = ["# Listening test", "", f"{heading_of(result)}.", ""]
    for titles, *rows in tables_of(result):
        lines += ["| " + " | ".join(titles) + " |", "|---" * len(titles) + "|"]
        lines += ["| " + " | ".join(_escaped(one) for one in row) + " |" for row in rows]
        lines.append("")
    lines += [
        f"Agreement of raters (Krippendorff's alpha, intervals): {agreement_text(result)}.",
        "",
        "Ratings from 1 to 10. In brackets: 95 % intervals over queries and raters.",
        "",
    ]
    return "\n".join(lines)


def heading_of(result: RatingsResult) -> str:
    """How much was rated."""
    return f"{result.answers} answers of {result.raters} raters to {result.queries} queries"


def agreement_text(result: RatingsResult) -> str:
    """How far raters agree; a dash when nobody rated the same."""
    return "–" if math.isnan(result.agreement) else f"{result.agreement:.3f}"


def tables_of(result: RatingsResult) -> list[list[tuple[str, ...]]]:
    """Systems, and their differences; each a line of titles, then one per row."""
    systems: list[tuple[str, ...]] = [
        ("system", "mean rating", "rated best"),
        *((one.name, cell(one.mean), cell(one.best)) for one in result.systems),
    ]
    differences: list[tuple[str, ...]] = [
        ("systems", "difference", "won", "tied", "lost"),
        *(
            (
                f"{one.first} – {one.second}",
                cell(one.difference),
                cell(one.won),
                f"{one.tied:.3f}",
                f"{one.lost:.3f}",
            )
            for one in result.differences
        ),
    ]
    return [systems, differences]


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
