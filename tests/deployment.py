"""What docker-compose.yml and deploy/Dockerfile say, read without a Docker engine."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
COMPOSE_TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]

_VARIABLE = re.compile(r"\$\$|\$\{(?P<name>\w+)(?:(?P<rule>:[-?])(?P<rest>[^}]*))?\}")


def interpolated(text: str, environment: dict[str, str]) -> str:
    """``text`` as Docker Compose reads it: ``${A}``, ``${A:-default}``, ``${A:?message}``, ``$$``.

    Raises ``KeyError`` for a variable that must be set and is not.
    """

    def value(found: re.Match[str]) -> str:
        if found.group() == "$$":
            return "$"
        given = environment.get(found["name"], "")
        if given:
            return given
        if found["rule"] == ":-":
            return found["rest"]
        raise KeyError(found["name"])

    return _VARIABLE.sub(value, text)


def variables(text: str) -> set[str]:
    """Names of the variables that ``text`` interpolates."""
    return {found["name"] for found in _VARIABLE.finditer(text) if found["name"]}


def segue_services() -> dict[str, dict[str, Any]]:
    """The services that run Segue's own image."""
    return {name: one for name, one in SERVICES.items() if "build" in one}


@dataclass(slots=True)
class Stage:
    """One stage of a Dockerfile: its base, and its instructions after ``FROM`` in order."""

    base: str
    instructions: list[tuple[str, str]] = field(default_factory=list)

    def arguments(self, instruction: str) -> list[str]:
        """What stands behind every occurrence of an instruction."""
        return [rest for word, rest in self.instructions if word == instruction]


def dockerfile() -> dict[str, Stage]:
    """Stages of deploy/Dockerfile by name, in order; ``ARG`` defaults are filled in."""
    text = (ROOT / "deploy" / "Dockerfile").read_text()
    lines = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)).splitlines()
    arguments: dict[str, str] = {}
    stages: dict[str, Stage] = {}
    current: Stage | None = None
    for line in filter(None, lines):
        word, rest = line.split(maxsplit=1)
        if word == "ARG":
            name, _, default = rest.partition("=")
            arguments[name] = default
        elif word == "FROM":
            base, _, name = shlex.split(interpolated(rest, arguments))
            current = stages[name] = Stage(base)
        else:
            assert current is not None
            current.instructions.append((word, " ".join(rest.split())))
    return stages
