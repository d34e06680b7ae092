import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MapLayout(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MAP_LAYOUT_UNSPECIFIED: _ClassVar[MapLayout]
    MAP_LAYOUT_TSNE: _ClassVar[MapLayout]
    MAP_LAYOUT_PCA: _ClassVar[MapLayout]

class MapWorkState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MAP_WORK_STATE_UNSPECIFIED: _ClassVar[MapWorkState]
    MAP_WORK_STATE_IDLE: _ClassVar[MapWorkState]
    MAP_WORK_STATE_WAITING: _ClassVar[MapWorkState]
    MAP_WORK_STATE_RUNNING: _ClassVar[MapWorkState]
    MAP_WORK_STATE_FAILED: _ClassVar[MapWorkState]
MAP_LAYOUT_UNSPECIFIED: MapLayout
MAP_LAYOUT_TSNE: MapLayout
MAP_LAYOUT_PCA: MapLayout
MAP_WORK_STATE_UNSPECIFIED: MapWorkState
MAP_WORK_STATE_IDLE: MapWorkState
MAP_WORK_STATE_WAITING: MapWorkState
MAP_WORK_STATE_RUNNING: MapWorkState
MAP_WORK_STATE_FAILED: MapWorkState

class GetMapInfoRequest(_message.Message):
    __slots__ = ("catalogue",)
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    catalogue: str
    def __init__(self, catalogue: _Optional[str] = ...) -> None: ...

class GetMapInfoResponse(_message.Message):
    __slots__ = ("map", "work", "catalogue_tracks")
    MAP_FIELD_NUMBER: _ClassVar[int]
    WORK_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_TRACKS_FIELD_NUMBER: _ClassVar[int]
    map: MapVersion
    work: MapWork
    catalogue_tracks: int
    def __init__(self, map: _Optional[_Union[MapVersion, _Mapping]] = ..., work: _Optional[_Union[MapWork, _Mapping]] = ..., catalogue_tracks: _Optional[int] = ...) -> None: ...

class MapVersion(_message.Message):
    __slots__ = ("version", "embedding_space", "tracks", "left_out", "created_at", "fitted_at", "changed", "seconds", "size_bytes", "labels")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_SPACE_FIELD_NUMBER: _ClassVar[int]
    TRACKS_FIELD_NUMBER: _ClassVar[int]
    LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    FITTED_AT_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    version: str
    embedding_space: str
    tracks: int
    left_out: int
    created_at: _timestamp_pb2.Timestamp
    fitted_at: _timestamp_pb2.Timestamp
    changed: int
    seconds: float
    size_bytes: int
    labels: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, version: _Optional[str] = ..., embedding_space: _Optional[str] = ..., tracks: _Optional[int] = ..., left_out: _Optional[int] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., fitted_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., changed: _Optional[int] = ..., seconds: _Optional[float] = ..., size_bytes: _Optional[int] = ..., labels: _Optional[_Iterable[str]] = ...) -> None: ...

class MapWork(_message.Message):
    __slots__ = ("state", "stage", "share", "attempts", "reason", "message", "next_step")
    STATE_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    NEXT_STEP_FIELD_NUMBER: _ClassVar[int]
    state: MapWorkState
    stage: str
    share: float
    attempts: int
    reason: str
    message: str
    next_step: str
    def __init__(self, state: _Optional[_Union[MapWorkState, str]] = ..., stage: _Optional[str] = ..., share: _Optional[float] = ..., attempts: _Optional[int] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ..., next_step: _Optional[str] = ...) -> None: ...

class GetMapRequest(_message.Message):
    __slots__ = ("layout", "labels", "known_version", "catalogue")
    LAYOUT_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    KNOWN_VERSION_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    layout: MapLayout
    labels: _containers.RepeatedScalarFieldContainer[str]
    known_version: str
    catalogue: str
    def __init__(self, layout: _Optional[_Union[MapLayout, str]] = ..., labels: _Optional[_Iterable[str]] = ..., known_version: _Optional[str] = ..., catalogue: _Optional[str] = ...) -> None: ...

class GetMapResponse(_message.Message):
    __slots__ = ("version", "embedding_space", "total_tracks", "genres", "moods", "artists", "track_ids", "x", "y", "genre_codes", "mood_codes", "artist_codes", "years", "labels")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_SPACE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_TRACKS_FIELD_NUMBER: _ClassVar[int]
    GENRES_FIELD_NUMBER: _ClassVar[int]
    MOODS_FIELD_NUMBER: _ClassVar[int]
    ARTISTS_FIELD_NUMBER: _ClassVar[int]
    TRACK_IDS_FIELD_NUMBER: _ClassVar[int]
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    GENRE_CODES_FIELD_NUMBER: _ClassVar[int]
    MOOD_CODES_FIELD_NUMBER: _ClassVar[int]
    ARTIST_CODES_FIELD_NUMBER: _ClassVar[int]
    YEARS_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    version: str
    embedding_space: str
    total_tracks: int
    genres: _containers.RepeatedScalarFieldContainer[str]
    moods: _containers.RepeatedScalarFieldContainer[str]
    artists: _containers.RepeatedScalarFieldContainer[str]
    track_ids: _containers.RepeatedScalarFieldContainer[str]
    x: _containers.RepeatedScalarFieldContainer[float]
    y: _containers.RepeatedScalarFieldContainer[float]
    genre_codes: _containers.RepeatedScalarFieldContainer[int]
    mood_codes: _containers.RepeatedScalarFieldContainer[int]
    artist_codes: _containers.RepeatedScalarFieldContainer[int]
    years: _containers.RepeatedScalarFieldContainer[int]
    labels: _containers.RepeatedCompositeFieldContainer[MapLabel]
    def __init__(self, version: _Optional[str] = ..., embedding_space: _Optional[str] = ..., total_tracks: _Optional[int] = ..., genres: _Optional[_Iterable[str]] = ..., moods: _Optional[_Iterable[str]] = ..., artists: _Optional[_Iterable[str]] = ..., track_ids: _Optional[_Iterable[str]] = ..., x: _Optional[_Iterable[float]] = ..., y: _Optional[_Iterable[float]] = ..., genre_codes: _Optional[_Iterable[int]] = ..., mood_codes: _Optional[_Iterable[int]] = ..., artist_codes: _Optional[_Iterable[int]] = ..., years: _Optional[_Iterable[int]] = ..., labels: _Optional[_Iterable[_Union[MapLabel, _Mapping]]] = ...) -> None: ...

class MapLabel(_message.Message):
    __slots__ = ("label", "levels")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    LEVELS_FIELD_NUMBER: _ClassVar[int]
    label: str
    levels: bytes
    def __init__(self, label: _Optional[str] = ..., levels: _Optional[bytes] = ...) -> None: ...

class RebuildMapRequest(_message.Message):
    __slots__ = ("anew", "catalogue")
    ANEW_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    anew: bool
    catalogue: str
    def __init__(self, anew: _Optional[bool] = ..., catalogue: _Optional[str] = ...) -> None: ...

class RebuildMapResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
