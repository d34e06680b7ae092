"""The embedded engine's own types, made from ours. Only this module and ``shard`` know them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import qdrant_edge as edge

from segue.errors import IndexUnavailable, SegueError
from segue.index.conditions import (
    AnyOf,
    Condition,
    Conditions,
    HasLabel,
    HasWord,
    IsMissing,
    IsTrack,
    Unless,
    Within,
)
from segue.index.schema import (
    AUDIO,
    GENRE,
    SEGMENTS,
    TRACKS,
    FieldKind,
    GraphSettings,
    indexed_fields,
)
from segue.tracks import track_point_id

_SCHEMAS: dict[
    FieldKind, edge.PayloadSchemaType | edge.KeywordIndexParams | edge.FloatIndexParams
] = {
    FieldKind.KEYWORD: edge.PayloadSchemaType.Keyword,
    FieldKind.WORDS: edge.KeywordIndexParams(prefix=True),
    FieldKind.FLOAT: edge.PayloadSchemaType.Float,
    FieldKind.ORDER_TEXT: edge.KeywordIndexParams(memory=edge.Memory.Cold),
    FieldKind.ORDER_NUMBER: edge.FloatIndexParams(memory=edge.Memory.Cold),
}


@dataclass(frozen=True, slots=True)
class ShardLayout:
    """What one shard holds and how its graph is built.

    Attributes
    ----------
    kind
        ``tracks`` or ``segments``.
    genre_dimension
        Length of the genre vectors, or None when none are stored.
    indexing_threshold
        Number of vectors, of all or of those a filter leaves, from which a graph beats scanning.
    """

    kind: str
    dimension: int
    genre_dimension: int | None
    graph: GraphSettings
    indexing_threshold: int

    def to_json(self) -> str:
        """Text that :meth:`from_json` reads back, for the process that builds graphs."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> ShardLayout:
        """Read what :meth:`to_json` wrote."""
        values = json.loads(text)
        return cls(**{**values, "graph": GraphSettings(**values["graph"])})

    def config(self) -> edge.EdgeConfig:
        """Configuration under which the engine creates or opens the shard."""
        # The engine counts thresholds in KiB of vectors.
        kib = max(1, self.indexing_threshold * self.dimension * 4 // 1024)
        quantisation = None
        if self.graph.quantisation:
            quantisation = edge.ScalarQuantizationConfig(
                type=edge.ScalarType.Int8, quantile=0.99, always_ram=True
            )
        vectors = {
            AUDIO: edge.EdgeVectorParams(
                size=self.dimension,
                distance=edge.Distance.Cosine,
                quantization_config=quantisation,
            )
        }
        if self.genre_dimension is not None:
            # A dozen dimensions are scanned faster than a graph over them is walked.
            vectors[GENRE] = edge.EdgeVectorParams(
                size=self.genre_dimension,
                distance=edge.Distance.Euclid,
                hnsw_config=edge.HnswIndexConfig(m=0, ef_construct=8, full_scan_threshold=kib),
            )
        return edge.EdgeConfig(
            vectors=vectors,
            hnsw_config=edge.HnswIndexConfig(
                m=self.graph.m,
                ef_construct=self.graph.ef_construct,
                full_scan_threshold=kib,
                max_indexing_threads=1,
            ),
            optimizers=edge.EdgeOptimizersConfig(indexing_threshold=kib, default_segment_number=1),
            # One search reads one large segment and one small one: handing them to threads costs
            # more than it saves.
            max_search_threads=1,
        )


def create_shard(folder: Path, layout: ShardLayout) -> edge.EdgeShard:
    """Create an empty shard with its payload indexes."""
    with engine_errors("creating an index"):
        shard = edge.EdgeShard.create(str(folder), layout.config())
        _index_fields(shard, layout)
        shard.flush()
        return shard


def load_shard(folder: Path, layout: ShardLayout) -> edge.EdgeShard:
    """Open a shard; what a crash left in its write-ahead log is applied.

    Payload indexes that it lacks, being of an earlier version, are made.
    """
    with engine_errors("opening the index"):
        shard = edge.EdgeShard.load(str(folder), layout.config())
        _index_fields(shard, layout)
        return shard


def engine_filter(kind: str, asked: Conditions) -> edge.Filter | None:
    """Turn neutral conditions into the engine's filter over tracks or segments."""
    if not asked:
        return None
    return edge.Filter(
        must=[_condition(kind, one) for one in asked.must] or None,
        must_not=[_condition(kind, one) for one in asked.must_not] or None,
    )


@contextmanager
def engine_errors(doing: str) -> Iterator[None]:
    """Translate what the engine raises, which is always a bare ``Exception``."""
    try:
        yield
    except SegueError:
        raise
    except Exception as exc:
        raise IndexUnavailable(f"the embedded index failed while {doing}: {exc}") from exc


def _index_fields(shard: edge.EdgeShard, layout: ShardLayout) -> None:
    indexed = shard.info().payload_schema
    for field, kind in indexed_fields(layout.kind).items():
        if layout.kind == TRACKS and field == "track_id":
            continue  # point ids say it already
        if field not in indexed:
            shard.update(edge.UpdateOperation.create_field_index(field, _SCHEMAS[kind]))


def _condition(
    kind: str, one: Condition
) -> edge.FieldCondition | edge.HasIdCondition | edge.IsEmptyCondition | edge.Filter:
    match one:
        case HasLabel(field, labels):
            if len(labels) == 1:
                return edge.FieldCondition(field, match=edge.MatchValue(labels[0]))
            return edge.FieldCondition(field, match=edge.MatchAny(list(labels)))
        case HasWord(field, beginning):
            return edge.FieldCondition(field, match=edge.MatchPrefix(beginning))
        case AnyOf(conditions):
            return edge.Filter(should=[_condition(kind, each) for each in conditions])
        case Unless(condition, exception):
            return edge.Filter(
                must=[_condition(kind, condition)], must_not=[_condition(kind, exception)]
            )
        case Within(field, minimum, maximum):
            return edge.FieldCondition(field, range=edge.RangeFloat(gte=minimum, lte=maximum))
        case IsMissing(field):
            return edge.IsEmptyCondition(field)
        case IsTrack(track_ids) if kind == SEGMENTS:
            return edge.FieldCondition("track_id", match=edge.MatchAny(list(track_ids)))
        case IsTrack(track_ids):
            return edge.HasIdCondition({track_point_id(track_id) for track_id in track_ids})
