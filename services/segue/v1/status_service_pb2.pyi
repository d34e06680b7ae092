import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PartState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PART_STATE_UNSPECIFIED: _ClassVar[PartState]
    PART_STATE_SERVING: _ClassVar[PartState]
    PART_STATE_DOWN: _ClassVar[PartState]
    PART_STATE_UNKNOWN: _ClassVar[PartState]
    PART_STATE_NOT_CONFIGURED: _ClassVar[PartState]
PART_STATE_UNSPECIFIED: PartState
PART_STATE_SERVING: PartState
PART_STATE_DOWN: PartState
PART_STATE_UNKNOWN: PartState
PART_STATE_NOT_CONFIGURED: PartState

class GetServerInfoRequest(_message.Message):
    __slots__ = ("catalogue",)
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    catalogue: str
    def __init__(self, catalogue: _Optional[str] = ...) -> None: ...

class GetServerInfoResponse(_message.Message):
    __slots__ = ("version", "api", "model", "model_version", "device", "embedding_space", "dimension", "halves", "genres", "moods", "limits", "features", "factors_version", "ranker_version", "catalogues", "descriptors")
    class LimitsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    VERSION_FIELD_NUMBER: _ClassVar[int]
    API_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_SPACE_FIELD_NUMBER: _ClassVar[int]
    DIMENSION_FIELD_NUMBER: _ClassVar[int]
    HALVES_FIELD_NUMBER: _ClassVar[int]
    GENRES_FIELD_NUMBER: _ClassVar[int]
    MOODS_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    FACTORS_VERSION_FIELD_NUMBER: _ClassVar[int]
    RANKER_VERSION_FIELD_NUMBER: _ClassVar[int]
    CATALOGUES_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTORS_FIELD_NUMBER: _ClassVar[int]
    version: str
    api: str
    model: str
    model_version: int
    device: str
    embedding_space: str
    dimension: int
    halves: _containers.RepeatedCompositeFieldContainer[EmbeddingHalf]
    genres: _containers.RepeatedScalarFieldContainer[str]
    moods: _containers.RepeatedScalarFieldContainer[str]
    limits: _containers.ScalarMap[str, int]
    features: _containers.RepeatedScalarFieldContainer[str]
    factors_version: str
    ranker_version: str
    catalogues: _containers.RepeatedScalarFieldContainer[str]
    descriptors: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, version: _Optional[str] = ..., api: _Optional[str] = ..., model: _Optional[str] = ..., model_version: _Optional[int] = ..., device: _Optional[str] = ..., embedding_space: _Optional[str] = ..., dimension: _Optional[int] = ..., halves: _Optional[_Iterable[_Union[EmbeddingHalf, _Mapping]]] = ..., genres: _Optional[_Iterable[str]] = ..., moods: _Optional[_Iterable[str]] = ..., limits: _Optional[_Mapping[str, int]] = ..., features: _Optional[_Iterable[str]] = ..., factors_version: _Optional[str] = ..., ranker_version: _Optional[str] = ..., catalogues: _Optional[_Iterable[str]] = ..., descriptors: _Optional[_Iterable[str]] = ...) -> None: ...

class EmbeddingHalf(_message.Message):
    __slots__ = ("name", "share", "dimension")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    DIMENSION_FIELD_NUMBER: _ClassVar[int]
    name: str
    share: float
    dimension: int
    def __init__(self, name: _Optional[str] = ..., share: _Optional[float] = ..., dimension: _Optional[int] = ...) -> None: ...

class GetStatusRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetStatusResponse(_message.Message):
    __slots__ = ("healthy", "version", "index", "inference", "queue", "workers", "collaborative_source")
    HEALTHY_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    INFERENCE_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    WORKERS_FIELD_NUMBER: _ClassVar[int]
    COLLABORATIVE_SOURCE_FIELD_NUMBER: _ClassVar[int]
    healthy: bool
    version: str
    index: IndexStatus
    inference: InferenceStatus
    queue: QueueStatus
    workers: WorkersStatus
    collaborative_source: CollaborativeSourceStatus
    def __init__(self, healthy: _Optional[bool] = ..., version: _Optional[str] = ..., index: _Optional[_Union[IndexStatus, _Mapping]] = ..., inference: _Optional[_Union[InferenceStatus, _Mapping]] = ..., queue: _Optional[_Union[QueueStatus, _Mapping]] = ..., workers: _Optional[_Union[WorkersStatus, _Mapping]] = ..., collaborative_source: _Optional[_Union[CollaborativeSourceStatus, _Mapping]] = ...) -> None: ...

class PartStatus(_message.Message):
    __slots__ = ("state", "reason", "message", "next_step")
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    NEXT_STEP_FIELD_NUMBER: _ClassVar[int]
    state: PartState
    reason: str
    message: str
    next_step: str
    def __init__(self, state: _Optional[_Union[PartState, str]] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ..., next_step: _Optional[str] = ...) -> None: ...

class IndexStatus(_message.Message):
    __slots__ = ("part", "embedding_space", "tracks", "passages", "unindexed")
    PART_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_SPACE_FIELD_NUMBER: _ClassVar[int]
    TRACKS_FIELD_NUMBER: _ClassVar[int]
    PASSAGES_FIELD_NUMBER: _ClassVar[int]
    UNINDEXED_FIELD_NUMBER: _ClassVar[int]
    part: PartStatus
    embedding_space: str
    tracks: int
    passages: int
    unindexed: int
    def __init__(self, part: _Optional[_Union[PartStatus, _Mapping]] = ..., embedding_space: _Optional[str] = ..., tracks: _Optional[int] = ..., passages: _Optional[int] = ..., unindexed: _Optional[int] = ...) -> None: ...

class InferenceStatus(_message.Message):
    __slots__ = ("part", "model", "model_version", "device")
    PART_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    part: PartStatus
    model: str
    model_version: int
    device: str
    def __init__(self, part: _Optional[_Union[PartStatus, _Mapping]] = ..., model: _Optional[str] = ..., model_version: _Optional[int] = ..., device: _Optional[str] = ...) -> None: ...

class QueueStatus(_message.Message):
    __slots__ = ("part", "depth", "oldest_age", "dead_letters")
    PART_FIELD_NUMBER: _ClassVar[int]
    DEPTH_FIELD_NUMBER: _ClassVar[int]
    OLDEST_AGE_FIELD_NUMBER: _ClassVar[int]
    DEAD_LETTERS_FIELD_NUMBER: _ClassVar[int]
    part: PartStatus
    depth: int
    oldest_age: _duration_pb2.Duration
    dead_letters: int
    def __init__(self, part: _Optional[_Union[PartStatus, _Mapping]] = ..., depth: _Optional[int] = ..., oldest_age: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., dead_letters: _Optional[int] = ...) -> None: ...

class WorkersStatus(_message.Message):
    __slots__ = ("part", "alive")
    PART_FIELD_NUMBER: _ClassVar[int]
    ALIVE_FIELD_NUMBER: _ClassVar[int]
    part: PartStatus
    alive: _containers.RepeatedCompositeFieldContainer[WorkerStatus]
    def __init__(self, part: _Optional[_Union[PartStatus, _Mapping]] = ..., alive: _Optional[_Iterable[_Union[WorkerStatus, _Mapping]]] = ...) -> None: ...

class WorkerStatus(_message.Message):
    __slots__ = ("host", "pid", "concurrency", "version", "silence")
    HOST_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    SILENCE_FIELD_NUMBER: _ClassVar[int]
    host: str
    pid: int
    concurrency: int
    version: str
    silence: _duration_pb2.Duration
    def __init__(self, host: _Optional[str] = ..., pid: _Optional[int] = ..., concurrency: _Optional[int] = ..., version: _Optional[str] = ..., silence: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class CollaborativeSourceStatus(_message.Message):
    __slots__ = ("part",)
    PART_FIELD_NUMBER: _ClassVar[int]
    part: PartStatus
    def __init__(self, part: _Optional[_Union[PartStatus, _Mapping]] = ...) -> None: ...
