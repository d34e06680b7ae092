"""Messages of Qdrant's gRPC interface, written and read by hand: no more than a search needs.

The client makes models of its own from every message, and checks each of their fields; of a search
that took more time than the server and the wire together.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from qdrant_client import grpc
from qdrant_client.conversions.conversion import RestToGrpc

from segue.catalogues import DEFAULT_CATALOGUE
from segue.index.passages import Match
from segue.index.payload import BRIEF_FIELDS, PASSAGE_FIELDS, TRACK_FIELDS, track_from_payload
from segue.index.qdrant.collections import collection_filter, search_params
from segue.index.rounds import Hit, NearestPoints
from segue.index.schema import AUDIO, SEGMENTS, TRACKS, GraphSettings, collection_name
from segue.tracks import Track, Vector, track_point_id


def _fields(names: Collection[str]) -> grpc.WithPayloadSelector:
    return grpc.WithPayloadSelector(include=grpc.PayloadIncludeSelector(fields=names))


_OF_A_TRACK = {True: _fields(TRACK_FIELDS), False: _fields(BRIEF_FIELDS)}
_OF_A_PASSAGE = _fields(PASSAGE_FIELDS)
_NOTHING = grpc.WithPayloadSelector(enable=False)


class SearchMessages:
    """Messages of searches in one space.

    Parameters
    ----------
    space
        Name of the space.
    graph
        How hard searches look.
    catalogue
        Whose tracks are searched.
    """

    def __init__(
        self, space: str, graph: GraphSettings, catalogue: str = DEFAULT_CATALOGUE
    ) -> None:
        kinds = (TRACKS, SEGMENTS)
        self._names = {kind: collection_name(kind, space, catalogue) for kind in kinds}
        self._params = {
            (exact, filtered): RestToGrpc.convert_search_params(
                search_params(graph, exact=exact, filtered=filtered)
            )
            for exact in (False, True)
            for filtered in (False, True)
        }

    def nearest(self, kind: str, requests: Collection[NearestPoints]) -> grpc.QueryBatchPoints:
        """Requests to one collection as one."""
        return grpc.QueryBatchPoints(
            collection_name=self._names[kind], query_points=map(self._nearest, requests)
        )

    def stored(
        self, track_ids: Collection[str], *, whole: bool | None, vectors: Collection[str]
    ) -> grpc.GetPoints:
        """What is stored of tracks: payload (None: none of it), and vectors of these names."""
        return grpc.GetPoints(
            collection_name=self._names[TRACKS],
            ids=map(_point_id, track_ids),
            with_payload=_NOTHING if whole is None else _OF_A_TRACK[whole],
            with_vectors=_vectors(vectors),
        )

    def _nearest(self, asked: NearestPoints) -> grpc.QueryPoints:
        where = collection_filter(asked.kind, asked.where)
        of_songs = asked.kind == TRACKS
        message = grpc.QueryPoints(
            collection_name=self._names[asked.kind],
            query=grpc.Query(nearest=_input(asked)),
            using=asked.using,
            filter=None if where is None else RestToGrpc.convert_filter(where),
            params=self._params[asked.exact, where is not None],
            limit=asked.limit,
            with_payload=_OF_A_TRACK[asked.whole] if of_songs else _OF_A_PASSAGE,
        )
        if asked.with_vectors:
            message.with_vectors.CopyFrom(_vectors([AUDIO]))
        if asked.vector is None and not of_songs:
            message.lookup_from.collection_name = self._names[TRACKS]
            message.lookup_from.vector_name = AUDIO
        return message


def song_hit(point: grpc.ScoredPoint) -> Hit[Track]:
    """A track of an answer, and its song vector if it was asked for."""
    return Hit(track_of(point), point.score, vector_of(point, AUDIO))


def match(point: grpc.ScoredPoint) -> Match:
    """The passage of an answer, and its similarity."""
    payload = point.payload
    track_id, start, end = (_value(payload[name]) for name in PASSAGE_FIELDS)
    return track_id, start, end, point.score


def track_of(point: grpc.ScoredPoint | grpc.RetrievedPoint) -> Track:
    """The track of a point."""
    return track_from_payload(payload_of(point.payload))


def vector_of(point: grpc.ScoredPoint | grpc.RetrievedPoint, name: str) -> Vector | None:
    """The vector of this name, where it is stored and was asked for."""
    if not point.HasField("vectors"):
        return None
    named = point.vectors.vectors.vectors
    if name not in named:
        return None
    vector = named[name]
    # Servers before 1.17 answer in the field that stands before it.
    numbers = vector.dense.data if vector.HasField("dense") else vector.data
    return np.fromiter(numbers, np.float32, len(numbers))


def payload_of(fields: Mapping[str, grpc.Value]) -> dict[str, Any]:
    """A payload as the values it stands for."""
    return {name: _value(value) for name, value in fields.items()}


def _value(value: grpc.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "list_value":
        return [_value(one) for one in value.list_value.values]
    if kind == "struct_value":
        return payload_of(value.struct_value.fields)
    return None if kind in (None, "null_value") else getattr(value, kind)


def _input(asked: NearestPoints) -> grpc.VectorInput:
    if asked.vector is None:
        return grpc.VectorInput(id=_point_id(asked.track_id))
    return grpc.VectorInput(dense=grpc.DenseVector(data=asked.vector.tolist()))


def _point_id(track_id: str) -> grpc.PointId:
    return grpc.PointId(uuid=str(track_point_id(track_id)))


def _vectors(names: Collection[str]) -> grpc.WithVectorsSelector:
    if not names:
        return grpc.WithVectorsSelector(enable=False)
    return grpc.WithVectorsSelector(include=grpc.VectorsSelector(names=names))
