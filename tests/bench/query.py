"""Searching 100,000 tracks: CPU beside the engine's own, latency, recall."""

from __future__ import annotations

import io
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import numpy as np
import qdrant_edge as edge
from tests.bench.catalogue import (
    DIMENSION,
    GENRES,
    SHARES,
    SPACE,
    Catalogue,
    filled,
    make_catalogue,
    make_queries,
)
from tests.bench.cpu import cpu_seconds
from tests.bench.load import PAGE
from tests.bench.report import Row, at_least, at_most
from tests.bench.stack import BenchStack

from segue.index.edge.engine import ShardLayout, load_shard
from segue.index.edge.generations import Generations
from segue.index.schema import AUDIO, DEFAULT_GRAPH, TRACKS, collection_name
from segue.v1 import similarity_service_pb2 as api
from segue.v1 import similarity_service_pb2_grpc as stubs
from segue.v1 import track_pb2

QUERIES = 500
RECALL_QUERIES = 200
ROUNDS = 5

CALLER_SECONDS = 0.0004
"""About what a caller takes between an answer and its next search; others use the core then."""


def measure(folder: Path, tracks: int) -> tuple[list[Row], dict]:
    """Rows and raw numbers. The filled index stays in ``folder`` for the next run."""
    catalogue = make_catalogue(tracks)
    queries = make_queries(QUERIES)
    data = filled(folder, catalogue)
    with bare_engine(data / "index") as shard, BenchStack(data) as stack:
        cpu = side_by_side(
            {
                "engine": lambda: engine_cpu_ms(shard, queries, payload=True),
                "engine, ids only": lambda: engine_cpu_ms(shard, queries, payload=False),
                "engine, paced": lambda: engine_cpu_ms(
                    shard, queries, payload=True, pause_seconds=CALLER_SECONDS
                ),
                "embedding seed": lambda: server_cpu_ms(stack, "embedding", queries),
                "track seed": lambda: server_cpu_ms(stack, "track", queries),
            }
        )
        null = null_rpc_cpu_ms(stack)
        one = load(stack, 1, 2_000, "embedding", queries)
        sixteen = load(stack, 16, 4_000, "embedding", queries)
        recall = {
            str(share): recall_at_10(stack, catalogue, queries, share) for share in (None, *SHARES)
        }
    seed = cpu["embedding seed"]
    rows = [
        Row("query", "engine in-process, with payloads", f"{cpu['engine']:.2f} ms CPU"),
        Row("query", "engine in-process, ids only", f"{cpu['engine, ids only']:.2f} ms CPU"),
        Row(
            "query",
            f"engine in-process, with payloads, {1000 * CALLER_SECONDS:g} ms apart",
            f"{cpu['engine, paced']:.2f} ms CPU",
        ),
        Row("query", "health check RPC", f"{null:.2f} ms CPU"),
        Row("query", "SearchSimilarTracks, embedding seed", f"{seed:.2f} ms CPU"),
        Row("query", "SearchSimilarTracks, track seed", f"{cpu['track seed']:.2f} ms CPU"),
        at_most("query", "server CPU ÷ engine CPU", seed / cpu["engine"], 2.0),
        Row(
            "query",
            "server CPU ÷ engine CPU, ids only",
            f"{seed / cpu['engine, ids only']:.2f} ×",
        ),
    ]
    for callers, numbers in ((1, one), (16, sixteen)):
        rows.append(
            Row(
                "query",
                f"{callers} concurrent: p50 / p99 / rate",
                f"{numbers['p50_ms']:.1f} / {numbers['p99_ms']:.1f} ms / "
                f"{numbers['per_second']:.0f}/s",
            )
        )
    for share, value in recall.items():
        name = "no filter" if share == "None" else f"filter keeps 1/{share}"
        rows.append(at_least("recall@10", name, value, 0.99))
    raw = {
        "tracks": tracks, "cpu_ms": cpu, "null_ms": null,
        "one": one, "sixteen": sixteen, "recall": recall,
    }  # fmt: skip
    return rows, raw


@contextmanager
def bare_engine(index: Path, kind: str = TRACKS) -> Iterator[edge.EdgeShard]:
    """The engine itself over a copy of a collection, in this process, without any adapter."""
    live = Generations(index / collection_name(kind, SPACE)).live
    assert live is not None
    with tempfile.TemporaryDirectory(prefix="segue-bench-") as folder:
        copy = Path(folder) / "shard"
        shutil.copytree(live, copy)
        genres = GENRES if kind == TRACKS else None
        shard = load_shard(copy, ShardLayout(kind, DIMENSION, genres, DEFAULT_GRAPH, 2_000))
        try:
            yield shard
        finally:
            shard.close()


def side_by_side(measures: dict[str, Callable[[], float]]) -> dict[str, float]:
    """Medians of measurements that take turns, so that the machine's moods hit all alike."""
    for measure_once in measures.values():
        measure_once()
    rounds = [{name: once() for name, once in measures.items()} for _ in range(ROUNDS)]
    return {name: statistics.median(one[name] for one in rounds) for name in measures}


def engine_cpu_ms(
    shard: edge.EdgeShard, queries: np.ndarray, *, payload: bool, pause_seconds: float = 0.0
) -> float:
    """CPU ms of the bare engine for the search that the RPC makes, pauses not counted.

    A server rests between the searches of one caller, and finds the core's caches colder after it:
    with ``pause_seconds`` the engine pays for that too.
    """
    params = edge.SearchParams(hnsw_ef=DEFAULT_GRAPH.search_ef)
    spent = 0.0
    for query in queries:
        if pause_seconds:
            time.sleep(pause_seconds)
        started = time.process_time()
        shard.query(
            edge.QueryRequest(
                limit=PAGE,
                query=edge.Query.Nearest(query, using=AUDIO),
                params=params,
                with_payload=payload,
            )
        )
        spent += time.process_time() - started
    return 1000 * spent / len(queries)


def server_cpu_ms(stack: BenchStack, kind: str, queries: np.ndarray) -> float:
    """CPU ms of the query process per search, one caller."""
    before = cpu_seconds(stack.part_pid("query"))
    load(stack, 1, 2 * len(queries), kind, queries)
    return 1000 * (cpu_seconds(stack.part_pid("query")) - before) / (2 * len(queries))


def null_rpc_cpu_ms(stack: BenchStack) -> float:
    """CPU ms of the query process per health check: what any RPC costs."""
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    requests = 2_000
    with grpc.insecure_channel(stack.address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        before = cpu_seconds(stack.part_pid("query"))
        for _ in range(requests):
            stub.Check(health_pb2.HealthCheckRequest())
        return 1000 * (cpu_seconds(stack.part_pid("query")) - before) / requests


def load(stack: BenchStack, callers: int, requests: int, kind: str, queries: np.ndarray) -> dict:
    """Latencies seen by a client in a process of its own."""
    buffer = io.BytesIO()
    np.save(buffer, queries)
    command = [sys.executable, "-m", "tests.bench.load", stack.address]
    done = subprocess.run(
        [*command, str(callers), str(requests), kind],
        input=buffer.getvalue(),
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout)


def recall_at_10(
    stack: BenchStack, catalogue: Catalogue, queries: np.ndarray, share: int | None
) -> float:
    """Share of the true ten nearest tracks that the service finds."""
    label = None if share is None else f"one-in-{share}"
    found = 0
    wanted = 0
    with grpc.insecure_channel(stack.address) as channel:
        search = stubs.SimilarityServiceStub(channel).SearchSimilarTracks
        for query in queries[:RECALL_QUERIES]:
            truth = set(catalogue.nearest(query, label, PAGE))
            request = api.SearchSimilarTracksRequest(
                seed=api.Seed(embedding=api.EmbeddingSeed(values=query.tolist())),
                page_size=PAGE,
                view=track_pb2.TRACK_VIEW_ID,
            )
            if label is not None:
                request.filter.genres.any_of.append(label)
            answer = search(request, timeout=30)
            found += len(truth & {result.track.track_id for result in answer.results})
            wanted += len(truth)
    return found / wanted
