"""The default model has one place, ``segue.settings.DEFAULT_MODEL``; what names it agrees."""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner

from segue.cli import main
from segue.embedding.configuration import models_in, newest_version
from segue.resources import resource_folder
from segue.settings import DEFAULT_MODEL, ModelSettings

REPOSITORY = resource_folder("model_repository")
ROOT = REPOSITORY.parent


def named(path: Path, pattern: str) -> set[str]:
    return set(re.findall(pattern, path.read_text(), re.MULTILINE))


def test_it_stands_in_the_repository() -> None:
    assert (REPOSITORY / DEFAULT_MODEL / "config.pbtxt").is_file()
    assert newest_version(REPOSITORY / DEFAULT_MODEL) >= 1


def test_every_model_that_ships_is_among_the_repository_s() -> None:
    shipped = {path.parent.name for path in REPOSITORY.glob("*/config.pbtxt")}
    assert DEFAULT_MODEL in shipped
    assert models_in(REPOSITORY) == sorted(shipped)


def test_processes_and_commands_take_it() -> None:
    assert ModelSettings().model == DEFAULT_MODEL
    for command, words in (
        ("up", f"that of the folder's catalogue, or {DEFAULT_MODEL} for a new one"),
        ("embed", f"stack or catalogue, or {DEFAULT_MODEL} where there is none"),
    ):
        told = CliRunner().invoke(main, [command, "--help"], env={"COLUMNS": "120"}).output
        assert words in " ".join(told.split())


def test_the_pages_name_it() -> None:
    assert named(REPOSITORY / "README.md", r"^\| `(\w+)` \|.*the default") == {DEFAULT_MODEL}
    assert named(ROOT / "README.md", r"model (\w+) on [cg]pu") == {DEFAULT_MODEL}
    assert named(ROOT / "docs" / "ingest.md", r"`SEGUE_MODEL`.*`127\S+`, `(\w+)`") == {
        DEFAULT_MODEL
    }
    assert named(ROOT / ".env.example", r"SEGUE_MODEL=(\w+)") <= {
        path.parent.name for path in REPOSITORY.glob("*/config.pbtxt")
    }
