import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class InteractionKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INTERACTION_KIND_UNSPECIFIED: _ClassVar[InteractionKind]
    INTERACTION_KIND_PLAY: _ClassVar[InteractionKind]
    INTERACTION_KIND_SKIP: _ClassVar[InteractionKind]
    INTERACTION_KIND_LIKE: _ClassVar[InteractionKind]
    INTERACTION_KIND_DISLIKE: _ClassVar[InteractionKind]
INTERACTION_KIND_UNSPECIFIED: InteractionKind
INTERACTION_KIND_PLAY: InteractionKind
INTERACTION_KIND_SKIP: InteractionKind
INTERACTION_KIND_LIKE: InteractionKind
INTERACTION_KIND_DISLIKE: InteractionKind

class Interaction(_message.Message):
    __slots__ = ("user_id", "track_id", "kind", "occurred_at", "played_seconds")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    OCCURRED_AT_FIELD_NUMBER: _ClassVar[int]
    PLAYED_SECONDS_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    track_id: str
    kind: InteractionKind
    occurred_at: _timestamp_pb2.Timestamp
    played_seconds: float
    def __init__(self, user_id: _Optional[str] = ..., track_id: _Optional[str] = ..., kind: _Optional[_Union[InteractionKind, str]] = ..., occurred_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., played_seconds: _Optional[float] = ...) -> None: ...

class RecordInteractionsRequest(_message.Message):
    __slots__ = ("interactions", "request_id", "catalogue")
    INTERACTIONS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    interactions: _containers.RepeatedCompositeFieldContainer[Interaction]
    request_id: str
    catalogue: str
    def __init__(self, interactions: _Optional[_Iterable[_Union[Interaction, _Mapping]]] = ..., request_id: _Optional[str] = ..., catalogue: _Optional[str] = ...) -> None: ...

class RecordInteractionsResponse(_message.Message):
    __slots__ = ("recorded",)
    RECORDED_FIELD_NUMBER: _ClassVar[int]
    recorded: int
    def __init__(self, recorded: _Optional[int] = ...) -> None: ...

class ForgetListenerRequest(_message.Message):
    __slots__ = ("user_id", "catalogue")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    catalogue: str
    def __init__(self, user_id: _Optional[str] = ..., catalogue: _Optional[str] = ...) -> None: ...

class ForgetListenerResponse(_message.Message):
    __slots__ = ("interactions", "factors")
    INTERACTIONS_FIELD_NUMBER: _ClassVar[int]
    FACTORS_FIELD_NUMBER: _ClassVar[int]
    interactions: int
    factors: bool
    def __init__(self, interactions: _Optional[int] = ..., factors: _Optional[bool] = ...) -> None: ...
