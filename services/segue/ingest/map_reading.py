"""The catalogue as the map wants it: ids, vectors and colours of its tracks."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlsplit

import grpc
import grpc.aio
import numpy as np

from segue.embedding.triton import TritonEmbedder
from segue.errors import IndexUnavailable
from segue.index.by_url import open_index
from segue.index.song_vectors import song_vectors
from segue.ingest.worker_settings import WorkerSettings
from segue.map_colours import ColourGathering, Colours
from segue.owner_token import token_metadata, token_of
from segue.tracks import EmbeddedTrack, Matrix
from segue.v1 import catalog_service_pb2 as messages
from segue.v1.catalog_service_pb2_grpc import CatalogServiceStub
from segue.wire.errors import refusal_from_call
from segue.wire.tracks import stored_track_from_message

_ROWS_AT_ONCE = 4_096
_LARGEST_ANSWER_BYTES = 16 * 1024 * 1024

_Page: TypeAlias = tuple[str, int, list[EmbeddedTrack]]
"""Embedding space, number of tracks of the catalogue, and some of these."""


@dataclass(frozen=True, slots=True, eq=False)
class ReadCatalogue:
    """What was read.

    Attributes
    ----------
    space
        Embedding space of the vectors.
    vectors
        Shape (N, dimension), L2-normalised.
    left_out
        Tracks that were read and are none of these, because there are too many.
    """

    space: str
    track_ids: list[str]
    vectors: Matrix
    colours: Colours
    left_out: int


async def read_catalogue(
    settings: WorkerSettings, catalogue: str, most: int, progress: Callable[[float], None]
) -> ReadCatalogue:
    """Read a live catalogue, of a very large one the same part each time.

    Parameters
    ----------
    catalogue
        Its name.
    most
        Tracks that are taken, about.
    progress
        Told the share that was read.

    Raises
    ------
    IndexUnavailable
        When it cannot be read now.
    """
    gathering = _Gathering(most)
    async with aclosing(_pages(settings, catalogue)) as pages:
        async for space, total, tracks in pages:
            gathering.of_space(space)
            for track in tracks:
                gathering.add(track, total)
            progress(min(1.0, gathering.read / max(total, 1)))
    return gathering.gathered()


class _Gathering:
    def __init__(self, most: int) -> None:
        self._most = most
        self._ids: list[str] = []
        self._blocks: list[Matrix] = []
        self._block: list[np.ndarray] = []
        self._colours = ColourGathering()
        self._space = ""
        self.read = 0

    def of_space(self, space: str) -> None:
        if self._space and space != self._space:
            raise IndexUnavailable("the stack went over to another embedding space meanwhile")
        self._space = space

    def add(self, one: EmbeddedTrack, total: int) -> None:
        self.read += 1
        if total > self._most and _place_in_line(one.track.track_id) > self._most / total:
            return
        length = float(np.linalg.norm(one.vector))
        self._ids.append(one.track.track_id)
        self._block.append((one.vector / max(length, 1e-12)).astype(np.float32))
        self._colours.add(one.track)
        if len(self._block) == _ROWS_AT_ONCE:
            self._blocks.append(np.stack(self._block))
            self._block = []

    def gathered(self) -> ReadCatalogue:
        blocks = [*self._blocks, *([np.stack(self._block)] if self._block else [])]
        vectors = np.concatenate(blocks) if blocks else np.zeros((0, 1), np.float32)
        left_out = self.read - len(self._ids)
        return ReadCatalogue(self._space, self._ids, vectors, self._colours.gathered(), left_out)


def _place_in_line(track_id: str) -> float:
    """A number in [0, 1) that is a track's own: the same tracks are taken every time."""
    digest = hashlib.blake2b(track_id.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") / 2**64


async def _pages(settings: WorkerSettings, catalogue: str) -> AsyncGenerator[_Page, None]:
    """A catalogue, a few tracks at a time."""
    url = urlsplit(settings.index.index_url)
    if url.scheme == "segue":
        async for page in _from_service(url.netloc, token_of(settings.access), catalogue):
            yield page
        return
    model = settings.model
    embedder = TritonEmbedder(
        model.triton_url,
        model.model,
        model.model_version,
        timeout_seconds=model.embed_timeout_seconds,
    )
    try:
        card = await embedder.card()
    finally:
        await embedder.close()
    index = await open_index(
        settings.index,
        space=card.space,
        dimension=card.dimension,
        genre_dimension=len(card.genres) or None,
        catalogue=catalogue,
    )
    try:
        total = (await index.info()).tracks
        async with aclosing(song_vectors(index)) as tracks:
            yield index.space, total, []
            async for track in tracks:
                yield index.space, total, [track]
    finally:
        await index.close()


async def _from_service(address: str, token: str, catalogue: str) -> AsyncGenerator[_Page, None]:
    """The same from the query service that has the index open."""
    options = [("grpc.max_receive_message_length", _LARGEST_ANSWER_BYTES)]
    async with grpc.aio.insecure_channel(address, options=options) as channel:
        catalog = CatalogServiceStub(channel)  # type: ignore[no-untyped-call]
        request = messages.ExportTracksRequest(song_vectors_only=True, catalogue=catalogue)
        try:
            async for response in catalog.ExportTracks(request, metadata=token_metadata(token)):
                space = response.embedding_space
                yield (
                    space,
                    response.total_tracks,
                    [stored_track_from_message(one, space=space) for one in response.tracks],
                )
        except grpc.aio.AioRpcError as exc:
            refusal = refusal_from_call(exc)
            reason = refusal.reason if refusal else exc.code().name
            raise IndexUnavailable(
                f"the catalogue could not be read from the query service: {reason}"
            ) from exc
