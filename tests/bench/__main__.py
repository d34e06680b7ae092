"""``make bench``: measure, print a table, write JSON."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click
from tests.bench import (
    attacks,
    catalogue_map,
    deep,
    duplicates,
    estimates,
    filters,
    front_end,
    idle,
    index,
    ingest,
    long_file,
    models,
    page,
    query,
    recordings,
    sync,
    training,
    waiting,
)
from tests.bench.report import Row, publish

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "deploy" / "demo" / "catalogue"
MODELS = ROOT / "model_repository"
PARTS = (
    "ingest",
    "front-end",
    "query",
    "deep",
    "filters",
    "index",
    "memory",
    "idle",
    "waiting",
    "models",
    "training",
    "attacks",
    "recordings",
    "duplicates",
    "sync",
    "estimates",
    "page",
    "map",
)


@click.command()
@click.option("--only", type=click.Choice(PARTS), multiple=True, help="Measure only this part.")
@click.option(
    "--tracks", default=100_000, show_default=True, help="Tracks of query, index and sync."
)
@click.option(
    "--clips", default=60, show_default=True, help="Files of each round of the ingest part."
)
@click.option("--music", type=click.Path(path_type=Path, exists=True, file_okay=False),
              help="Folder of real recordings: also search by a passage of each, and know copies "
              "of some again.")  # fmt: skip
@click.option("--rendered", type=click.Path(path_type=Path, exists=True, file_okay=False),
              help="Folder of `segue corpus render`: also hear tempo and key of each "
              "track.")  # fmt: skip
@click.option("--work", type=click.Path(path_type=Path), default=ROOT / "data" / "bench",
              show_default=True, help="Keeps the filled index.")  # fmt: skip
@click.option("--output", type=click.Path(path_type=Path), default=ROOT / "data" / "bench.json",
              show_default=True)  # fmt: skip
def main(
    only: tuple[str, ...],
    tracks: int,
    clips: int,
    music: Path | None,
    rendered: Path | None,
    work: Path,
    output: Path,
) -> None:
    """Measure ingest, query, memory and start-up. Ratios hold within one run."""
    chosen = only or PARTS
    work.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    raw: dict[str, object] = {}
    with tempfile.TemporaryDirectory(prefix="segue-bench-") as name:
        folder = Path(name)
        measures = {
            "ingest": lambda: ingest.measure(CATALOGUE, MODELS, folder / "ingest", clips),
            "front-end": lambda: front_end.measure(CATALOGUE, MODELS),
            "query": lambda: query.measure(work, tracks),
            "deep": lambda: deep.measure(work, tracks),
            "filters": lambda: filters.measure(folder / "filters", min(tracks, 20_000)),
            "index": lambda: index.measure(work, folder / "index", tracks),
            "models": lambda: models.measure(MODELS),
            "training": training.measure,
            "idle": lambda: idle.measure(CATALOGUE, folder / "idle"),
            "waiting": lambda: waiting.measure(CATALOGUE, folder / "waiting"),
            "attacks": lambda: attacks.measure(work),
            "sync": lambda: sync.measure(folder / "sync", tracks),
            "page": lambda: page.measure(CATALOGUE, folder / "page"),
            "map": lambda: catalogue_map.measure(folder / "map"),
            "memory": lambda: long_file.measure(CATALOGUE, folder / "long"),
        }
        if music is not None:
            measures["recordings"] = lambda: recordings.measure(music, folder / "recordings")
            measures["duplicates"] = lambda: duplicates.measure(music, MODELS)
        for part in ("recordings", "duplicates"):
            if part in only and music is None:
                raise click.UsageError(f"--only {part} needs --music FOLDER")
        if rendered is not None:
            measures["estimates"] = lambda: estimates.measure(MODELS, rendered)
        elif "estimates" in only:
            raise click.UsageError("--only estimates needs --rendered FOLDER")
        for part in chosen:
            if part in measures:
                more, raw[part] = measures[part]()
                rows += more
    output.parent.mkdir(parents=True, exist_ok=True)
    publish(rows, raw, output)


if __name__ == "__main__":
    main()
