"""What one cheap client costs the others: latencies of a guest with and without each attack."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import psutil
from tests.bench.attack import KINDS
from tests.bench.catalogue import filled, make_catalogue, track_id
from tests.bench.report import Row, at_most
from tests.bench.stack import BenchStack

from segue.v1 import catalog_service_pb2 as catalog
from segue.v1 import similarity_service_pb2 as similarity
from segue.v1.catalog_service_pb2_grpc import CatalogServiceStub
from segue.v1.similarity_service_pb2_grpc import SimilarityServiceStub

TRACKS = 20_000
SECONDS = 8.0
STARTING_SECONDS = 4.0
"""How long an attack runs before its effect is measured."""

PAUSE_SECONDS = 0.02
PAGE = 10
LIMIT_MS = 50.0


def measure(folder: Path) -> tuple[list[Row], dict[str, object]]:
    """Rows and raw numbers; each attack is measured beside a time without one just before."""
    data = filled(folder, make_catalogue(TRACKS))
    rows: list[Row] = []
    raw: dict[str, object] = {"load_before": os.getloadavg()}
    with BenchStack(data) as stack:
        probe(stack.address, STARTING_SECONDS)  # what only the first calls cost
        for kind in KINDS:
            without = probe(stack.address, SECONDS / 2)
            attacked = under_attack(stack, kind)
            raw[kind] = {"without": without, **attacked}
            for method, numbers in attacked["latencies_ms"].items():
                calm = without[method]
                name = f"{kind}: {method}, p99 without {calm['p99']:.1f} ms"
                if numbers["failed"]:
                    name += f"; {numbers['failed']:.0f} of {numbers['calls']:.0f} failed"
                rows.append(at_most("attacks", name, numbers["p99"], LIMIT_MS, "ms p99"))
            rows.append(
                Row(
                    "attacks",
                    f"{kind}: most memory / descriptors of the query service",
                    f"{attacked['memory_mb']:.0f} MB / {attacked['descriptors']}",
                )
            )
            rows.append(Row("attacks", f"{kind}: its calls", _words(attacked["endings"])))
    raw["load_after"] = os.getloadavg()
    return rows, raw


def under_attack(stack: BenchStack, kind: str) -> dict[str, Any]:
    """Latencies of a guest during an attack, what the service takes, and how its calls ended."""
    command = [sys.executable, "-m", "tests.bench.attack", stack.address, kind]
    service = psutil.Process(stack.part_pid("query"))
    seen: list[tuple[float, int]] = []
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.05):
            seen.append((service.memory_info().rss / 1e6, service.num_fds()))

    with subprocess.Popen(
        [*command, str(STARTING_SECONDS + SECONDS + 2)], stdout=subprocess.PIPE
    ) as attacker:
        watching = threading.Thread(target=watch)
        watching.start()
        assert attacker.stdout is not None
        attacker.stdout.readline()  # it is ready
        time.sleep(STARTING_SECONDS)
        latencies = probe(stack.address, SECONDS)
        endings = json.loads(attacker.stdout.read())
    ended.set()
    watching.join()
    return {
        "latencies_ms": latencies,
        "endings": endings,
        "memory_mb": max(memory for memory, _ in seen),
        "descriptors": max(files for _, files in seen),
    }


def probe(address: str, seconds: float) -> dict[str, dict[str, float]]:
    """Latencies in ms of one guest who lists, looks up and searches, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.attacks", address, str(seconds)],
        stdout=subprocess.PIPE,
        check=True,
    )
    answer: dict[str, dict[str, float]] = json.loads(done.stdout)
    return answer


async def latencies(address: str, seconds: float) -> dict[str, dict[str, float]]:
    """Call each of the three in turn for some seconds; failed calls are counted too."""
    taken: dict[str, list[float]] = {"ListTracks": [], "GetTrack": [], "search by track": []}
    refused: Counter[str] = Counter()
    rng = np.random.default_rng(5)
    ends = time.monotonic() + seconds
    async with grpc.aio.insecure_channel(address) as channel:
        listing = CatalogServiceStub(channel)
        searching = SimilarityServiceStub(channel)
        while time.monotonic() < ends:
            name = track_id(int(rng.integers(TRACKS)))
            calls = {
                "ListTracks": lambda: listing.ListTracks(
                    catalog.ListTracksRequest(page_size=PAGE), timeout=30
                ),
                "GetTrack": lambda name=name: listing.GetTrack(
                    catalog.GetTrackRequest(track_id=name), timeout=30
                ),
                "search by track": lambda name=name: searching.SearchSimilarTracks(
                    similarity.SearchSimilarTracksRequest(seed={"track_id": name}, page_size=PAGE),
                    timeout=30,
                ),
            }
            for method, call in calls.items():
                started = time.perf_counter()
                try:
                    await call()
                except grpc.aio.AioRpcError:
                    refused[method] += 1
                taken[method].append(1000 * (time.perf_counter() - started))
                await asyncio.sleep(PAUSE_SECONDS)
    return {
        method: {
            "p50": float(np.percentile(values, 50)),
            "p99": float(np.percentile(values, 99)),
            "calls": len(values),
            "failed": refused[method],
        }
        for method, values in taken.items()
    }


def _words(endings: dict[str, int]) -> str:
    return ", ".join(f"{count} {how}" for how, count in sorted(endings.items())) or "none ended"


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(latencies(sys.argv[1], float(sys.argv[2])))))
