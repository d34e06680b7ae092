"""One collection of the embedded index: its live shard, and what changes during a build."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import qdrant_edge as edge

from segue.durable import sync
from segue.errors import IndexUnavailable, SpaceMismatch
from segue.index.conditions import Conditions
from segue.index.edge.engine import (
    ShardLayout,
    create_shard,
    engine_errors,
    engine_filter,
    load_shard,
)
from segue.index.edge.generations import Generations
from segue.index.payload import NOT_OF_A_TRACK, Payload
from segue.index.rounds import Hit, NearestPoints
from segue.index.schema import AUDIO, GENRE
from segue.index.slices import slices
from segue.tracks import Vector

SCROLL_PAGE = 1_024

_ALL_OF_A_TRACK = edge.PayloadSelector.Exclude(NOT_OF_A_TRACK)


@dataclass(frozen=True, slots=True)
class Retired:
    """A generation that was replaced."""

    engine: edge.EdgeShard
    folder: Path

    def sync(self) -> None:
        """Write its files to the disk. Unlike closing it, this may run in a thread.

        The manifest that replaced it goes first: only then may the generation be removed.
        """
        sync(self.folder.parent)
        for path in self.folder.rglob("*"):
            sync(path)

    def close(self) -> None:
        """Let go of the files. It blocks for as long as syncing takes what :meth:`sync` left."""
        with engine_errors("closing"):
            self.engine.close()


class Shard:
    """A collection on disk. Writes are durable when they return; calls block for milliseconds.

    The write-ahead log is folded into the segments only where that blocks nobody: in the process
    that builds a graph, and on closing. The next build bounds its length.

    While a new generation is built from a copy, the ids of changed points are noted. The live
    shard stays complete, so that the note may die with the process: an unfinished build is thrown
    away whole.
    """

    def __init__(self, folder: Path, layout: ShardLayout) -> None:
        self._generations = Generations(folder)
        self._generations.sweep()
        self._layout = self._settled(layout)
        stored = self._generations.properties
        self._properties: dict[str, Any] = {
            "dimension": self._layout.dimension,
            "genre_dimension": self._layout.genre_dimension,
            "covered": stored.get("covered", 0),
        }
        self._params = _search_params(layout)
        self._params_filtered = _search_params(layout, filtered=True)
        self._params_exact = _search_params(layout, exact=True)
        self._changed: set[UUID] | None = None
        self._built: edge.EdgeShard | None = None
        live = self._generations.live
        if live is None:
            live = self._generations.candidate()
            self._engine = create_shard(live, self._layout)
            self._generations.switch(live, self._properties)
        else:
            self._engine = load_shard(live, self._layout)
        self._live = live
        self._fresh: set[UUID] = set()
        self._replayed: set[UUID] = set()
        self._built_points = 0
        self._stale_before: int = max(
            self.points - self._properties["covered"], stored.get("unindexed", 0)
        )

    @property
    def layout(self) -> ShardLayout:
        """What the shard holds."""
        return self._layout

    @property
    def points(self) -> int:
        """Number of stored points."""
        with engine_errors("counting"):
            return int(self._engine.info().points_count)

    @property
    def unindexed(self) -> int:
        """Number of points that no graph covers.

        The engine counts vectors of every name, deleted ones included, so that it is counted here;
        after a crash, points that were overwritten since the last build are missing from it.
        """
        return min(self.points, self.written_since_build)

    @property
    def written_since_build(self) -> int:
        """Points written since the last build: :attr:`unindexed` is never more."""
        return self._stale_before + len(self._fresh)

    @property
    def live(self) -> Path:
        """Folder of the live generation."""
        return self._live

    @property
    def changes(self) -> int:
        """Number of points that changed since :meth:`note_changes` and were not replayed."""
        return len(self._changed or ())

    def upsert(self, points: Sequence[edge.Point]) -> None:
        """Store points, replacing those with the same ids."""
        self._update(edge.UpdateOperation.upsert_points(list(points)), [one.id for one in points])

    def delete(self, ids: Collection[UUID]) -> None:
        """Delete points; unknown ones are passed over."""
        if ids:
            self._update(edge.UpdateOperation.delete_points(list(ids)), ids)
            self._fresh.difference_update(ids)

    def set_payload(self, ids: Collection[UUID], payload: Payload) -> None:
        """Replace the fields named in ``payload`` on the points, and keep their other fields."""
        if ids:
            self._update(edge.UpdateOperation.set_payload(list(ids), payload), ids)

    def nearest(self, asked: NearestPoints, *, more: int = 0) -> Iterator[Hit[UUID]]:
        """The nearest points, best first, and so many more; of a vector that is given.

        They come without their vectors. All are found now, but read one by one.
        """
        if asked.vector is None:
            raise ValueError("the embedded engine is asked by vectors only")
        # The engine reads arrays too, but number by number.
        request = edge.QueryRequest(
            limit=asked.limit + more,
            query=edge.Query.Nearest(asked.vector.tolist(), using=asked.using),
            filter=self.filter(asked.where),
            params=self._params_of(asked),
        )
        with engine_errors("searching"):
            hits: Any = self._engine.query(request)
        return (Hit(hit.id, hit.score) for hit in hits)

    def _params_of(self, asked: NearestPoints) -> edge.SearchParams:
        if asked.exact:
            return self._params_exact
        return self._params_filtered if asked.where else self._params

    def filter(self, asked: Conditions) -> edge.Filter | None:
        """Conditions in the engine's terms."""
        return engine_filter(self._layout.kind, asked)

    def payloads(
        self, ids: Collection[UUID], fields: list[str] | None = None
    ) -> dict[UUID, Payload]:
        """Payloads of those of the points that exist: what tracks are made of, or these fields."""
        if not ids:
            return {}
        with engine_errors("reading"):
            records: Any = self._engine.retrieve(list(ids), fields or _ALL_OF_A_TRACK, False)
        return {record.id: record.payload for record in records}

    def vectors(self, ids: Collection[UUID], name: str) -> dict[UUID, Vector]:
        """Vectors of a name of those of the points that exist and have one."""
        if not ids:
            return {}
        with engine_errors("reading"):
            records: Any = self._engine.retrieve(list(ids), False, [name])
        return {one.id: _array(one.vector[name]) for one in records if name in one.vector}

    def existing(self, ids: Collection[UUID]) -> set[UUID]:
        """Those of the points that exist."""
        if not ids:
            return set()
        with engine_errors("reading"):
            records: Any = self._engine.retrieve(list(ids), False, False)
        return {record.id for record in records}

    def page(
        self,
        limit: int,
        start: UUID | None,
        where: edge.Filter | None,
        *,
        payload: bool | list[str] | None = None,
    ) -> tuple[list[tuple[UUID, Payload]], UUID | None]:
        """One page of points in the order of their ids.

        Parameters
        ----------
        payload
            Whether to read payloads, or which of their fields; None: what tracks are made of.

        Returns
        -------
        tuple
            Id and payload of each point, and the first id of the next page (None: there is none).
        """
        request = edge.ScrollRequest(
            offset=start,
            limit=limit,
            filter=where,
            with_payload=_ALL_OF_A_TRACK if payload is None else payload,
            with_vector=False,
        )
        with engine_errors("listing"):
            found: Any = self._engine.scroll(request)
        records, following = found
        return [(record.id, record.payload) for record in records], following

    def by_number(
        self,
        field: str,
        limit: int,
        start: float | None,
        where: edge.Filter | None,
        *,
        descending: bool,
        payload: list[str],
    ) -> list[tuple[UUID, Payload]]:
        """Points in the order of a number that has an index, from one on; without it: none.

        Those of one number come in any order.
        """
        direction = edge.Direction.Desc if descending else edge.Direction.Asc
        request = edge.ScrollRequest(
            limit=limit,
            filter=where,
            with_payload=payload,
            with_vector=False,
            order_by=edge.OrderBy(field, direction, start),
        )
        with engine_errors("listing"):
            found: Any = self._engine.scroll(request)
        records, _ = found
        return [(record.id, record.payload) for record in records]

    def page_of_vectors(
        self, limit: int, start: UUID | None, where: edge.Filter | None, fields: list[str] | None
    ) -> tuple[list[tuple[Payload, dict[str, Vector]]], UUID | None]:
        """As :meth:`page`, with payload and vectors of each point: all fields, or those named."""
        request = edge.ScrollRequest(
            offset=start, limit=limit, filter=where, with_payload=fields or True, with_vector=True
        )
        with engine_errors("listing"):
            found: Any = self._engine.scroll(request)
        records, following = found
        return [
            (
                record.payload,
                {name: _array(one) for name, one in record.vector.items()},
            )
            for record in records
        ], following

    def ids(self, where: edge.Filter | None) -> Iterator[UUID]:
        """Ids of all points that satisfy the filter."""
        start: UUID | None = None
        while True:
            records, start = self.page(SCROLL_PAGE, start, where, payload=False)
            yield from (key for key, _ in records)
            if start is None:
                return

    def facet(self, field: str, where: edge.Filter | None) -> list[tuple[str, int]]:
        """Number of points per label of a keyword field."""
        request = edge.FacetRequest(field, limit=1_000_000, exact=True, filter=where)
        with engine_errors("counting labels"):
            return [(str(hit.value), int(hit.count)) for hit in self._engine.facet(request).hits]

    def count(self, where: edge.Filter | None) -> int:
        """Number of points that satisfy the filter."""
        with engine_errors("counting"):
            return int(self._engine.count(edge.CountRequest(filter=where, exact=True)))

    def close(self) -> None:
        """Flush and let go of the files."""
        self._generations.switch(self._live, {**self._properties, "unindexed": self.unindexed})
        with engine_errors("closing"):
            self._engine.flush()
            self._engine.close()

    def begin_build(self) -> Path:
        """Name the folder for a copy of the live generation."""
        return self._generations.candidate()

    def note_changes(self) -> None:
        """From now on remember which points change: the copy is being made."""
        self._changed = set()

    def open_built(self, folder: Path) -> None:
        """Open the finished copy, to replay on it what changed since."""
        self._built = load_shard(folder, self._layout)
        self._replayed = set()
        with engine_errors("counting"):
            self._built_points = int(self._built.info().points_count)

    def take_changes(self, size: int) -> Iterator[list[UUID]]:
        """Ids of the points that changed, in pieces; the note starts anew."""
        taken, self._changed = self._changed or set(), set()
        return slices(taken, size)

    def replay(self, ids: Sequence[UUID]) -> None:
        """Bring points of the finished copy to their present state, whatever happened to them."""
        if self._built is None:
            return
        with engine_errors("replaying"):
            records: Any = self._engine.retrieve(list(ids), True, True)
            points = [edge.Point(one.id, one.vector, one.payload) for one in records]
            kept = {one.id for one in records}
            gone = set(ids) - kept
            if gone:
                self._built.update(edge.UpdateOperation.delete_points(list(gone)))
            if points:
                self._built.update(edge.UpdateOperation.upsert_points(points))
        self._replayed |= kept
        self._replayed -= gone

    def prepare_switch(self, folder: Path) -> None:
        """Do the slow part of :meth:`switch` ahead; it may run in a thread, and be in vain."""
        self._generations.draft(
            folder, {**self._properties, "covered": self._built_points, "unindexed": 0}
        )

    def switch(self, folder: Path) -> Retired:
        """Make the finished copy the live generation, in a moment."""
        if self._built is None:
            raise IndexUnavailable("there is no finished graph to switch to")
        self._generations.commit()
        retired = Retired(self._engine, self._live)
        self._engine, self._live = self._built, folder
        self._built, self._changed = None, None
        self._fresh, self._stale_before = self._replayed, 0
        self._properties["covered"] = self._built_points
        return retired

    def abandon_build(self) -> None:
        """Forget the copy; the live generation has everything."""
        self._changed = None
        built, self._built = self._built, None
        if built is not None:
            with engine_errors("closing"):
                built.close()

    def _settled(self, layout: ShardLayout) -> ShardLayout:
        stored = self._generations.properties
        if not stored:
            return layout
        if stored["dimension"] != layout.dimension:
            raise SpaceMismatch(
                f"the index holds vectors of length {stored['dimension']}, not {layout.dimension}"
            )
        asked, have = layout.genre_dimension, stored["genre_dimension"]
        if asked is not None and asked != have:
            raise SpaceMismatch(f"the index holds genre vectors of length {have}, not {asked}")
        return ShardLayout(
            kind=layout.kind,
            dimension=layout.dimension,
            genre_dimension=have,
            graph=layout.graph,
            indexing_threshold=layout.indexing_threshold,
        )

    def _update(self, operation: edge.UpdateOperation, ids: Collection[Any]) -> None:
        with engine_errors("writing"):
            self._engine.update(operation)
        self._fresh.update(ids)
        if self._changed is not None:
            self._changed.update(ids)


def point(
    point_id: UUID, vector: Vector, payload: Payload, genre_vector: Vector | None = None
) -> edge.Point:
    """Make a point with its named vectors."""
    vectors = {AUDIO: vector.tolist()}
    if genre_vector is not None:
        vectors[GENRE] = genre_vector.tolist()
    return edge.Point(point_id, vectors, payload)


def _array(stored: Sequence[float]) -> Vector:
    return np.array(stored, dtype=np.float32)


def _search_params(
    layout: ShardLayout, *, exact: bool = False, filtered: bool = False
) -> edge.SearchParams:
    graph = layout.graph
    quantisation = acorn = None
    if graph.quantisation:
        quantisation = edge.QuantizationSearchParams(ignore=exact, rescore=True, oversampling=2.0)
    if filtered and not exact and graph.acorn_share:
        # The engine estimates what the filter keeps, and goes by it.
        acorn = edge.AcornSearchParams(enable=True, max_selectivity=graph.acorn_share)
    return edge.SearchParams(
        hnsw_ef=graph.search_ef, exact=exact, quantization=quantisation, acorn=acorn
    )
