"""The PromQL that the repository ships: panel queries, recording rules, alerts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

DEPLOY = Path(__file__).parent.parent / "deploy"
RULE_FILES = sorted((DEPLOY / "prometheus" / "rules").glob("*.yml"))
DASHBOARD_FILES = sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))

_WORDS = {"and", "or", "unless", "by", "on", "without", "ignoring", "bool", "offset"}


@dataclass(frozen=True, slots=True)
class Query:
    """One expression, where it stands, and the labels that its legend shows."""

    place: str
    expression: str
    legend_labels: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.place

    def metrics(self) -> set[str]:
        """Names of the series that the expression selects."""
        bare = re.sub(r'"(\\.|[^"\\])*"', '""', self.expression)
        bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]", "", bare)
        bare = re.sub(r"\b(by|on|without|ignoring)\s*\([^)]*\)", "", bare)
        names = re.finditer(r"(?<![\w.:])[A-Za-z_:][\w:]*\b(?!\s*\()", bare)
        return {found.group() for found in names} - _WORDS

    def runnable(self, interval: str) -> str:
        """The expression with Grafana's variables filled in."""
        return self.expression.replace("$__rate_interval", interval).replace("$__range", interval)


def rules(kind: str) -> Iterator[tuple[str, Query]]:
    """Name and query of every rule of a kind, ``record`` or ``alert``."""
    for file in RULE_FILES:
        for group in yaml.safe_load(file.read_text())["groups"]:
            for rule in group["rules"]:
                if kind in rule:
                    yield rule[kind], Query(f"{file.name}: {rule[kind]}", rule["expr"])


def panels(file: Path) -> list[dict]:
    """The panels of a dashboard, without its rows."""
    every = json.loads(file.read_text())["panels"]
    return [panel for panel in every if panel["type"] != "row"]


def panel_queries() -> list[Query]:
    """Every query of every panel of every dashboard."""
    return [
        Query(
            f"{file.name}: {panel['title']} {target['refId']}",
            target["expr"],
            tuple(re.findall(r"\{\{\s*(\w+)\s*\}\}", target["legendFormat"])),
        )
        for file in DASHBOARD_FILES
        for panel in panels(file)
        for target in panel["targets"]
    ]
