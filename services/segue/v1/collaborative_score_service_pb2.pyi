from segue.v1 import track_pb2 as _track_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ScoreTracksRequest(_message.Message):
    __slots__ = ("user_id", "seed_track_ids", "candidate_track_ids", "suggestion_limit", "filter", "caller_metadata", "catalogue")
    class CallerMetadataEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    SEED_TRACK_IDS_FIELD_NUMBER: _ClassVar[int]
    CANDIDATE_TRACK_IDS_FIELD_NUMBER: _ClassVar[int]
    SUGGESTION_LIMIT_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    CALLER_METADATA_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    seed_track_ids: _containers.RepeatedScalarFieldContainer[str]
    candidate_track_ids: _containers.RepeatedScalarFieldContainer[str]
    suggestion_limit: int
    filter: _track_pb2.TrackFilter
    caller_metadata: _containers.ScalarMap[str, str]
    catalogue: str
    def __init__(self, user_id: _Optional[str] = ..., seed_track_ids: _Optional[_Iterable[str]] = ..., candidate_track_ids: _Optional[_Iterable[str]] = ..., suggestion_limit: _Optional[int] = ..., filter: _Optional[_Union[_track_pb2.TrackFilter, _Mapping]] = ..., caller_metadata: _Optional[_Mapping[str, str]] = ..., catalogue: _Optional[str] = ...) -> None: ...

class ScoreTracksResponse(_message.Message):
    __slots__ = ("scores",)
    SCORES_FIELD_NUMBER: _ClassVar[int]
    scores: _containers.RepeatedCompositeFieldContainer[CollaborativeScore]
    def __init__(self, scores: _Optional[_Iterable[_Union[CollaborativeScore, _Mapping]]] = ...) -> None: ...

class CollaborativeScore(_message.Message):
    __slots__ = ("track_id", "score")
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    track_id: str
    score: float
    def __init__(self, track_id: _Optional[str] = ..., score: _Optional[float] = ...) -> None: ...
