"""Can a passage find its own recording? A folder of real recordings, one 15 s passage of each."""

from __future__ import annotations

import json
from pathlib import Path

from rich.console import Console
from rich.table import Table
from tests.bench.report import Row, at_least
from tests.bench.stack import BenchStack

from segue.audio.decoding import probe

ENDINGS = {".mp3", ".ogg", ".flac", ".m4a", ".wav", ".opus"}
PASSAGE_SECONDS = 15.0
START_SHARE = 0.45
"""Passages start here: 45 % into the recording."""


def measure(music: Path, data: Path) -> tuple[list[Row], dict]:
    """Ingest ``music``, search by a passage of each recording; rows and the list of ranks."""
    files = sorted(path for path in music.iterdir() if path.suffix.lower() in ENDINGS)
    with BenchStack(data) as stack:
        ingested = json.loads(stack.segue("ingest", str(music), "--json"))
        found = [_rank(stack, path) for path in files]
    table = Table(title=f"Passages of {len(files)} recordings", title_justify="left")
    for column in ("recording", "start s", "rank", "first answer", "similarity"):
        table.add_column(column, overflow="fold")
    for row in found:
        rank = row["error"] or ("-" if row["rank"] is None else str(row["rank"]))
        table.add_row(row["file"], f"{row['start']:.0f}", rank, row["first"], row["similarity"])
    Console(width=118).print(table)
    first = sum(row["rank"] == 1 for row in found)
    five = sum(row["rank"] is not None and row["rank"] <= 5 for row in found)
    rows = [
        Row("recordings", "indexed", f"{ingested['indexed']} of {len(files)}"),
        at_least("recordings", "own recording first", first, 20),
        at_least("recordings", "own recording among first five", five, 28),
    ]
    return rows, {"ingest": ingested, "found": found}


def _rank(stack, path: Path) -> dict:
    length = probe(path).duration_seconds or 0.0
    start = max(0.0, min(START_SHARE * length, length - PASSAGE_SECONDS))
    passage = ("--start", f"{start:.3f}", "--length", str(PASSAGE_SECONDS))
    answer = json.loads(
        stack.segue("search", "--file", str(path), *passage, "--limit", "31", "--json")
    )
    results = answer.get("results", [])
    uris = [result["track"]["source_uri"] for result in results]
    rank = next((n for n, uri in enumerate(uris, 1) if uri.endswith(path.as_uri()[7:])), None)
    return {
        "file": path.name,
        "start": start,
        "rank": rank,
        "first": results[0]["track"]["metadata"].get("title", "") if results else "",
        "similarity": f"{results[0]['score']:.3f}" if results else "",
        "error": answer.get("error", {}).get("reason", ""),
    }
