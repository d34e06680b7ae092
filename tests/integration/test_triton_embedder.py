"""The embedding client against a real embedded Triton."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import grpc
import numpy as np
import onnxruntime
import psutil
import pytest
from tritonclient.grpc import service_pb2, service_pb2_grpc

from embedding_at_once import embed_batches
from other_user import as_other_user, open_folder
from segue.embedding.triton import TritonEmbedder
from segue.errors import (
    DeadlineExceeded,
    EmbedderUnavailable,
    InvalidArgument,
    ModelMisconfigured,
)
from segue.resources import resource_folder
from segue.stack.sockets import socket_folder
from segue.stack.triton import TritonServer, plan_launch
from waiting import until_async

IMPORTS = "import socket, sys\n"
CONNECT = """
try:
    socket.socket(socket.AF_UNIX).connect(sys.argv[1])
    print("connected", end="")
except OSError as error:
    print(type(error).__name__, end="")
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TritonServer]:
    folder = tmp_path_factory.mktemp("triton")
    launch = plan_launch(folder, models=["contrastive"])
    with TritonServer(launch, folder / "triton.log") as running:
        yield running


@pytest.fixture
async def embedder(server: TritonServer) -> AsyncIterator[TritonEmbedder]:
    client = TritonEmbedder(server.launch.grpc_url, "contrastive")
    yield client
    await client.close()


def random_chunks(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-80, 0, (count, 128, 129)).astype(np.float32)


def reference(chunks: np.ndarray) -> np.ndarray:
    model = resource_folder("model_repository") / "contrastive" / "2" / "model.onnx"
    return onnxruntime.InferenceSession(os.fspath(model)).run(None, {"log_mel": chunks})[0]


async def test_card_tells_space_front_end_and_device(embedder: TritonEmbedder) -> None:
    card = await embedder.card()
    assert card.space == "contrastive-v2"
    assert card.dimension == 128
    assert (card.front_end.bands, card.front_end.chunk_frames) == (128, 129)
    assert card.device == ("gpu" if Path("/dev/nvidiactl").exists() else "cpu")


async def test_batches_come_back_in_order_and_equal_onnx_runtime(embedder: TritonEmbedder) -> None:
    sizes = [1, 7, 64, 150, 3]
    batches = [random_chunks(size, seed) for seed, size in enumerate(sizes)]

    async def feed() -> AsyncIterator[np.ndarray]:
        for batch in batches:
            yield batch

    answers = [answer async for answer in embedder.embed_stream(feed())]
    assert [len(answer.vectors) for answer in answers] == sizes
    for batch, answer in zip(batches, answers, strict=True):
        np.testing.assert_allclose(answer.vectors, reference(batch), atol=1e-4)


async def test_no_batches_give_no_vectors(embedder: TritonEmbedder) -> None:
    async def feed() -> AsyncIterator[np.ndarray]:
        return
        yield  # an empty stream

    assert [answer async for answer in embedder.embed_stream(feed())] == []


async def test_chunks_of_a_wrong_shape_are_refused(embedder: TritonEmbedder) -> None:
    with pytest.raises(InvalidArgument, match="chunks"):
        await embed_batches(embedder, [np.zeros((2, 64, 129), np.float32)])


async def test_non_finite_chunks_never_give_a_vector(embedder: TritonEmbedder) -> None:
    broken = random_chunks(2)
    broken[1] = np.nan
    with pytest.raises(EmbedderUnavailable, match="unit length"):
        await embed_batches(embedder, [broken])
    assert (await embed_batches(embedder, [random_chunks(2)])).vectors.shape == (2, 128)


async def test_a_deadline_that_passes_is_ours(embedder: TritonEmbedder) -> None:
    await embedder.card()
    with pytest.raises(DeadlineExceeded):
        await embed_batches(embedder, [random_chunks(640)], timeout_seconds=0.001)
    assert (await embed_batches(embedder, [random_chunks(2)])).vectors.shape == (2, 128)


async def test_unknown_model_is_unavailable(server: TritonServer) -> None:
    client = TritonEmbedder(server.launch.grpc_url, "no-such-model")
    with pytest.raises(EmbedderUnavailable, match="no-such-model"):
        await client.card()
    await client.close()


async def test_the_connection_heals_after_the_server_was_killed(tmp_path: Path) -> None:
    launch = plan_launch(tmp_path, models=["contrastive"])
    first = TritonServer(launch, tmp_path / "triton.log")
    first.start()
    client = TritonEmbedder(launch.grpc_url, "contrastive")
    chunks = random_chunks(4)
    before = await embed_batches(client, [chunks])
    os.kill(first.pid, signal.SIGKILL)
    first.stop()
    with pytest.raises(EmbedderUnavailable):
        await embed_batches(client, [chunks], timeout_seconds=60)
    with TritonServer(launch, tmp_path / "triton.log"):
        # The channel may still be waiting out its back-off when the server is ready.
        after = await until_async(embed_batches, client, [chunks], not_yet=EmbedderUnavailable)
        np.testing.assert_allclose(after.vectors, before.vectors, atol=1e-5)
    await client.close()
    assert not list(Path("/dev/shm").glob(f"{launch.shared_memory_prefix}*"))


def test_nothing_but_metrics_has_a_port(server: TritonServer) -> None:
    leader = psutil.Process(server.pid)
    listening = {
        f"{connection.laddr.ip}:{connection.laddr.port}"
        for process in (leader, *leader.children(recursive=True))
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    metrics = urlsplit(server.launch.metrics_url)
    assert listening == {metrics.netloc}


def test_the_metrics_port_serves_no_models(server: TritonServer) -> None:
    metrics = urlsplit(server.launch.metrics_url)
    for method, path in (
        ("GET", "/v2/health/ready"),
        ("POST", "/v2/repository/index"),
        ("POST", "/v2/repository/models/segue/load"),
        ("POST", "/v2/models/contrastive/infer"),
    ):
        connection = HTTPConnection(metrics.netloc, timeout=60)
        connection.request(method, path, body="{}" if method == "POST" else None)
        response = connection.getresponse()
        answer = response.status, response.read()
        connection.close()
        # Whatever is asked for, it is nothing.
        assert answer == (200, b"") if method == "GET" else answer[0] == 405, path


def test_no_model_is_loaded_or_unloaded_by_a_caller(server: TritonServer) -> None:
    asked = service_pb2.RepositoryModelLoadRequest(model_name="segue")
    # A model that the caller brings along.
    brought = service_pb2.RepositoryModelLoadRequest(model_name="mine")
    brought.parameters["config"].string_param = '{"backend": "python"}'
    brought.parameters["file:1/model.py"].bytes_param = b"raise SystemExit"
    away = service_pb2.RepositoryModelUnloadRequest(model_name="contrastive")
    with grpc.insecure_channel(server.launch.grpc_url) as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        for call, request in (
            (stub.RepositoryModelLoad, asked),
            (stub.RepositoryModelLoad, brought),
            (stub.RepositoryModelUnload, away),
        ):
            with pytest.raises(grpc.RpcError, match="not allowed"):
                call(request, timeout=60)
        index = stub.RepositoryIndex(service_pb2.RepositoryIndexRequest(), timeout=60)
    assert [(model.name, model.state) for model in index.models] == [("contrastive", "READY")]


def test_other_users_cannot_reach_the_socket(server: TritonServer) -> None:
    path = server.launch.grpc_url.removeprefix("unix:")
    with open_folder() as parent, socket_folder(parent / "sockets") as sockets:
        # The very socket, where others may walk down to its folder.
        os.link(path, sockets / "triton.sock:0")
        (sockets / "triton.sock:0").chmod(0o777)
        assert as_other_user(IMPORTS, CONNECT, sockets / "triton.sock:0") == "PermissionError"
        sockets.chmod(0o711)
        assert as_other_user(IMPORTS, CONNECT, sockets / "triton.sock:0") == "connected", (
            "the folder alone keeps others away: if it ever did not, this test could not fail"
        )


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelMisconfigured, match="'nothing'"):
        plan_launch(tmp_path, models=["nothing"])


def test_a_server_that_cannot_start_shows_its_log(tmp_path: Path) -> None:
    repository = tmp_path / "models"
    (repository / "broken" / "1").mkdir(parents=True)
    (repository / "broken" / "config.pbtxt").write_text('name: "broken"\nbackend: "onnxruntime"\n')
    launch = plan_launch(tmp_path, models=["broken"], repository=repository)
    with pytest.raises(EmbedderUnavailable, match="broken"):
        TritonServer(launch, tmp_path / "triton.log").start()
