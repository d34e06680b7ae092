"""All that query service and worker say as Compose runs them, from the start to the end.

Every line has one of the shapes below: an operator needs each of them. What a library says by
itself, in its own form or with lines of its source, has none.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import wave
from collections.abc import Iterator
from pathlib import Path

import grpc
import numpy as np
import pytest

from deployment import SERVICES, interpolated
from empty_qdrant import KEY, empty_qdrant
from redis_process import RedisProcess
from segue.owner_token import token_metadata
from segue.stack.ports import free_ports
from segue.stack.triton import TritonServer, plan_launch
from segue.v1 import catalog_service_pb2 as messages
from segue.v1.catalog_service_pb2_grpc import CatalogServiceStub
from waiting import PATIENCE_SECONDS, until_async

MODEL = "contrastive"
FILLED = {"QDRANT_API_KEY": KEY[1]}
TOKEN = "of-the-owner-of-this-stack"
BEGINNING = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} "

BOTH = (
    r"INFO segue\.index\.by_url: the key of the index goes to 0\.0\.0\.0 unencrypted; "
    r"qdrants:// asks for TLS",
    r"INFO segue\.embedding\.triton: model contrastive version 2 runs on the (cpu|gpu)",
)
SHAPES = {
    "query": (
        *BOTH,
        r"INFO segue\.query\.readiness: not listening yet: the (model|index) does not answer: .+",
        r"INFO segue\.query\.readiness: serving contrastive-v2",
        r"INFO segue\.query\.readiness: model and index answer",
        r"INFO segue\.query\.server: listening on port \d+",
        r"INFO segue\.query\.commands: stopping",
    ),
    "worker": (
        *BOTH,
        r"INFO celery\.worker\.consumer\.connection: Connected to redis://\S+",
        r"INFO celery\.apps\.worker: celery@\S+ ready\.",
        r"INFO segue\.ingest\.item_runner: file:///\S+: dead \(SOURCE_NOT_FOUND: cannot read .+\)",
        r"INFO segue\.ingest\.app: worker: Warm shutdown \(MainProcess\)",
        # While Redis is away:
        r"WARNING celery\.worker\.consumer\.consumer: consumer: Connection to broker lost\. .+",
        r"ERROR celery\.worker\.consumer\.consumer: consumer: Cannot connect to redis://\S+: .+ "
        r"Trying again in \d+\.\d\d seconds\.\.\. \(\d+/None\)",
        r"WARNING segue\.ingest\.\w+: .*the queue does not answer.*",
    ),
}


@pytest.fixture
def triton(tmp_path: Path) -> Iterator[TritonServer]:
    launch = plan_launch(tmp_path / "triton", models=[MODEL])
    with TritonServer(launch, tmp_path / "triton.log") as running:
        yield running


def environment(service: str, **places: object) -> dict[str, str]:
    """The variables of Compose, at the places of this machine."""
    given = {
        name: interpolated(str(value), FILLED)
        for name, value in SERVICES[service]["environment"].items()
        if value is not None
    }
    assert {name for name in places if name != "SEGUE_MODEL"} <= set(given)
    outside = {name: text for name, text in os.environ.items() if not name.startswith("SEGUE_")}
    # As the image has it.
    return {**outside, "PYTHONUNBUFFERED": "1", **given} | {k: str(v) for k, v in places.items()}


def begin(service: str, log: Path, variables: dict[str, str]) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "segue", *SERVICES[service]["command"]],
            env=variables,
            cwd=log.parent,
            stdout=output,
            stderr=output,
        )


def tone(path: Path) -> Path:
    times = np.arange(8 * 22_050) / 22_050
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(22_050)
        file.writeframes((9_000 * np.sin(2 * np.pi * 330 * times)).astype("<i2").tobytes())
    return path


async def ingest(address: str, *files: Path) -> messages.IngestJob:
    async with grpc.aio.insecure_channel(address) as channel:
        stub = CatalogServiceStub(channel)  # type: ignore[no-untyped-call]
        request = messages.IngestTracksRequest(items=[{"uri": path.as_uri()} for path in files])
        accepted = await stub.IngestTracks(
            request,
            wait_for_ready=True,
            timeout=PATIENCE_SECONDS,
            metadata=token_metadata(TOKEN),
        )
        watch = messages.WatchIngestRequest(job_id=accepted.job_id)
        async for told in stub.WatchIngest(watch, timeout=PATIENCE_SECONDS):
            job = told.job
        return job


@pytest.mark.timeout(400)
async def test_every_line_of_the_log_is_for_an_operator(
    tmp_path: Path, triton: TritonServer, redis_process: RedisProcess
) -> None:
    port, *metrics = free_ports(3)
    logs = {service: tmp_path / f"{service}.log" for service in SHAPES}
    song, started = tone(tmp_path / "song.wav"), {}
    token = tmp_path / "owner_token"
    token.write_text(TOKEN)
    # A host that is not the loopback by name, as `qdrant` is not.
    async with empty_qdrant("0.0.0.0:0") as qdrant_port:
        shared = {
            "SEGUE_MODEL": MODEL,
            "SEGUE_TRITON_URL": triton.launch.grpc_url,
            "SEGUE_INDEX_URL": f"qdrant://0.0.0.0:{qdrant_port}",
            "SEGUE_REDIS_URL": redis_process.url,
            # The queue of a test wants none.
            "SEGUE_REDIS_PASSWORD_FILE": "",
            "SEGUE_OWNER_TOKEN_FILE": token,
            "SEGUE_SPOOL": tmp_path / "spool",
            "SEGUE_MEDIA_ROOTS": tmp_path,
        }
        own = {
            "query": {"SEGUE_LISTEN": f"0.0.0.0:{port}", "SEGUE_METRICS_PORT": metrics[0]},
            "worker": {
                "SEGUE_METRICS_PORT": metrics[1],
            },
        }
        try:
            for service, log in logs.items():
                started[service] = begin(
                    service, log, environment(service, **shared, **own[service])
                )
            job = await ingest(f"127.0.0.1:{port}", song, tmp_path / "missing.mp3")
            assert (job.indexed, job.dead) == (1, 1)

            # At once: the last message may not be acknowledged yet.
            redis_process.kill()
            await until_async(lambda: "Cannot connect" in logs["worker"].read_text())
            redis_process.start()
            again = "Connected to redis"
            await until_async(lambda: logs["worker"].read_text().count(again) >= 2)
        finally:
            for process in started.values():
                process.send_signal(signal.SIGTERM)
            codes = {
                service: await asyncio.to_thread(process.wait, PATIENCE_SECONDS)
                for service, process in started.items()
            }
    assert codes == {"query": 0, "worker": 0}
    for service, shapes in SHAPES.items():
        lines = logs[service].read_text().splitlines()
        allowed = re.compile(f"{BEGINNING}({'|'.join(shapes)})")
        strange = [line for line in lines if not allowed.fullmatch(line)]
        assert strange == [], service
        assert sum("unencrypted" in line for line in lines) == 1
