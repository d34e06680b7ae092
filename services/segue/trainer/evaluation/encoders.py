"""What is compared: models of the repository, networks of runs, and baselines."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from segue.audio.chunking import chunks
from segue.audio.front_end import FrontEnd
from segue.audio.signals import LogMel, MelChunks
from segue.embedding.configuration import (
    EMBEDDING_OUTPUT,
    GENRE_OUTPUT,
    MOOD_OUTPUT,
    newest_version,
    read_configuration_file,
)
from segue.embedding.halves import Half
from segue.embedding.model import ChunkEmbeddings
from segue.embedding.pooling import song_vector
from segue.errors import ModelMisconfigured
from segue.tracks import Matrix, Vector

if TYPE_CHECKING:
    from segue.trainer.networks.base import Encoder

Probabilities: TypeAlias = npt.NDArray[np.float32]
"""Shape (n, labels), in [0, 1]."""

_BATCH_CHUNKS = 64


@dataclass(frozen=True, slots=True)
class Encoded:
    """What an encoder makes of clips.

    Attributes
    ----------
    vectors
        Per clip the vectors that are pooled, shape (chunks, dimension); one for a baseline.
    pool
        From such vectors, of one clip or of several, to one vector. Vectors are compared by
        Euclidean distance, which orders unit vectors as cosine similarity does.
    genres
        Names of the genre probabilities; none when the encoder gives no probabilities.
    genre_probabilities
        Per clip, shape (chunks, genres).
    moods, mood_probabilities
        The same for moods.
    """

    vectors: Sequence[Matrix]
    pool: Callable[[Matrix], Vector]
    genres: tuple[str, ...] = ()
    genre_probabilities: Sequence[Probabilities] = ()
    moods: tuple[str, ...] = ()
    mood_probabilities: Sequence[Probabilities] = ()

    def clip_vectors(self) -> Matrix:
        """One vector per clip, shape (clips, dimension)."""
        return np.stack([self.pool(own) for own in self.vectors])

    def pooled(self, clips: npt.NDArray[np.int64]) -> Vector:
        """One vector of several clips together, shape (dimension,)."""
        return self.pool(np.concatenate([self.vectors[clip] for clip in clips]))

    def probabilities(self, clips: npt.NDArray[np.int64]) -> Probabilities:
        """Mean genre probabilities of several clips together, shape (genres,)."""
        together = np.concatenate([self.genre_probabilities[clip] for clip in clips])
        return np.asarray(together.mean(axis=0), np.float32)


class ClipEncoder(Protocol):
    """Turns clips into vectors.

    Attributes
    ----------
    name
        The encoder's row.
    description
        What it is, in a few words.
    front_end
        How it wants clips analysed.
    """

    @property
    def name(self) -> str: ...

    @property
    def description(self) -> str: ...

    @property
    def front_end(self) -> FrontEnd: ...

    def encode(self, log_mels: Iterable[LogMel]) -> Encoded:
        """Encode clips, each of shape (bands, frames) and at least a chunk long."""
        ...


Run: TypeAlias = Callable[[MelChunks], ChunkEmbeddings]
"""What a model makes of chunks."""


@dataclass(frozen=True, slots=True)
class ChunkEncoder:
    """An encoder of chunks: clips are cut and their chunk vectors pooled as in serving."""

    name: str
    description: str
    front_end: FrontEnd
    run: Run
    genres: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()
    halves: tuple[Half, ...] = ()

    def encode(self, log_mels: Iterable[LogMel]) -> Encoded:
        counts: list[int] = []
        answers: list[ChunkEmbeddings] = []
        waiting: list[MelChunks] = []

        def flush() -> None:
            if waiting:
                answers.append(self.run(np.concatenate(waiting)))
                waiting.clear()

        for log_mel in log_mels:
            batches = [batch.mels for batch in chunks([log_mel], self.front_end)]
            counts.append(sum(map(len, batches)))
            waiting += batches
            if sum(map(len, waiting)) >= _BATCH_CHUNKS:
                flush()
        flush()
        ends = np.cumsum(counts)[:-1]
        made = ChunkEmbeddings.joined(answers)
        genres, moods = made.genre_probabilities, made.mood_probabilities
        return Encoded(
            np.split(made.vectors, ends),
            functools.partial(song_vector, halves=self.halves),
            () if genres is None else self.genres,
            () if genres is None else np.split(genres, ends),
            () if moods is None else self.moods,
            () if moods is None else np.split(moods, ends),
        )


def model_encoder(folder: Path, *, name: str | None = None, threads: int = 1) -> ChunkEncoder:
    """The newest version of a model, run by ONNX Runtime.

    Parameters
    ----------
    folder
        As it stands in a model repository.
    name
        Of the encoder; the folder's when not given.

    Raises
    ------
    ModelMisconfigured
        When there is no graph, or ``config.pbtxt`` does not fit it.
    """
    import onnxruntime

    version = newest_version(folder)
    graph = folder / str(version) / "model.onnx"
    served = read_configuration_file(folder / "config.pbtxt", version)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    try:
        session = onnxruntime.InferenceSession(
            os.fspath(graph), options, providers=["CPUExecutionProvider"]
        )
    except Exception as exc:
        # ONNX Runtime raises classes of its own that derive from Exception alone.
        raise ModelMisconfigured(f"{graph} cannot be read as a graph: {exc}") from exc

    def run(batch: MelChunks) -> ChunkEmbeddings:
        made = session.run(served.output_names, {served.input_name: batch})
        return _embeddings(served.output_names, made)

    card = served.card
    what = "model repository" if name is None else "model from elsewhere"
    return ChunkEncoder(
        name or folder.name, what, card.front_end, run, card.genres, card.moods, card.halves
    )


def run_encoder(run_folder: Path) -> ChunkEncoder:
    """The best network of a training run.

    Raises
    ------
    InvalidRequest
        When the folder holds none.
    """
    from segue.trainer.training import load_network

    config, network = load_network(run_folder)
    return _network_encoder(run_folder.name, f"run of {config.name}", network)


def untrained_encoder(configuration: Path, *, seed: int) -> ChunkEncoder:
    """The network of a configuration as it is before training.

    Raises
    ------
    InvalidRequest
        When the configuration cannot be read.
    """
    import torch

    from segue.trainer.configuration import read_configuration
    from segue.trainer.training import build_network

    config = read_configuration(configuration)
    torch.manual_seed(seed)
    network = build_network(config)
    return _network_encoder("untrained", f"untrained {config.name}", network.eval())


def _network_encoder(name: str, description: str, network: Encoder) -> ChunkEncoder:
    import torch

    def run(batch: MelChunks) -> ChunkEmbeddings:
        with torch.inference_mode():
            made = [output.numpy() for output in network(torch.from_numpy(batch))]
        return _embeddings(network.output_names, made)

    labels = network.labels
    return ChunkEncoder(name, description, network.front, run, labels.genres, labels.moods)


def _embeddings(names: Sequence[str], outputs: Sequence[Matrix]) -> ChunkEmbeddings:
    made = dict(zip(names, outputs, strict=True))
    return ChunkEmbeddings(made[EMBEDDING_OUTPUT], made.get(GENRE_OUTPUT), made.get(MOOD_OUTPUT))
