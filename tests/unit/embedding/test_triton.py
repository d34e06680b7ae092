"""The embedding client against a server that answers wrongly on purpose."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any

import grpc.aio
import numpy as np
import pytest
from tritonclient.grpc import model_config_pb2, service_pb2, service_pb2_grpc

from embedding_at_once import embed_batches
from segue.audio.front_end import FrontEnd
from segue.embedding.halves import Half
from segue.embedding.triton import TritonEmbedder
from segue.errors import DeadlineExceeded, EmbedderUnavailable, ModelMisconfigured

FRONT = FrontEnd(bands=8, chunk_frames=4, chunk_hop_frames=4)
DIMENSION = 3

Answer = Callable[[np.ndarray], dict[str, np.ndarray]]


def configuration(**changes: str) -> model_config_pb2.ModelConfig:
    config = model_config_pb2.ModelConfig(name="tiny", max_batch_size=4)
    config.input.add(name="mel", data_type="TYPE_FP32", dims=[8, 4])
    config.output.add(name="embedding", data_type="TYPE_FP32", dims=[DIMENSION])
    config.instance_group.add(kind=model_config_pb2.ModelInstanceGroup.KIND_CPU)
    for key, value in {**FRONT.to_parameters(), **changes}.items():
        config.parameters[key].string_value = value
    return config


def mean_vectors(chunks: np.ndarray) -> np.ndarray:
    """A unit vector per chunk that tells its first value."""
    angle = chunks[:, 0, 0]
    return np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1).astype(np.float32)


def honest(chunks: np.ndarray) -> dict[str, np.ndarray]:
    return {"embedding": mean_vectors(chunks)}


class Server(service_pb2_grpc.GRPCInferenceServiceServicer):
    """As much of Triton as the client calls."""

    def __init__(self) -> None:
        self.config = configuration()
        self.answer: Answer = honest
        self.ready = True
        self.versions = ["1"]
        self.delay = 0.0
        self.batches: list[int] = []
        self.clients: set[str] = set()
        self.waiting = 0

    async def ModelReady(self, request: Any, context: Any) -> Any:  # noqa: N802
        return service_pb2.ModelReadyResponse(ready=self.ready)

    async def ModelMetadata(self, request: Any, context: Any) -> Any:  # noqa: N802
        return service_pb2.ModelMetadataResponse(name="tiny", versions=self.versions)

    async def ModelConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        return service_pb2.ModelConfigResponse(config=self.config)

    async def ModelInfer(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.waiting += 1
        try:
            await asyncio.sleep(self.delay)
        finally:
            self.waiting -= 1
        chunks = chunks_of(request)
        self.batches.append(len(chunks))
        self.clients.add(context.peer())
        try:
            return answer_of(self.answer(chunks))
        except RuntimeError as error:
            await context.abort(grpc.StatusCode.INTERNAL, str(error))


class ThreadedServer(service_pb2_grpc.GRPCInferenceServiceServicer):
    """An honest server that answers also while the test's own event loop stands still."""

    def __init__(self) -> None:
        self.received: SimpleQueue[int] = SimpleQueue()

    def ModelReady(self, request: Any, context: Any) -> Any:  # noqa: N802
        return service_pb2.ModelReadyResponse(ready=True)

    def ModelMetadata(self, request: Any, context: Any) -> Any:  # noqa: N802
        return service_pb2.ModelMetadataResponse(name="tiny", versions=["1"])

    def ModelConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        return service_pb2.ModelConfigResponse(config=configuration())

    def ModelInfer(self, request: Any, context: Any) -> Any:  # noqa: N802
        chunks = chunks_of(request)
        self.received.put(len(chunks))
        return answer_of(honest(chunks))


def chunks_of(request: Any) -> np.ndarray:
    shape = tuple(request.inputs[0].shape)
    return np.frombuffer(request.raw_input_contents[0], "<f4").reshape(shape)


def answer_of(tensors: dict[str, np.ndarray]) -> Any:
    answer = service_pb2.ModelInferResponse()
    for name, values in tensors.items():
        output = answer.outputs.add(name=name, datatype="FP32")
        output.shape.extend(values.shape)
        answer.raw_output_contents.append(values.astype("<f4").tobytes())
    return answer


@pytest.fixture
async def server() -> AsyncIterator[tuple[Server, str]]:
    servicer = Server()
    process = grpc.aio.server()
    service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(servicer, process)
    port = process.add_insecure_port("127.0.0.1:0")
    await process.start()
    yield servicer, f"127.0.0.1:{port}"
    await process.stop(None)


@pytest.fixture
def threaded_server() -> Iterator[tuple[ThreadedServer, str]]:
    servicer = ThreadedServer()
    process = grpc.server(ThreadPoolExecutor(2))
    service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(servicer, process)
    port = process.add_insecure_port("127.0.0.1:0")
    process.start()
    yield servicer, f"127.0.0.1:{port}"
    process.stop(None).wait()


@pytest.fixture
async def embedder(server: tuple[Server, str]) -> AsyncIterator[TritonEmbedder]:
    client = TritonEmbedder(server[1], "tiny", 2)
    yield client
    await client.close()


def chunks(count: int, first: float = 0.0) -> np.ndarray:
    batch = np.full((count, 8, 4), -40.0, np.float32)
    batch[:, 0, 0] = first + np.arange(count) / 10
    return batch


async def test_card_reads_front_end_labels_and_space(
    server: tuple[Server, str], embedder: TritonEmbedder
) -> None:
    server[0].config = configuration(**{"labels.genres": '["jazz", "rock"]'})
    server[0].config.output.add(name="genre_probabilities", dims=[2])
    card = await embedder.card()
    assert card.front_end == FRONT
    assert (card.space, card.dimension, card.max_batch) == ("tiny-v2", DIMENSION, 4)
    assert (card.genres, card.moods, card.device) == (("jazz", "rock"), (), "cpu")


async def test_device_is_where_triton_put_the_instances(
    server: tuple[Server, str], embedder: TritonEmbedder
) -> None:
    assert (await embedder.card()).device == "cpu"
    server[0].config.instance_group[0].kind = model_config_pb2.ModelInstanceGroup.KIND_GPU
    assert (await embedder.card()).device == "gpu"


def without_a_parameter(config: model_config_pb2.ModelConfig) -> None:
    del config.parameters["front_end.hop"]


def with_another_shape(config: model_config_pb2.ModelConfig) -> None:
    config.input[0].dims[:] = [8, 5]


def without_embedding(config: model_config_pb2.ModelConfig) -> None:
    config.output[0].name = "vector"


def with_labels_that_do_not_fit(config: model_config_pb2.ModelConfig) -> None:
    config.output.add(name="mood_probabilities", dims=[3])
    config.parameters["labels.moods"].string_value = '["calm"]'


def with_labels_that_are_no_list(config: model_config_pb2.ModelConfig) -> None:
    config.parameters["labels.moods"].string_value = "calm, dark"


@pytest.mark.parametrize(
    "damage",
    [
        without_a_parameter,
        with_another_shape,
        without_embedding,
        with_labels_that_do_not_fit,
        with_labels_that_are_no_list,
    ],
)
async def test_a_wrong_configuration_is_refused(
    server: tuple[Server, str], embedder: TritonEmbedder, damage: Callable[..., None]
) -> None:
    damage(server[0].config)
    with pytest.raises(ModelMisconfigured, match=r"front_end\.hop|tiny"):
        await embedder.card()


async def test_a_model_that_is_not_ready_is_unavailable(
    server: tuple[Server, str], embedder: TritonEmbedder
) -> None:
    server[0].ready = False
    with pytest.raises(EmbedderUnavailable, match="not ready"):
        await embedder.card()


async def test_all_calls_share_one_connection_and_keep_their_order(
    server: tuple[Server, str], embedder: TritonEmbedder
) -> None:
    async def one(first: float) -> None:
        batches = [chunks(3, first), chunks(10, first + 1)]
        answer = await embed_batches(embedder, batches)
        np.testing.assert_allclose(answer.vectors, mean_vectors(np.concatenate(batches)), atol=1e-6)

    await asyncio.gather(*(one(first / 7) for first in range(20)))
    assert len(server[0].clients) == 1
    assert max(server[0].batches) == 4  # max_batch: larger batches are cut


async def test_probabilities_come_along(
    server: tuple[Server, str], embedder: TritonEmbedder
) -> None:
    server[0].config = configuration(**{"labels.genres": '["jazz", "rock"]'})
    server[0].config.output.add(name="genre_probabilities", dims=[2])

    def answer(batch: np.ndarray) -> dict[str, np.ndarray]:
        return {**honest(batch), "genre_probabilities": np.tile([0.25, 0.75], (len(batch), 1))}

    server[0].answer = answer
    found = await embed_batches(embedder, [chunks(6)])
    np.testing.assert_allclose(found.genre_probabilities, np.tile([0.25, 0.75], (6, 1)))
    assert found.mood_probabilities is None


def with_value(value: float) -> Answer:
    def answer(batch: np.ndarray) -> dict[str, np.ndarray]:
        vectors = mean_vectors(batch)
        vectors[-1, 1] = value
        return {"embedding": vectors}

    return answer


def failing(_: np.ndarray) -> dict[str, np.ndarray]:
    raise RuntimeError("out of memory")


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (lambda batch: {"embedding": np.empty((0, DIMENSION))}, "shape"),
        (lambda batch: {"embedding": np.empty((len(batch), 0))}, "shape"),
        (lambda batch: {"embedding": mean_vectors(batch)[:-1]}, "shape"),
        (lambda batch: {"other": mean_vectors(batch)}, "shape None"),
        (lambda batch: {"embedding": 2 * mean_vectors(batch)}, "unit length"),
        (lambda batch: {"embedding": 0 * mean_vectors(batch)}, "unit length"),
        (with_value(float("nan")), "unit length"),
        (with_value(float("inf")), "unit length"),
        (failing, "out of memory"),
    ],
)
async def test_an_answer_that_is_no_embedding_is_an_error_and_never_a_vector(
    server: tuple[Server, str], embedder: TritonEmbedder, answer: Answer, complaint: str
) -> None:
    server[0].answer = answer
    with pytest.raises(EmbedderUnavailable, match=complaint):
        await embed_batches(embedder, [chunks(2)])
    server[0].answer = honest
    assert (await embed_batches(embedder, [chunks(2)])).vectors.shape == (2, DIMENSION)


async def test_each_answer_has_the_whole_time(
    server: tuple[Server, str], embedder: TritonEmbedder
) -> None:
    await embedder.card()
    server[0].delay = 0.5
    # Ten answers take longer than the time that one of them has.
    answer = await embed_batches(embedder, [chunks(1)] * 10, timeout_seconds=4)
    assert answer.vectors.shape == (10, DIMENSION)


async def test_an_answer_that_does_not_come_is_given_up(
    server: tuple[Server, str], embedder: TritonEmbedder
) -> None:
    await embedder.card()
    server[0].delay = 600
    with pytest.raises(DeadlineExceeded, match=r"within 0\.3 s"):
        await embed_batches(embedder, [chunks(1)] * 2, timeout_seconds=0.3)


async def test_a_caller_that_leaves_cancels_what_it_sent(
    server: tuple[Server, str], embedder: TritonEmbedder
) -> None:
    await embedder.card()
    server[0].delay = 600
    leaving = asyncio.create_task(embed_batches(embedder, [chunks(10)], timeout_seconds=600))
    async with asyncio.timeout(60):
        while server[0].waiting < 3:
            await asyncio.sleep(0.01)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        while server[0].waiting:
            await asyncio.sleep(0.01)
    server[0].delay = 0.0
    assert (await embed_batches(embedder, [chunks(2)])).vectors.shape == (2, DIMENSION)


async def test_what_was_sent_is_computed_while_the_caller_keeps_the_loop(
    threaded_server: tuple[ThreadedServer, str],
) -> None:
    servicer, address = threaded_server
    client = TritonEmbedder(address, "tiny", 2)
    await client.card()

    async def feed() -> AsyncIterator[np.ndarray]:
        for number in range(1, 4):
            yield chunks(number)
            # Blocks the event loop, as decoding does.
            assert servicer.received.get(timeout=60) == number

    assert [len(one.vectors) async for one in client.embed_stream(feed())] == [1, 2, 3]
    await client.close()


async def test_nobody_at_the_address_is_unavailable() -> None:
    client = TritonEmbedder("127.0.0.1:1", "tiny")
    with pytest.raises(EmbedderUnavailable, match=r"127\.0\.0\.1:1"):
        await client.card()
    await client.close()


async def test_the_newest_version_is_taken_where_none_is_named(
    server: tuple[Server, str],
) -> None:
    servicer, url = server
    servicer.versions = ["2", "10"]
    for version, space in ((0, "tiny-v10"), (2, "tiny-v2")):
        client = TritonEmbedder(url, "tiny", version)
        assert (await client.card()).space == space
        await client.close()


async def test_halves_and_a_space_of_its_own_are_read(server: tuple[Server, str]) -> None:
    servicer, url = server
    servicer.config = configuration(
        **{"embedding.halves": '[["sound", 1, 0.25], ["style", 2, 0.75]]', "embedding.space": "old"}
    )
    client = TritonEmbedder(url, "tiny")
    card = await client.card()
    assert card.halves == (Half("sound", 1, 0.25), Half("style", 2, 0.75))
    assert card.space == "old"
    await client.close()
