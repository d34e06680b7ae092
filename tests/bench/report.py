"""What a benchmark gives: rows for people, JSON for machines."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    """One measured number beside the alternative it is held against.

    Attributes
    ----------
    target
        What the project asks of it, in words; empty when it is only for orientation.
    met
        Whether the target holds; None without a target.
    """

    group: str
    name: str
    value: str
    target: str = ""
    met: bool | None = None


def at_most(group: str, name: str, ratio: float, limit: float, unit: str = "×") -> Row:
    """Row for a number that should not exceed ``limit``."""
    return Row(group, name, f"{ratio:.2f} {unit}", f"≤ {limit:g} {unit}", ratio <= limit)


def at_least(group: str, name: str, number: float, limit: float) -> Row:
    """Row for a number that should reach ``limit``."""
    return Row(group, name, f"{number:.4g}", f"≥ {limit:g}", number >= limit)


def publish(rows: list[Row], raw: dict[str, object], output: Path) -> None:
    """Print the table and write everything as JSON."""
    table = Table(title="Segue benchmarks", title_justify="left")
    for column in ("", "measured", "value", "target", "met"):
        table.add_column(column, justify="right" if column == "value" else "left")
    for row in rows:
        met = "" if row.met is None else ("yes" if row.met else "NO")
        table.add_row(row.group, row.name, row.value, row.target, met)
    Console(width=118).print(table)
    machine = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
    }
    document = {"machine": machine, "rows": [asdict(row) for row in rows], "raw": raw}
    output.write_text(json.dumps(document, indent=2) + "\n")
