"""Batches that are at hand, embedded in one go."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import numpy as np
import numpy.typing as npt

from segue.embedding.model import ChunkEmbeddings, Embedder


async def embed_batches(
    embedder: Embedder,
    batches: Sequence[npt.NDArray[np.float32]],
    *,
    timeout_seconds: float | None = None,
) -> ChunkEmbeddings:
    """Embeddings of all chunks of at least one batch, in order."""

    async def feed() -> AsyncIterator[npt.NDArray[np.float32]]:
        for batch in batches:
            yield batch

    stream = embedder.embed_stream(feed(), timeout_seconds=timeout_seconds)
    answers = [answer async for answer in stream]
    return ChunkEmbeddings.joined(answers)
