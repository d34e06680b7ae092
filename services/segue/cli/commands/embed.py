"""``segue embed``: vectors of audio files, with no stack running."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import numpy.typing as npt

from segue.audio.chunking import ChunkBatch
from segue.audio.decoder_process import DecoderProcess, chunks_of_file
from segue.audio.decoding import AudioLimits
from segue.cli.options import data_option
from segue.cli.stack_address import data_folder
from segue.command import EXIT_FAILED, SegueCommand, describe, json_option
from segue.embedding.model import ChunkEmbeddings, ModelCard
from segue.embedding.pooling import song_vector
from segue.embedding.triton import TritonEmbedder, ask_card
from segue.errors import EmbedderUnavailable, InvalidRequest, SegueError
from segue.output import say
from segue.resources import resource_folder
from segue.settings import DEFAULT_MODEL, AudioSettings, ModelSettings, from_environment
from segue.stack.folder import DataFolder, PartState, StackNotFound
from segue.stack.model_choice import ModelMissing, model_of
from segue.stack.sockets import socket_folder
from segue.stack.triton import TritonServer, plan_launch
from segue.stack.triton_wheel import fetch_triton
from segue.tracks import Matrix, Vector

# One file is decoded while another's chunks are computed.
_FILES_AT_ONCE = 2


class OutputNotWritten(InvalidRequest):
    """An output file that cannot be written."""

    reason = "OUTPUT_NOT_WRITTEN"
    next_step = "Choose another --output."


@dataclass(frozen=True, slots=True)
class EmbeddedFile:
    """Vectors of one file: of the whole, shape (dimension,), and of its n chunks."""

    path: Path
    vector: Vector
    chunk_vectors: Matrix
    chunk_start_seconds: npt.NDArray[np.float64]


@click.command(cls=SegueCommand)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--output", "-o", required=True, type=click.Path(path_type=Path, dir_okay=False),
              help="NumPy archive to write (.npz).")  # fmt: skip
@click.option("--model", envvar="SEGUE_MODEL", show_default="that of the data folder's stack or "
              f"catalogue, or {DEFAULT_MODEL} where there is none",
              help="Model of the repository.")  # fmt: skip
@click.option("--repository", type=click.Path(path_type=Path, exists=True, file_okay=False),
              help="Model repository, instead of the one that comes with Segue; a server is "
              "started over it.")  # fmt: skip
@click.option("--triton", "triton_url", envvar="SEGUE_TRITON_URL", metavar="HOST:PORT",
              help="Inference server.  [default: that of the stack in the data folder, else one "
              "started for this call; env: SEGUE_TRITON_URL]")  # fmt: skip
@data_option
@json_option
def embed(
    files: tuple[Path, ...],
    output: Path,
    model: str | None,
    repository: Path | None,
    triton_url: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Embed audio FILES and write their vectors.

    The archive holds the arrays files (n), vectors (n × dimension), chunk_vectors (m × dimension),
    chunk_file (m: index into files), chunk_start_seconds (m) and space. Files that cannot be
    embedded are reported and left out; then the command leaves with 1.
    """
    model = model or _model_of(data_folder(data), repository)
    with _inference(triton_url, model, repository, data) as url:
        card, embedded, failures = asyncio.run(_embed_files(files, url, model))
    try:
        _save(output, card, embedded)
    except OSError as exc:
        raise OutputNotWritten(f"{output} cannot be written: {exc.strerror}") from exc
    if as_json:
        say(
            json.dumps(
                {
                    "output": os.fspath(output),
                    "space": card.space,
                    "device": card.device,
                    "embedded": [os.fspath(file.path) for file in embedded],
                    "failures": [
                        {"file": os.fspath(path), **describe(error)} for path, error in failures
                    ],
                }
            )
        )
    else:
        for path, error in failures:
            say(f"{path}: {error} [{error.reason}] {error.next_step}", err=True)
        say(
            f"{len(embedded)} of {len(files)} files embedded in {card.space} on {card.device}, "
            f"written to {output}."
        )
    if failures:
        raise SystemExit(EXIT_FAILED)


def _model_of(folder: DataFolder, repository: Path | None) -> str:
    """The model whose vectors the folder's catalogue can be searched by."""
    with contextlib.suppress(StackNotFound):
        return folder.running().model
    try:
        return model_of(folder, repository or resource_folder("model_repository"))
    except ModelMissing as exc:
        raise ModelMissing(
            str(exc),
            next_step="Name a repository that has its model with --repository, or another model "
            "with --model.",
        ) from exc


@contextlib.contextmanager
def _inference(
    given: str | None, model: str, repository: Path | None, data: Path | None
) -> Iterator[str]:
    """Address of an inference server that serves the model, started if there is none."""
    if given:
        yield given
        return
    with contextlib.suppress(StackNotFound):
        # A stack that uses another's inference server has no such part.
        triton = data_folder(data).running().parts.get("triton", PartState())
        if repository is None and triton.ready and asyncio.run(_serves(triton.address, model)):
            yield triton.address
            return
    fetch_triton(lambda phrase: say(f"{phrase} ...", err=True))
    with (
        tempfile.TemporaryDirectory(prefix="segue-embed-") as folder,
        socket_folder(Path(folder)) as sockets,
    ):
        launch = plan_launch(
            Path(folder),
            models=[model],
            repository=None if repository is None else repository.resolve(),
            sockets=sockets,
        )
        with TritonServer(launch, Path(folder) / "triton.log"):
            yield launch.grpc_url


async def _serves(url: str, model: str) -> bool:
    try:
        await ask_card(url, model, from_environment(ModelSettings).model_version)
    except EmbedderUnavailable:
        return False
    return True


async def _embed_files(
    files: Sequence[Path], url: str, model: str
) -> tuple[ModelCard, list[EmbeddedFile], list[tuple[Path, SegueError]]]:
    settings = from_environment(ModelSettings)
    audio = from_environment(AudioSettings)
    limits = AudioLimits(
        max_duration_seconds=audio.max_duration_seconds,
        refuse_damage=audio.audio_damage == "refuse",
    )
    embedder = TritonEmbedder(
        url, model, settings.model_version, timeout_seconds=settings.embed_timeout_seconds
    )
    decoders: asyncio.Queue[DecoderProcess] = asyncio.Queue()
    for _ in range(_FILES_AT_ONCE):
        decoders.put_nowait(DecoderProcess())

    async def one(path: Path) -> EmbeddedFile | SegueError:
        decoder = await decoders.get()
        try:
            return await _embed_file(path, decoder, embedder, card, limits)
        except InvalidRequest as exc:
            return exc
        finally:
            decoders.put_nowait(decoder)

    try:
        card = await embedder.card()
        answers = await asyncio.gather(*map(one, files))
    finally:
        await embedder.close()
        while not decoders.empty():
            decoders.get_nowait().close()
    embedded = [answer for answer in answers if isinstance(answer, EmbeddedFile)]
    failures = [
        (path, answer)
        for path, answer in zip(files, answers, strict=True)
        if isinstance(answer, SegueError)
    ]
    return card, embedded, failures


async def _embed_file(
    path: Path,
    decoder: DecoderProcess,
    embedder: TritonEmbedder,
    card: ModelCard,
    limits: AudioLimits,
) -> EmbeddedFile:
    chunks = decoder.results(chunks_of_file, path, card.front_end, limits)
    starts: list[npt.NDArray[np.float64]] = []
    answers = [answer async for answer in embedder.embed_stream(_batches(chunks, starts))]
    if not answers:
        raise EmbedderUnavailable(f"no vectors came back for {path}")
    chunk_vectors = ChunkEmbeddings.joined(answers).vectors
    return EmbeddedFile(
        path, song_vector(chunk_vectors, card.halves), chunk_vectors, np.concatenate(starts)
    )


async def _batches(
    chunks: Iterator[ChunkBatch], starts: list[npt.NDArray[np.float64]]
) -> AsyncIterator[npt.NDArray[np.float32]]:
    while (batch := await asyncio.to_thread(next, chunks, None)) is not None:
        starts.append(batch.start_seconds)
        yield batch.mels


def _save(output: Path, card: ModelCard, embedded: Sequence[EmbeddedFile]) -> None:
    empty: Matrix = np.empty((0, card.dimension), np.float32)
    counts = [len(file.chunk_vectors) for file in embedded]
    arrays: dict[str, Any] = {
        "files": np.array([os.fspath(file.path) for file in embedded], dtype=np.str_),
        "vectors": np.stack([file.vector for file in embedded]) if embedded else empty,
        "chunk_vectors": np.concatenate([empty, *(file.chunk_vectors for file in embedded)]),
        "chunk_file": np.repeat(np.arange(len(embedded), dtype=np.int64), counts),
        "chunk_start_seconds": np.concatenate(
            [np.empty(0), *(file.chunk_start_seconds for file in embedded)]
        ),
        "space": np.array(card.space, dtype=np.str_),
    }
    with output.open("wb") as file:  # an open file: numpy would add .npz to another name
        np.savez(file, **arrays)
