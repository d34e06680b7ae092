"""Memory of a stack at rest: what each part adds to what the machine has in use."""

from __future__ import annotations

import time
from pathlib import Path

from tests.bench.cpu import proportional_bytes
from tests.bench.report import Row, at_most
from tests.bench.stack import BenchStack

LIMIT_MB = 450.0
SETTLE_SECONDS = 10.0


def measure(catalogue: Path, folder: Path) -> tuple[list[Row], dict[str, object]]:
    """Rows and raw numbers in MB (10⁶ bytes) of proportional set size, after the demo was ingested.

    A page that n processes share counts as 1/n in each.
    """
    with BenchStack(folder) as stack:
        stack.segue("ingest", str(catalogue), "--json")
        time.sleep(SETTLE_SECONDS)
        pids = {name: part.pid for name, part in stack.state.parts.items()}
        sizes = {name: proportional_bytes(pid) for name, pid in pids.items() if pid is not None}
        own = proportional_bytes(stack.pid)
    inside = {process for part in sizes.values() for process in part}
    sizes["supervisor"] = {pid: size for pid, size in own.items() if pid not in inside}
    megabytes = {name: sum(part.values()) / 1e6 for name, part in sizes.items()}
    processes = sum(map(len, sizes.values()))
    rows = [
        Row("idle", f"{name} ({len(sizes[name])} processes)", f"{megabytes[name]:.0f} MB PSS")
        for name in sizes
    ]
    total = sum(megabytes.values())
    rows.append(at_most("idle", f"stack at rest, {processes} processes", total, LIMIT_MB, "MB"))
    return rows, {"megabytes": megabytes, "processes": processes}
