"""Dependencies point one way: processes → adapters → domain."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import segue

PACKAGE = Path(segue.__file__).parent
DOMAIN = {
    "callers",
    "catalogues",
    "command",
    "deadlines",
    "durable",
    "errors",
    "exposure",
    "factors",
    "file_names",
    "file_times",
    "fingerprints",
    "ingest_jobs",
    "installed",
    "interaction_rows",
    "interactions",
    "kept_names",
    "layers",
    "limits",
    "listening",
    "listening_test",
    "log_lines",
    "map_colours",
    "map_work",
    "media_fragments",
    "memory_bound",
    "mix",
    "next_steps",
    "notation",
    "object_names",
    "openmp",
    "output",
    "owner_token",
    "pace",
    "permissions",
    "playlists",
    "published",
    "ranker",
    "recordings",
    "resources",
    "saved_playlists",
    "seeds",
    "secret_file",
    "service_status",
    "settings",
    "sign_in_codes",
    "telemetry",
    "texts",
    "track_map",
    "track_order",
    "ranges",
    "tracks",
    "turns",
    "user_folders",
    "v1",
    "variety",
    "wire",
    "words",
}
ADAPTERS = {
    "audio",
    "collaborative",
    "embedding",
    "exchange",
    "index",
    "jobs",
    "layout",
    "library",
    "media",
    "ranker_training",
    "ranking",
}
PROCESSES = {"__main__", "cli", "ingest", "query", "stack", "trainer", "web"}
ONLY_IN = {
    "PIL": "web",
    "botocore": "media",
    "implicit": "collaborative",
    "lightgbm": "ranker_training",
    "openTSNE": "layout",
    "pyarrow": "exchange",
    "torch": "trainer",
    "qdrant_client": "index",
    "qdrant_edge": "index",
    "tritonclient": "embedding",
}
# A model's front end is part of what the model says of itself; which files are music, audio/ knows;
# the command line starts stacks, and keeps accounts of the page; a ranker learns to mix what the
# others give.
ALLOWED_BESIDES = {
    ("embedding", "audio"),
    ("library", "audio"),
    ("media", "audio"),
    ("ranker_training", "collaborative"),
    ("ranker_training", "embedding"),
    ("ranker_training", "ranking"),
    ("__main__", "cli"),
    ("cli", "stack"),
    ("cli", "web"),
}


def modules() -> list[Path]:
    parts = ((path, path.relative_to(PACKAGE).parts[0]) for path in PACKAGE.rglob("*.py"))
    return sorted(path for path, first in parts if first not in {"v1", "__init__.py"})


def part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def allowed(importer: str, target: str) -> bool:
    if importer == target or (importer, target) in ALLOWED_BESIDES:
        return True
    if importer in DOMAIN:
        return target in DOMAIN
    if importer in ADAPTERS:
        return target in DOMAIN
    return target in DOMAIN | ADAPTERS


def test_every_part_has_a_layer() -> None:
    parts = {part(path) for path in modules()}
    assert parts <= DOMAIN | ADAPTERS | PROCESSES


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_towards_the_domain(path: Path) -> None:
    importer = part(path)
    for name in imported(path):
        root, _, rest = name.partition(".")
        if root in ONLY_IN:
            assert importer == ONLY_IN[root], f"{root} is imported outside {ONLY_IN[root]}/"
        if root == "segue" and rest:
            target = rest.split(".")[0]
            if target in DOMAIN | ADAPTERS | PROCESSES:
                assert allowed(importer, target), f"{importer} must not import segue.{target}"


@pytest.mark.parametrize(
    ("importer", "target", "expected"),
    [
        ("tracks", "index", False),
        ("index", "query", False),
        ("index", "ranking", False),
        ("query", "ingest", False),
        ("query", "index", True),
        ("cli", "stack", True),
        ("stack", "cli", False),
        ("embedding", "audio", True),
        ("ingest", "tracks", True),
    ],
)
def test_the_rule_itself(importer: str, target: str, expected: bool) -> None:
    assert allowed(importer, target) is expected
