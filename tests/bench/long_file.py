"""Memory of the worker while it ingests a file of three hours, and the time to start the stack."""

from __future__ import annotations

import json
import threading
from pathlib import Path

from tests.bench.clips import write_long_mp3
from tests.bench.cpu import resident_bytes
from tests.bench.report import Row, at_most
from tests.bench.stack import BenchStack

HOURS = 3.0
LIMIT_MB = 600.0
SAMPLE_SECONDS = 0.2


def measure(catalogue: Path, folder: Path) -> tuple[list[Row], dict]:
    """Rows and raw numbers; memory in MB (10⁶ bytes), of the largest process of the worker."""
    path = folder / "long.mp3"
    folder.mkdir(parents=True, exist_ok=True)
    write_long_mp3(catalogue, path, HOURS)
    peaks: dict[int, int] = {}
    with BenchStack(folder / "stack") as stack:
        worker = stack.part_pid("worker")
        idle = max(resident_bytes(worker).values())
        stop = threading.Event()
        watcher = threading.Thread(target=_watch, args=(worker, peaks, stop))
        watcher.start()
        try:
            answer = json.loads(stack.segue("ingest", str(path), "--json"))
        finally:
            stop.set()
            watcher.join()
        ready = stack.seconds_to_ready
    if answer["indexed"] != 1:
        raise RuntimeError(f"the long file was not indexed: {answer}")
    peak = max(peaks.values()) / 1e6
    rows = [
        at_most("memory", "worker process on a 3 h MP3, peak RSS", peak, LIMIT_MB, "MB"),
        Row("memory", "worker process at rest", f"{idle / 1e6:.0f} MB"),
        Row("start", "segue up until ready", f"{ready:.1f} s"),
    ]
    return rows, {"peak_mb": peak, "idle_mb": idle / 1e6, "ready_s": ready}


def _watch(pid: int, peaks: dict[int, int], stop: threading.Event) -> None:
    while not stop.wait(SAMPLE_SECONDS):
        for process, size in resident_bytes(pid).items():
            peaks[process] = max(size, peaks.get(process, 0))
