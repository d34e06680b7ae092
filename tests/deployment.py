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


@dataclass(frozen=True, slots=True)
class Image:
    """A pinned image: its name, its version as numbers, and its digest ("" where it has none)."""

    name: str
    version: tuple[int, ...]
    digest: str

    @classmethod
    def of(cls, text: str) -> Image:
        """Read ``name:[v]1.2.3[-variant][@sha256:...]``; ``ValueError`` for anything else."""
        found = _IMAGE.fullmatch(text)
        if found is None:
            raise ValueError(f"{text} is not pinned to one version")
        numbers = tuple(int(number) for number in found["version"].split("."))
        return cls(found["name"], numbers, found["digest"] or "")


_IMAGE = re.compile(
    r"(?P<name>[a-z0-9./-]+):v?(?P<version>\d+(\.\d+)+)(-[a-z0-9-]+)?"
    r"(@(?P<digest>sha256:[0-9a-f]{64}))?"
)


def misplaced_tmpfs(service: dict[str, Any], made: set[str]) -> set[str]:
    """Folders of a service on which a tmpfs must not lie.

    Docker gives a tmpfs the mode of the folder beneath. A folder that the image lacks is made when
    the container starts for the first time, as root's: from the second start on, nobody else can
    write there. Every image has /tmp; ``made`` are the further folders that the service's own image
    makes for its user.
    """
    listed = service.get("tmpfs", [])
    mounts = [listed] if isinstance(listed, str) else listed
    folders = {mount.split(":")[0] for mount in mounts}
    for volume in service.get("volumes", ()):
        if isinstance(volume, dict) and volume["type"] == "tmpfs":
            folders.add(volume["target"])
    return folders - {"/tmp"} - made


def segue_services() -> dict[str, dict[str, Any]]:
    """The services that run Segue's own image."""
    return {name: one for name, one in SERVICES.items() if "build" in one}


@dataclass(slots=True)
class Stage:
    """One stage of a Dockerfile: its base, and its instructions after ``FROM`` in order.

    ``values`` are the build arguments that it may use, with their defaults; ``USER`` is filled in.
    """

    base: str
    instructions: list[tuple[str, str]] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)

    def arguments(self, instruction: str) -> list[str]:
        """What stands behind every occurrence of an instruction."""
        return [rest for word, rest in self.instructions if word == instruction]

    def made_folders(self) -> set[str]:
        """Folders that ``install --directory --owner segue`` makes for the user of the image."""
        commands = (
            shlex.split(command)
            for run in self.arguments("RUN")
            for command in run.split("&&")
            if command.strip().startswith("install --directory")
        )
        return {
            word
            for words in commands
            if words[2:4] == ["--owner", "segue"]
            for word in words
            if word.startswith("/")
        }


def dockerfile(**given: str) -> dict[str, Stage]:
    """Stages of deploy/Dockerfile by name, in order, for the build arguments ``given``."""
    text = (ROOT / "deploy" / "Dockerfile").read_text()
    lines = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)).splitlines()
    outside: dict[str, str] = {}
    stages: dict[str, Stage] = {}
    current: Stage | None = None
    for line in filter(None, lines):
        word, rest = line.split(maxsplit=1)
        rest = " ".join(rest.split())
        if word == "ARG":
            name, _, default = rest.partition("=")
            if current is None:
                outside[name] = given.get(name, default)
            else:
                # Without a default of its own, the value from outside of the stages comes in.
                current.values[name] = given.get(name, default or outside.get(name, ""))
        elif word == "FROM":
            base, _, name = shlex.split(interpolated(rest, outside))
            inherited = dict(stages[base].values) if base in stages else {}
            current = stages[name] = Stage(base, values=inherited)
        else:
            assert current is not None
            if word == "USER":
                rest = interpolated(rest, current.values)
            current.instructions.append((word, rest))
    return stages
