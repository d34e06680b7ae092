from segue.v1 import track_pb2 as _track_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MatchLevel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MATCH_LEVEL_UNSPECIFIED: _ClassVar[MatchLevel]
    MATCH_LEVEL_TRACK: _ClassVar[MatchLevel]
    MATCH_LEVEL_PASSAGE: _ClassVar[MatchLevel]

class FusionMethod(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FUSION_METHOD_UNSPECIFIED: _ClassVar[FusionMethod]
    FUSION_METHOD_WEIGHTED_SUM: _ClassVar[FusionMethod]
    FUSION_METHOD_RECIPROCAL_RANK: _ClassVar[FusionMethod]
    FUSION_METHOD_DISTRIBUTION_BASED: _ClassVar[FusionMethod]

class CollaborativeStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COLLABORATIVE_STATUS_UNSPECIFIED: _ClassVar[CollaborativeStatus]
    COLLABORATIVE_STATUS_USED: _ClassVar[CollaborativeStatus]
    COLLABORATIVE_STATUS_UNAVAILABLE: _ClassVar[CollaborativeStatus]
    COLLABORATIVE_STATUS_NO_SCORES: _ClassVar[CollaborativeStatus]
MATCH_LEVEL_UNSPECIFIED: MatchLevel
MATCH_LEVEL_TRACK: MatchLevel
MATCH_LEVEL_PASSAGE: MatchLevel
FUSION_METHOD_UNSPECIFIED: FusionMethod
FUSION_METHOD_WEIGHTED_SUM: FusionMethod
FUSION_METHOD_RECIPROCAL_RANK: FusionMethod
FUSION_METHOD_DISTRIBUTION_BASED: FusionMethod
COLLABORATIVE_STATUS_UNSPECIFIED: CollaborativeStatus
COLLABORATIVE_STATUS_USED: CollaborativeStatus
COLLABORATIVE_STATUS_UNAVAILABLE: CollaborativeStatus
COLLABORATIVE_STATUS_NO_SCORES: CollaborativeStatus

class SearchSimilarTracksRequest(_message.Message):
    __slots__ = ("seed", "filter", "mix", "page_size", "page_token", "view", "match_level", "all_copies")
    SEED_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    MIX_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    MATCH_LEVEL_FIELD_NUMBER: _ClassVar[int]
    ALL_COPIES_FIELD_NUMBER: _ClassVar[int]
    seed: Seed
    filter: _track_pb2.TrackFilter
    mix: HybridMix
    page_size: int
    page_token: str
    view: _track_pb2.TrackView
    match_level: MatchLevel
    all_copies: bool
    def __init__(self, seed: _Optional[_Union[Seed, _Mapping]] = ..., filter: _Optional[_Union[_track_pb2.TrackFilter, _Mapping]] = ..., mix: _Optional[_Union[HybridMix, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., view: _Optional[_Union[_track_pb2.TrackView, str]] = ..., match_level: _Optional[_Union[MatchLevel, str]] = ..., all_copies: _Optional[bool] = ...) -> None: ...

class Seed(_message.Message):
    __slots__ = ("track_id", "embedding", "clip")
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_FIELD_NUMBER: _ClassVar[int]
    CLIP_FIELD_NUMBER: _ClassVar[int]
    track_id: str
    embedding: EmbeddingSeed
    clip: ClipSeed
    def __init__(self, track_id: _Optional[str] = ..., embedding: _Optional[_Union[EmbeddingSeed, _Mapping]] = ..., clip: _Optional[_Union[ClipSeed, _Mapping]] = ...) -> None: ...

class EmbeddingSeed(_message.Message):
    __slots__ = ("values", "space")
    VALUES_FIELD_NUMBER: _ClassVar[int]
    SPACE_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[float]
    space: str
    def __init__(self, values: _Optional[_Iterable[float]] = ..., space: _Optional[str] = ...) -> None: ...

class ClipSeed(_message.Message):
    __slots__ = ("audio", "start_seconds", "length_seconds")
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    START_SECONDS_FIELD_NUMBER: _ClassVar[int]
    LENGTH_SECONDS_FIELD_NUMBER: _ClassVar[int]
    audio: bytes
    start_seconds: float
    length_seconds: float
    def __init__(self, audio: _Optional[bytes] = ..., start_seconds: _Optional[float] = ..., length_seconds: _Optional[float] = ...) -> None: ...

class HybridMix(_message.Message):
    __slots__ = ("method", "weight", "user_id", "scores")
    METHOD_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    method: FusionMethod
    weight: float
    user_id: str
    scores: _containers.RepeatedCompositeFieldContainer[TrackScore]
    def __init__(self, method: _Optional[_Union[FusionMethod, str]] = ..., weight: _Optional[float] = ..., user_id: _Optional[str] = ..., scores: _Optional[_Iterable[_Union[TrackScore, _Mapping]]] = ...) -> None: ...

class TrackScore(_message.Message):
    __slots__ = ("track_id", "score")
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    track_id: str
    score: float
    def __init__(self, track_id: _Optional[str] = ..., score: _Optional[float] = ...) -> None: ...

class SearchSimilarTracksResponse(_message.Message):
    __slots__ = ("results", "next_page_token", "embedding_space", "collaborative_status", "collaborative_message", "unknown_labels")
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_SPACE_FIELD_NUMBER: _ClassVar[int]
    COLLABORATIVE_STATUS_FIELD_NUMBER: _ClassVar[int]
    COLLABORATIVE_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_LABELS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[SimilarTrack]
    next_page_token: str
    embedding_space: str
    collaborative_status: CollaborativeStatus
    collaborative_message: str
    unknown_labels: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, results: _Optional[_Iterable[_Union[SimilarTrack, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., embedding_space: _Optional[str] = ..., collaborative_status: _Optional[_Union[CollaborativeStatus, str]] = ..., collaborative_message: _Optional[str] = ..., unknown_labels: _Optional[_Iterable[str]] = ...) -> None: ...

class SimilarTrack(_message.Message):
    __slots__ = ("track", "score", "acoustic_similarity", "collaborative_score", "passage", "others")
    TRACK_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    ACOUSTIC_SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    COLLABORATIVE_SCORE_FIELD_NUMBER: _ClassVar[int]
    PASSAGE_FIELD_NUMBER: _ClassVar[int]
    OTHERS_FIELD_NUMBER: _ClassVar[int]
    track: _track_pb2.Track
    score: float
    acoustic_similarity: float
    collaborative_score: float
    passage: MatchedPassage
    others: int
    def __init__(self, track: _Optional[_Union[_track_pb2.Track, _Mapping]] = ..., score: _Optional[float] = ..., acoustic_similarity: _Optional[float] = ..., collaborative_score: _Optional[float] = ..., passage: _Optional[_Union[MatchedPassage, _Mapping]] = ..., others: _Optional[int] = ...) -> None: ...

class MatchedPassage(_message.Message):
    __slots__ = ("start_seconds", "end_seconds", "similarity")
    START_SECONDS_FIELD_NUMBER: _ClassVar[int]
    END_SECONDS_FIELD_NUMBER: _ClassVar[int]
    SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    start_seconds: float
    end_seconds: float
    similarity: float
    def __init__(self, start_seconds: _Optional[float] = ..., end_seconds: _Optional[float] = ..., similarity: _Optional[float] = ...) -> None: ...
