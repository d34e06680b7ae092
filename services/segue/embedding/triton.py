"""The embedder over Triton Inference Server: one gRPC connection for all chunks of a process."""

from __future__ import annotations

import asyncio
import itertools
import logging
import math
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import grpc.aio
import numpy as np
import numpy.typing as npt
from tritonclient.grpc import service_pb2, service_pb2_grpc

from segue import telemetry
from segue.embedding.configuration import (
    DESCRIPTOR_OUTPUT,
    EMBEDDING_OUTPUT,
    GENRE_OUTPUT,
    MOOD_OUTPUT,
    ServedModel,
    read_configuration,
)
from segue.embedding.model import ChunkEmbeddings, ModelCard
from segue.errors import DeadlineExceeded, EmbedderUnavailable, InvalidArgument

log = logging.getLogger(__name__)

NORM_TOLERANCE = 1e-3
_CARD_SECONDS = 5.0
_BATCHES_IN_FLIGHT = 2
_CHANNEL_OPTIONS = [
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
]


class TritonEmbedder:
    """Embeds log-mel chunks with one model of a Triton server; fulfils ``Embedder``.

    All callers of a process share one instance, used from one event loop and made after any fork.
    Every batch is a call of its own over the one connection: a bidirectional stream for all of them
    costs the client more and saves nothing. A connection that broke is made again.

    Parameters
    ----------
    url
        ``host:port`` of Triton's gRPC endpoint.
    model, version
        As in the model repository.
    timeout_seconds
        Longest wait for an answer, for callers that name none.
    """

    def __init__(
        self, url: str, model: str, version: int = 0, *, timeout_seconds: float = 30.0
    ) -> None:
        self._url = url
        self._model = model
        # Triton takes the newest where none is named.
        self._version = str(version) if version else ""
        self._timeout_seconds = timeout_seconds
        self._channel: grpc.aio.Channel | None = None
        self._stub: Any = None
        self._served: ServedModel | None = None
        self._reported: ModelCard | None = None

    async def card(self) -> ModelCard:
        """Ask the server for readiness and configuration, anew at each call."""
        return (await self._describe()).card

    async def embed_stream(
        self,
        batches: AsyncIterator[npt.NDArray[np.float32]],
        *,
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[ChunkEmbeddings]:
        """Embed batches of any size, in order; the next is sent while one is being computed."""
        seconds = self._timeout_seconds if timeout_seconds is None else timeout_seconds
        waiting: deque[list[_Sent]] = deque()
        async with _within(self._url, seconds):
            served = self._served or await self._describe()
        try:
            async for batch in batches:
                _check_chunks(batch, served.card)
                waiting.append(self._send(served, batch))
                # The loop's next turn hands them to gRPC: before the caller keeps it with decoding.
                await asyncio.sleep(0)
                while len(waiting) > _BATCHES_IN_FLIGHT or (waiting and _done(waiting[0])):
                    yield await self._answer(waiting, served.card, seconds)
            while waiting:
                yield await self._answer(waiting, served.card, seconds)
        finally:
            for sent in itertools.chain.from_iterable(waiting):
                sent.call.cancel()

    async def close(self) -> None:
        channel, self._channel = self._channel, None
        if channel is not None:
            await channel.close()

    async def _describe(self) -> ServedModel:
        stub = self._connect()
        try:
            ready = await stub.ModelReady(
                service_pb2.ModelReadyRequest(name=self._model, version=self._version),
                timeout=_CARD_SECONDS,
            )
            if not ready.ready:
                named = f" version {self._version}" if self._version else ""
                raise EmbedderUnavailable(f"model {self._model}{named} not ready")
            metadata = await stub.ModelMetadata(
                service_pb2.ModelMetadataRequest(name=self._model, version=self._version),
                timeout=_CARD_SECONDS,
            )
            answer = await stub.ModelConfig(
                service_pb2.ModelConfigRequest(name=self._model, version=self._version),
                timeout=_CARD_SECONDS,
            )
        except grpc.aio.AioRpcError as exc:
            raise _unavailable(self._url, exc) from exc
        version = self._version or max(metadata.versions, key=int)
        self._served = read_configuration(answer.config, int(version))
        self._report(self._served.card)
        return self._served

    def _report(self, card: ModelCard) -> None:
        if card == self._reported:
            return
        if self._reported is not None:
            # Set, not removed: a forked worker's samples lie in files that keep every series.
            telemetry.MODEL_INFO.labels(
                self._reported.name, str(self._reported.version), self._reported.device
            ).set(0)
        telemetry.MODEL_INFO.labels(card.name, str(card.version), card.device).set(1)
        log.info("model %s version %d runs on the %s", card.name, card.version, card.device)
        self._reported = card

    def _connect(self) -> Any:
        if self._channel is None:
            self._channel = grpc.aio.insecure_channel(self._url, options=_CHANNEL_OPTIONS)
            self._stub = service_pb2_grpc.GRPCInferenceServiceStub(self._channel)
        return self._stub

    def _send(self, served: ServedModel, batch: npt.NDArray[np.float32]) -> list[_Sent]:
        stub = self._connect()
        largest = served.card.max_batch
        parts = [batch[first : first + largest] for first in range(0, len(batch), largest)]
        return [_Sent(stub.ModelInfer(self._request(served, part)), len(part)) for part in parts]

    async def _answer(
        self, waiting: deque[list[_Sent]], card: ModelCard, seconds: float
    ) -> ChunkEmbeddings:
        """The answer to the batch that waits longest, which waits no more then."""
        try:
            async with _within(self._url, seconds):
                answer = await _gather(waiting[0], card)
        except grpc.aio.AioRpcError as exc:
            raise _unavailable(self._url, exc) from exc
        waiting.popleft()
        return answer

    def _request(self, served: ServedModel, batch: npt.NDArray[np.float32]) -> Any:
        request = service_pb2.ModelInferRequest(model_name=self._model, model_version=self._version)
        tensor = request.inputs.add(name=served.input_name, datatype="FP32")
        tensor.shape.extend(batch.shape)
        request.raw_input_contents.append(np.ascontiguousarray(batch, "<f4").tobytes())
        for name in served.output_names:
            request.outputs.add(name=name)
        return request


async def ask_card(url: str, model: str, version: int = 1) -> ModelCard:
    """The description of a model, asked once over a connection of its own.

    Raises
    ------
    EmbedderUnavailable, ModelMisconfigured
        As ``Embedder.card``.
    """
    embedder = TritonEmbedder(url, model, version)
    try:
        return await embedder.card()
    finally:
        await embedder.close()


@dataclass(frozen=True, slots=True)
class _Sent:
    """A request on its way: its call, and the number of chunks that the answer must hold."""

    call: Any
    chunks: int


@asynccontextmanager
async def _within(url: str, seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as exc:
        raise DeadlineExceeded(f"no embedding from {url} within {seconds:g} s") from exc


def _unavailable(url: str, error: grpc.aio.AioRpcError) -> EmbedderUnavailable:
    return EmbedderUnavailable(f"the inference server at {url} gave no answer: {error.details()}")


def _check_chunks(batch: npt.NDArray[np.float32], card: ModelCard) -> None:
    wanted = (card.front_end.bands, card.front_end.chunk_frames)
    if batch.ndim != 3 or batch.shape[1:] != wanted:
        raise InvalidArgument(
            "chunks", f"have shape {batch.shape}, not (n, {wanted[0]}, {wanted[1]})"
        )


def _done(sent: list[_Sent]) -> bool:
    return all(one.call.done() for one in sent)


async def _gather(sent: list[_Sent], card: ModelCard) -> ChunkEmbeddings:
    parts = [_read_answer(await one.call, one.chunks, card) for one in sent]
    if not parts:
        return ChunkEmbeddings(np.empty((0, card.dimension), np.float32))
    return parts[0] if len(parts) == 1 else ChunkEmbeddings.joined(parts)


def _read_answer(response: Any, chunks: int, card: ModelCard) -> ChunkEmbeddings:
    tensors = {
        output.name: _tensor(output, raw)
        for output, raw in zip(response.outputs, response.raw_output_contents, strict=False)
    }
    vectors = tensors.get(EMBEDDING_OUTPUT)
    if vectors is None or vectors.shape != (chunks, card.dimension):
        shape = None if vectors is None else vectors.shape
        raise EmbedderUnavailable(
            f"{card.name} answered {chunks} chunks with an embedding of shape {shape}"
        )
    norms = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))
    # A NaN fails this comparison as well.
    if not bool((np.abs(norms - 1.0) <= NORM_TOLERANCE).all()):
        raise EmbedderUnavailable(f"{card.name} answered with vectors that are not of unit length")
    return ChunkEmbeddings(
        vectors,
        _probabilities(tensors, GENRE_OUTPUT, chunks, card.genres, card.name),
        _probabilities(tensors, MOOD_OUTPUT, chunks, card.moods, card.name),
        _probabilities(tensors, DESCRIPTOR_OUTPUT, chunks, card.descriptors, card.name),
    )


def _tensor(output: Any, raw: bytes) -> npt.NDArray[np.float32]:
    shape = tuple(output.shape)
    if output.datatype != "FP32" or len(raw) != 4 * math.prod(shape):
        raise EmbedderUnavailable(
            f"{output.name} came as {output.datatype} {shape} in {len(raw)} bytes"
        )
    return np.frombuffer(raw, "<f4").reshape(shape)


def _probabilities(
    tensors: dict[str, npt.NDArray[np.float32]],
    name: str,
    count: int,
    labels: tuple[str, ...],
    model: str,
) -> npt.NDArray[np.float32] | None:
    if not labels:
        return None
    values = tensors.get(name)
    if values is None or values.shape != (count, len(labels)):
        raise EmbedderUnavailable(f"{model} answered without {name} for each of {count} chunks")
    if not bool(((values >= -NORM_TOLERANCE) & (values <= 1 + NORM_TOLERANCE)).all()):
        raise EmbedderUnavailable(f"{model} answered with {name} outside [0, 1]")
    return np.clip(values, 0.0, 1.0)
