"""How much of each part of the package the tests take: statements and branches, as a table.

    python -m tests.coverage_table      after coverage json; make coverage runs both

Fails when the tests take less than ``LEAST_PERCENT`` of the branches. The threshold of coverage
itself counts statements too, of which there are five times as many.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPORT = Path("data/coverage/report.json")
PACKAGE = "services/segue/"
TOP = "modules at the top"
LEAST_PERCENT = 90.0


@dataclass
class Count:
    """Statements and branches, and those of them that some test takes."""

    statements: int = 0
    statements_taken: int = 0
    branches: int = 0
    branches_taken: int = 0

    def add(self, summary: Mapping[str, int]) -> None:
        self.statements += summary["num_statements"]
        self.statements_taken += summary["covered_lines"]
        self.branches += summary["num_branches"]
        self.branches_taken += summary["covered_branches"]

    @property
    def branch_percent(self) -> float:
        return _percent(self.branches_taken, self.branches)

    def row(self, name: str) -> str:
        statements = _percent(self.statements_taken, self.statements)
        both = _percent(
            self.statements_taken + self.branches_taken, self.statements + self.branches
        )
        return (
            f"| {name} | {self.statements} | {statements:.1f} % | {self.branches} | "
            f"{self.branch_percent:.1f} % | {both:.1f} % |"
        )


def table(report: Mapping[str, Any]) -> tuple[list[str], Count]:
    """Lines of the table, and the counts of its last one."""
    parts: dict[str, Count] = defaultdict(Count)
    total = Count()
    for path, file in report["files"].items():
        folder, slash, _ = path.partition(PACKAGE)[2].partition("/")
        parts[folder if slash else TOP].add(file["summary"])
        total.add(file["summary"])
    lines = [
        "| part | statements | taken | branches | taken | both |",
        "|---|---|---|---|---|---|",
        *(count.row(name) for name, count in sorted(parts.items())),
        total.row("**all**"),
    ]
    return lines, total


def _percent(taken: int, of: int) -> float:
    return 100.0 * taken / of if of else 100.0


if __name__ == "__main__":
    lines, total = table(json.loads(REPORT.read_text()))
    print(*lines, sep="\n")
    if total.branch_percent < LEAST_PERCENT:
        sys.exit(
            f"the tests take {total.branch_percent:.1f} % of the branches, less than "
            f"{LEAST_PERCENT:g} %"
        )
