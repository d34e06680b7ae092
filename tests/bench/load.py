"""A load generator in a process of its own: latencies of searches at some concurrency.

Run as ``python -m tests.bench.load ADDRESS CALLERS REQUESTS KIND < queries.npy``; prints JSON.
"""

from __future__ import annotations

import asyncio
import io
import json
import sys
import time

import grpc
import numpy as np
from tests.bench.catalogue import track_id

from segue.v1 import similarity_service_pb2 as api
from segue.v1 import similarity_service_pb2_grpc as stubs

PAGE = 10


async def run(address: str, callers: int, requests: int, kind: str, queries: np.ndarray) -> dict:
    """Answer latencies in ms and requests per second; every caller waits for its answer."""
    messages = [
        api.SearchSimilarTracksRequest(seed=_seed(kind, n, query), page_size=PAGE)
        for n, query in enumerate(queries)
    ]
    latencies: list[float] = []
    numbers = iter(range(requests))
    async with grpc.aio.insecure_channel(address) as channel:
        search = stubs.SimilarityServiceStub(channel).SearchSimilarTracks

        async def caller() -> None:
            for number in numbers:
                started = time.perf_counter()
                answer = await search(messages[number % len(messages)], timeout=30)
                latencies.append(time.perf_counter() - started)
                if len(answer.results) != PAGE:
                    raise RuntimeError(f"{len(answer.results)} results instead of {PAGE}")

        started = time.perf_counter()
        await asyncio.gather(*(caller() for _ in range(callers)))
        seconds = time.perf_counter() - started
    p50, p99 = (1000 * float(np.percentile(latencies, q)) for q in (50, 99))
    return {"p50_ms": p50, "p99_ms": p99, "per_second": requests / seconds}


def _seed(kind: str, number: int, query: np.ndarray) -> api.Seed:
    if kind == "track":
        return api.Seed(track_id=track_id(number))
    return api.Seed(embedding=api.EmbeddingSeed(values=query.tolist()))


if __name__ == "__main__":
    address, callers, requests, kind = sys.argv[1:]
    queries = np.load(io.BytesIO(sys.stdin.buffer.read()))
    answer = asyncio.run(run(address, int(callers), int(requests), kind, queries))
    sys.stdout.write(json.dumps(answer))
