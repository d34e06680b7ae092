"""``segue demo``: the whole way of the data, once, on the demo catalogue."""

from __future__ import annotations

import contextlib
import os
import shlex
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from segue.cli.client import SegueClient
from segue.cli.manifest import read_manifest
from segue.cli.metrics_page import read_metrics
from segue.cli.stack_address import data_folder
from segue.command import SegueCommand
from segue.ingest_jobs import IngestItem
from segue.limits import LARGEST_SEARCH_PAGE
from segue.mix import Mix
from segue.output import PlainConsole, styled
from segue.resources import resource_folder
from segue.stack.running import RunningStack
from segue.stack.triton_wheel import fetch_triton
from segue.v1 import similarity_service_pb2
from segue.wire.search import mix_to_message

SEED = "demo-folk-4"
GENRES = ("folk", "piano", "classical")
MOODS = ("calm", "romantic", "melancholic")
LISTENER = "chioma"
WEIGHT = 0.35
ANSWERS = 8


@dataclass(frozen=True, slots=True)
class DemoFiles:
    """What the demo works on."""

    manifest: Path
    excerpt: Path
    scores: Path

    @classmethod
    def find(cls) -> DemoFiles:
        """The files that come with Segue."""
        folder = resource_folder("deploy/demo")
        return cls(
            manifest=folder / "catalogue" / "manifest.jsonl",
            excerpt=folder / "excerpt.mp3",
            scores=folder / "collaborative_scores.csv",
        )


@click.command(cls=SegueCommand)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Data folder to use and keep.  [default: one that is removed at the end]",
)
def demo(data: Path | None) -> None:
    """Start a stack, ingest the demo catalogue, search it in four ways, stop."""
    files = DemoFiles.find()
    console = PlainConsole()
    if not os.environ.get("SEGUE_TRITON_URL"):
        fetch_triton(lambda phrase: console.print(f"{phrase} ..."))
    began = time.monotonic()
    with _folder(data) as folder:
        # The commands that the demo shows find their stack as a user's would.
        os.environ["SEGUE_DATA"] = os.fspath(folder)
        stack = RunningStack(folder, ("--collaborative-scores", os.fspath(files.scores)))
        _step(console, "Start the embedded stack: queue, inference, index, worker, gRPC API")
        _command(console, "up", "--collaborative-scores", _shown(files.scores))
        with stack:
            _addresses(console, stack)
            _tour(console, stack, files)
            _step(console, "Stop")
        console.print(f"Everything is stopped. The demo took {time.monotonic() - began:.0f} s.")
    console.print("Keep a stack running with: segue up (in a checkout: make up)")


def _tour(console: PlainConsole, stack: RunningStack, files: DemoFiles) -> None:
    _step(console, "Ingest the demo catalogue: decode, log-mel, embed, index")
    _run(console, "ingest", _shown(files.manifest))

    _step(console, "What is there now")
    _run(console, "status")

    seed = next(item for item in read_manifest(files.manifest).items if item.track_id == SEED)
    by_seed = ("--track", SEED, "--limit", str(ANSWERS))
    _step(console, f"Tracks that sound like {_name(seed)} ({', '.join(seed.metadata.genres)})")
    _run(console, "search", *by_seed)

    chosen = [word for genre in GENRES for word in ("--genre", genre)]
    chosen += [word for mood in MOODS for word in ("--mood", mood)]
    _step(console, f"The same, only {_either(MOODS)}, in three genres")
    _run(console, "search", *by_seed, *chosen)

    _step(console, "Tracks with a passage that sounds like a file from outside the catalogue")
    _run(console, "search", "--file", _shown(files.excerpt), "--limit", str(ANSWERS))

    _step(console, f"The first search mixed with what the listener {LISTENER} likes")
    _run(console, "search", *by_seed, "--user", LISTENER, "--weight", str(WEIGHT))
    _moves(console, stack)

    _step(console, "Metrics, for Prometheus")
    _metrics(console, stack)


@contextlib.contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    if data is not None:
        yield data_folder(data).root
        return
    with tempfile.TemporaryDirectory(prefix="segue-demo-") as folder:
        yield Path(folder)


def _step(console: PlainConsole, title: str) -> None:
    console.print()
    console.rule(styled(title, "bold"), align="left")


def _command(console: PlainConsole, *words: str) -> None:
    # The terminal wraps it, so that it can be copied as one line.
    console.print(f"$ {shlex.join(('segue', *words))}", style="cyan", soft_wrap=True)


def _run(console: PlainConsole, *words: str) -> None:
    segue = click.get_current_context().find_root().command
    _command(console, *words)
    segue.main(list(words), standalone_mode=False)


def _addresses(console: PlainConsole, stack: RunningStack) -> None:
    state = stack.state
    console.print(
        f"Ready after {stack.seconds_to_ready:.1f} s: gRPC at {state.address}, model {state.model} "
        f"on {state.device}."
    )


def _moves(console: PlainConsole, stack: RunningStack) -> None:
    """Print how the mix changed the order of the first search."""
    with SegueClient(stack.address, token=stack.token) as client:
        acoustic = _order(client, None)
        mixed = _order(client, Mix(user_id=LISTENER, weight=WEIGHT))
    table = Table(title="How the order changed", title_justify="left")
    for column in ("track", "acoustic", "mixed", ""):
        table.add_column(column, justify="left" if column == "track" else "right")
    for track_id in mixed[:ANSWERS]:
        before, after = _rank(acoustic, track_id), mixed.index(track_id) + 1
        move = "" if before is None or before == after else "▲" if after < before else "▼"
        table.add_row(track_id, "–" if before is None else str(before), str(after), move)
    gone = [track_id for track_id in acoustic[:ANSWERS] if track_id not in mixed[:ANSWERS]]
    console.print(table)
    if gone:
        console.print(f"No longer among the first {ANSWERS}: {', '.join(gone)}")


def _order(client: SegueClient, mix: Mix | None) -> list[str]:
    answer = client.search(
        similarity_service_pb2.SearchSimilarTracksRequest(
            seed=similarity_service_pb2.Seed(track_id=SEED),
            mix=None if mix is None else mix_to_message(mix),
            page_size=LARGEST_SEARCH_PAGE,
        )
    )
    return [result.track.track_id for result in answer.results]


def _rank(order: Sequence[str], track_id: str) -> int | None:
    return order.index(track_id) + 1 if track_id in order else None


def _metrics(console: PlainConsole, stack: RunningStack) -> None:
    parts = stack.state.parts
    numbers: dict[str, dict[str, float]] = {}
    for name, part in parts.items():
        if part.metrics:
            console.print(f"{name:>8}  http://{part.metrics}")
            numbers[name] = read_metrics(part.metrics)
    console.print(f"          as file_sd targets: {stack.folder.targets_file}", soft_wrap=True)
    query, worker = numbers.get("query", {}), numbers.get("worker", {})
    table = Table(show_header=False)
    rows: list[tuple[str, Any]] = [
        ("answered RPCs", query.get("segue_rpc_total")),
        ("attempts at tracks", worker.get("segue_ingest_total")),
        ("seconds of audio embedded", worker.get("segue_ingest_audio_seconds_total")),
        ("inferences by Triton", numbers.get("triton", {}).get("nv_inference_count")),
    ]
    for name, value in rows:
        table.add_row(name, "–" if value is None else f"{value:,.0f}")
    console.print(table)


def _either(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _name(item: IngestItem) -> str:
    return f"“{item.metadata.title}” by {item.metadata.artist}"


def _shown(path: Path) -> str:
    """The path from here when that is shorter."""
    from_here = os.path.relpath(path)
    return min(from_here, os.fspath(path), key=len)
