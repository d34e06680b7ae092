"""What a served model says of itself, and the embedder port."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from segue.audio.front_end import FrontEnd
from segue.embedding.halves import Half
from segue.tracks import Matrix


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A served model, read from its ``config.pbtxt`` through the inference server.

    Attributes
    ----------
    name, version
        As in the model repository; together they name the embedding space.
    dimension
        Length of the embedding.
    genres, moods, descriptors
        Label names of the probability outputs, in their order; empty when the model has none.
    halves
        Pieces that the embedding is put together from; empty when it is of one piece.
    space_name
        Name of the embedding space where it is not ``<model>-v<version>``.
    max_batch
        Largest number of chunks in one request.
    device
        ``gpu`` or ``cpu``: where the model really runs, not where it was asked to.
    """

    name: str
    version: int
    dimension: int
    front_end: FrontEnd
    genres: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()
    descriptors: tuple[str, ...] = ()
    halves: tuple[Half, ...] = ()
    space_name: str = ""
    max_batch: int = 64
    device: str = "cpu"

    @property
    def space(self) -> str:
        """Name of the embedding space: its own, or ``<model>-v<version>``."""
        return self.space_name or f"{self.name}-v{self.version}"


@dataclass(frozen=True, slots=True)
class ChunkEmbeddings:
    """What a model gives for n chunks.

    Attributes
    ----------
    vectors
        Shape (n, dimension), float32, rows L2-normalised and finite.
    genre_probabilities, mood_probabilities, descriptor_probabilities
        Shape (n, labels), float32, in [0, 1]; None when the model has no such output.
    """

    vectors: Matrix
    genre_probabilities: npt.NDArray[np.float32] | None = None
    mood_probabilities: npt.NDArray[np.float32] | None = None
    descriptor_probabilities: npt.NDArray[np.float32] | None = None

    @classmethod
    def joined(cls, answers: Sequence[ChunkEmbeddings]) -> ChunkEmbeddings:
        """The embeddings of all chunks of at least one answer, in order."""
        return cls(
            np.concatenate([one.vectors for one in answers]),
            _joined([one.genre_probabilities for one in answers]),
            _joined([one.mood_probabilities for one in answers]),
            _joined([one.descriptor_probabilities for one in answers]),
        )


def _joined(
    parts: Sequence[npt.NDArray[np.float32] | None],
) -> npt.NDArray[np.float32] | None:
    given = [part for part in parts if part is not None]
    return np.concatenate(given) if given else None


class Embedder(Protocol):
    """Embeds log-mel chunks with one model."""

    async def card(self) -> ModelCard:
        """The model's description.

        Raises
        ------
        EmbedderUnavailable
            When the inference server or the model is not ready.
        ModelMisconfigured
            When its ``config.pbtxt`` lacks what Segue needs.
        """
        ...

    def embed_stream(
        self,
        batches: AsyncIterator[npt.NDArray[np.float32]],
        *,
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[ChunkEmbeddings]:
        """Embed batches of shape (n, bands, frames), in order, while the next ones are made.

        Parameters
        ----------
        timeout_seconds
            Longest wait for each answer. However long the batches themselves take to come does
            not count.

        Raises
        ------
        EmbedderUnavailable
            When the server does not answer, or answers with empty, misshapen, non-finite or
            unnormalised tensors.
        DeadlineExceeded
            When ``timeout_seconds`` pass in one such wait.
        """
        ...

    async def close(self) -> None:
        """Close the channel."""
        ...
