"""A query service that is restarted under its callers, with real model, index and processes."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import numpy as np
import pytest

from segue.embedding.triton import TritonEmbedder
from segue.stack.ports import free_ports
from segue.stack.triton import TritonServer, plan_launch
from segue.v1 import catalog_service_pb2
from segue.v1 import similarity_service_pb2 as messages
from segue.v1.catalog_service_pb2_grpc import CatalogServiceStub
from segue.v1.similarity_service_pb2_grpc import SimilarityServiceStub
from waiting import PATIENCE_SECONDS, until_async

MODEL = "contrastive"
CALLERS = 4
RESTARTS = 3


@pytest.fixture(scope="module")
def triton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TritonServer]:
    folder = tmp_path_factory.mktemp("triton")
    with TritonServer(plan_launch(folder, models=[MODEL]), folder / "triton.log") as running:
        yield running


def start(folder: Path, listen: str, triton: TritonServer) -> subprocess.Popen[bytes]:
    variables = {name: text for name, text in os.environ.items() if not name.startswith("SEGUE_")}
    return subprocess.Popen(
        [sys.executable, "-m", "segue", "query", "--listen", listen],
        env={
            **variables,
            "SEGUE_TRITON_URL": triton.launch.grpc_url,
            "SEGUE_MODEL": MODEL,
            "SEGUE_OPEN_TO_EVERYBODY": "1",
            "SEGUE_REDIS_URL": "redis://127.0.0.1:1/0",
            "SEGUE_INDEX_URL": f"edge://{folder}/index",
            "SEGUE_SPOOL": str(folder / "spool"),
            "SEGUE_SHUTDOWN_GRACE_SECONDS": "60",
        },
    )


async def fill(channel: grpc.aio.Channel, triton: TritonServer) -> None:
    embedder = TritonEmbedder(triton.launch.grpc_url, MODEL)
    card = await embedder.card()
    await embedder.close()
    random = np.random.default_rng(1)
    tracks = [
        {"track": {"track_id": name}, "values": random.standard_normal(card.dimension).tolist()}
        for name in ("a", "b", "c")
    ]
    request = catalog_service_pb2.UpsertTracksRequest(embedding_space=card.space, tracks=tracks)
    stub = CatalogServiceStub(channel)  # type: ignore[no-untyped-call]
    await stub.UpsertTracks(request, wait_for_ready=True, timeout=PATIENCE_SECONDS)


@pytest.mark.timeout(300)
async def test_no_call_fails_over_a_restart(triton: TritonServer, tmp_path: Path) -> None:
    listen = f"127.0.0.1:{free_ports(1)[0]}"
    process = start(tmp_path, listen, triton)
    answered = dict.fromkeys(range(CALLERS), 0)
    restarting, ended = asyncio.Event(), asyncio.Event()

    async def call(number: int) -> None:
        # A channel of its own each, whose next attempt to connect is not put off for long.
        options = (
            ("grpc.use_local_subchannel_pool", 1),
            ("grpc.initial_reconnect_backoff_ms", 20),
            ("grpc.max_reconnect_backoff_ms", 200),
        )
        async with grpc.aio.insecure_channel(listen, options=options) as own:
            stub = SimilarityServiceStub(own)  # type: ignore[no-untyped-call]
            request = messages.SearchSimilarTracksRequest(seed={"track_id": "a"})
            while not ended.is_set():
                try:
                    answer = await stub.SearchSimilarTracks(
                        request, wait_for_ready=True, timeout=PATIENCE_SECONDS
                    )
                except grpc.aio.AioRpcError as error:
                    # What arrives before a caller has heard that gRPC stops, it cancels. That is
                    # not the answer of a service that was not ready.
                    if error.code() is not grpc.StatusCode.CANCELLED or not restarting.is_set():
                        raise
                    continue
                assert len(answer.results) == 2
                answered[number] += 1

    async def all_answered() -> None:
        before = dict(answered)
        await until_async(
            lambda: all(answered[number] > before[number] + 1 for number in answered), every=0.01
        )

    try:
        async with grpc.aio.insecure_channel(listen) as channel:
            await fill(channel, triton)
        async with asyncio.TaskGroup() as callers:
            for number in answered:
                callers.create_task(call(number))
            await all_answered()
            for _ in range(RESTARTS):
                restarting.set()
                process.send_signal(signal.SIGTERM)
                assert await asyncio.to_thread(process.wait, PATIENCE_SECONDS) == 0
                os.kill(triton.pid, signal.SIGSTOP)
                try:
                    process = start(tmp_path, listen, triton)
                    # Long enough to listen too early, if it did.
                    await asyncio.sleep(3)
                    with pytest.raises(ConnectionRefusedError):
                        await asyncio.open_connection(*listen.split(":"))
                finally:
                    os.kill(triton.pid, signal.SIGCONT)
                await all_answered()
                restarting.clear()
            ended.set()
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, PATIENCE_SECONDS)
