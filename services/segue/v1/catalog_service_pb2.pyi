import datetime

from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from segue.v1 import track_pb2 as _track_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class IngestState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INGEST_STATE_UNSPECIFIED: _ClassVar[IngestState]
    INGEST_STATE_QUEUED: _ClassVar[IngestState]
    INGEST_STATE_RUNNING: _ClassVar[IngestState]
    INGEST_STATE_RETRYING: _ClassVar[IngestState]
    INGEST_STATE_INDEXED: _ClassVar[IngestState]
    INGEST_STATE_SKIPPED: _ClassVar[IngestState]
    INGEST_STATE_DEAD: _ClassVar[IngestState]
    INGEST_STATE_CANCELLED: _ClassVar[IngestState]

class WorkerPresence(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WORKER_PRESENCE_UNSPECIFIED: _ClassVar[WorkerPresence]
    WORKER_PRESENCE_ALIVE: _ClassVar[WorkerPresence]
    WORKER_PRESENCE_GONE: _ClassVar[WorkerPresence]
INGEST_STATE_UNSPECIFIED: IngestState
INGEST_STATE_QUEUED: IngestState
INGEST_STATE_RUNNING: IngestState
INGEST_STATE_RETRYING: IngestState
INGEST_STATE_INDEXED: IngestState
INGEST_STATE_SKIPPED: IngestState
INGEST_STATE_DEAD: IngestState
INGEST_STATE_CANCELLED: IngestState
WORKER_PRESENCE_UNSPECIFIED: WorkerPresence
WORKER_PRESENCE_ALIVE: WorkerPresence
WORKER_PRESENCE_GONE: WorkerPresence

class IngestItem(_message.Message):
    __slots__ = ("track_id", "uri", "metadata", "force", "replace_given")
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    URI_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    REPLACE_GIVEN_FIELD_NUMBER: _ClassVar[int]
    track_id: str
    uri: str
    metadata: _track_pb2.TrackMetadata
    force: bool
    replace_given: bool
    def __init__(self, track_id: _Optional[str] = ..., uri: _Optional[str] = ..., metadata: _Optional[_Union[_track_pb2.TrackMetadata, _Mapping]] = ..., force: _Optional[bool] = ..., replace_given: _Optional[bool] = ...) -> None: ...

class IngestTracksRequest(_message.Message):
    __slots__ = ("items", "request_id", "catalogue")
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[IngestItem]
    request_id: str
    catalogue: str
    def __init__(self, items: _Optional[_Iterable[_Union[IngestItem, _Mapping]]] = ..., request_id: _Optional[str] = ..., catalogue: _Optional[str] = ...) -> None: ...

class IngestTracksResponse(_message.Message):
    __slots__ = ("job_id", "track_ids")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    TRACK_IDS_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    track_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, job_id: _Optional[str] = ..., track_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class UploadTrackRequest(_message.Message):
    __slots__ = ("header", "data")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    header: UploadHeader
    data: bytes
    def __init__(self, header: _Optional[_Union[UploadHeader, _Mapping]] = ..., data: _Optional[bytes] = ...) -> None: ...

class UploadHeader(_message.Message):
    __slots__ = ("track_id", "metadata", "file_name", "force", "job_id", "request_id", "replace_given", "catalogue")
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    FILE_NAME_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    REPLACE_GIVEN_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    track_id: str
    metadata: _track_pb2.TrackMetadata
    file_name: str
    force: bool
    job_id: str
    request_id: str
    replace_given: bool
    catalogue: str
    def __init__(self, track_id: _Optional[str] = ..., metadata: _Optional[_Union[_track_pb2.TrackMetadata, _Mapping]] = ..., file_name: _Optional[str] = ..., force: _Optional[bool] = ..., job_id: _Optional[str] = ..., request_id: _Optional[str] = ..., replace_given: _Optional[bool] = ..., catalogue: _Optional[str] = ...) -> None: ...

class UploadTrackResponse(_message.Message):
    __slots__ = ("job_id", "track_id", "size_bytes", "content_sha256")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    CONTENT_SHA256_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    track_id: str
    size_bytes: int
    content_sha256: str
    def __init__(self, job_id: _Optional[str] = ..., track_id: _Optional[str] = ..., size_bytes: _Optional[int] = ..., content_sha256: _Optional[str] = ...) -> None: ...

class IngestItemStatus(_message.Message):
    __slots__ = ("track_id", "uri", "state", "reason", "message", "attempts")
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    URI_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    track_id: str
    uri: str
    state: IngestState
    reason: str
    message: str
    attempts: int
    def __init__(self, track_id: _Optional[str] = ..., uri: _Optional[str] = ..., state: _Optional[_Union[IngestState, str]] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ..., attempts: _Optional[int] = ...) -> None: ...

class IngestJob(_message.Message):
    __slots__ = ("job_id", "total", "queued", "running", "retrying", "indexed", "skipped", "dead", "done", "created_at", "finished_at", "cancelled", "catalogue")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    QUEUED_FIELD_NUMBER: _ClassVar[int]
    RUNNING_FIELD_NUMBER: _ClassVar[int]
    RETRYING_FIELD_NUMBER: _ClassVar[int]
    INDEXED_FIELD_NUMBER: _ClassVar[int]
    SKIPPED_FIELD_NUMBER: _ClassVar[int]
    DEAD_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    FINISHED_AT_FIELD_NUMBER: _ClassVar[int]
    CANCELLED_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    total: int
    queued: int
    running: int
    retrying: int
    indexed: int
    skipped: int
    dead: int
    done: bool
    created_at: _timestamp_pb2.Timestamp
    finished_at: _timestamp_pb2.Timestamp
    cancelled: int
    catalogue: str
    def __init__(self, job_id: _Optional[str] = ..., total: _Optional[int] = ..., queued: _Optional[int] = ..., running: _Optional[int] = ..., retrying: _Optional[int] = ..., indexed: _Optional[int] = ..., skipped: _Optional[int] = ..., dead: _Optional[int] = ..., done: _Optional[bool] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., finished_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., cancelled: _Optional[int] = ..., catalogue: _Optional[str] = ...) -> None: ...

class WatchIngestRequest(_message.Message):
    __slots__ = ("job_id", "catalogue")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    catalogue: str
    def __init__(self, job_id: _Optional[str] = ..., catalogue: _Optional[str] = ...) -> None: ...

class WatchIngestResponse(_message.Message):
    __slots__ = ("job", "changed", "worker_presence", "more")
    JOB_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    WORKER_PRESENCE_FIELD_NUMBER: _ClassVar[int]
    MORE_FIELD_NUMBER: _ClassVar[int]
    job: IngestJob
    changed: _containers.RepeatedCompositeFieldContainer[IngestItemStatus]
    worker_presence: WorkerPresence
    more: bool
    def __init__(self, job: _Optional[_Union[IngestJob, _Mapping]] = ..., changed: _Optional[_Iterable[_Union[IngestItemStatus, _Mapping]]] = ..., worker_presence: _Optional[_Union[WorkerPresence, str]] = ..., more: _Optional[bool] = ...) -> None: ...

class GetIngestJobRequest(_message.Message):
    __slots__ = ("job_id", "include_items", "page_size", "page_token", "catalogue")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_ITEMS_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    include_items: bool
    page_size: int
    page_token: str
    catalogue: str
    def __init__(self, job_id: _Optional[str] = ..., include_items: _Optional[bool] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., catalogue: _Optional[str] = ...) -> None: ...

class GetIngestJobResponse(_message.Message):
    __slots__ = ("job", "items", "next_page_token")
    JOB_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    job: IngestJob
    items: _containers.RepeatedCompositeFieldContainer[IngestItemStatus]
    next_page_token: str
    def __init__(self, job: _Optional[_Union[IngestJob, _Mapping]] = ..., items: _Optional[_Iterable[_Union[IngestItemStatus, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListIngestJobsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "catalogue")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    catalogue: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., catalogue: _Optional[str] = ...) -> None: ...

class ListIngestJobsResponse(_message.Message):
    __slots__ = ("jobs", "next_page_token")
    JOBS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    jobs: _containers.RepeatedCompositeFieldContainer[IngestJob]
    next_page_token: str
    def __init__(self, jobs: _Optional[_Iterable[_Union[IngestJob, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CancelIngestJobRequest(_message.Message):
    __slots__ = ("job_id", "catalogue")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    catalogue: str
    def __init__(self, job_id: _Optional[str] = ..., catalogue: _Optional[str] = ...) -> None: ...

class CancelIngestJobResponse(_message.Message):
    __slots__ = ("job", "cancelled")
    JOB_FIELD_NUMBER: _ClassVar[int]
    CANCELLED_FIELD_NUMBER: _ClassVar[int]
    job: IngestJob
    cancelled: int
    def __init__(self, job: _Optional[_Union[IngestJob, _Mapping]] = ..., cancelled: _Optional[int] = ...) -> None: ...

class GetTrackRequest(_message.Message):
    __slots__ = ("track_id", "view", "include_vector", "allow_missing", "catalogue")
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_VECTOR_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    track_id: str
    view: _track_pb2.TrackView
    include_vector: bool
    allow_missing: bool
    catalogue: str
    def __init__(self, track_id: _Optional[str] = ..., view: _Optional[_Union[_track_pb2.TrackView, str]] = ..., include_vector: _Optional[bool] = ..., allow_missing: _Optional[bool] = ..., catalogue: _Optional[str] = ...) -> None: ...

class GetTrackResponse(_message.Message):
    __slots__ = ("track", "embedding_space", "vector")
    TRACK_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_SPACE_FIELD_NUMBER: _ClassVar[int]
    VECTOR_FIELD_NUMBER: _ClassVar[int]
    track: _track_pb2.Track
    embedding_space: str
    vector: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, track: _Optional[_Union[_track_pb2.Track, _Mapping]] = ..., embedding_space: _Optional[str] = ..., vector: _Optional[_Iterable[float]] = ...) -> None: ...

class GetTracksRequest(_message.Message):
    __slots__ = ("track_ids", "view", "catalogue")
    TRACK_IDS_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    track_ids: _containers.RepeatedScalarFieldContainer[str]
    view: _track_pb2.TrackView
    catalogue: str
    def __init__(self, track_ids: _Optional[_Iterable[str]] = ..., view: _Optional[_Union[_track_pb2.TrackView, str]] = ..., catalogue: _Optional[str] = ...) -> None: ...

class GetTracksResponse(_message.Message):
    __slots__ = ("tracks", "missing_track_ids", "embedding_space")
    TRACKS_FIELD_NUMBER: _ClassVar[int]
    MISSING_TRACK_IDS_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_SPACE_FIELD_NUMBER: _ClassVar[int]
    tracks: _containers.RepeatedCompositeFieldContainer[_track_pb2.Track]
    missing_track_ids: _containers.RepeatedScalarFieldContainer[str]
    embedding_space: str
    def __init__(self, tracks: _Optional[_Iterable[_Union[_track_pb2.Track, _Mapping]]] = ..., missing_track_ids: _Optional[_Iterable[str]] = ..., embedding_space: _Optional[str] = ...) -> None: ...

class ListTracksRequest(_message.Message):
    __slots__ = ("filter", "page_size", "page_token", "view", "order_by", "catalogue")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    filter: _track_pb2.TrackFilter
    page_size: int
    page_token: str
    view: _track_pb2.TrackView
    order_by: str
    catalogue: str
    def __init__(self, filter: _Optional[_Union[_track_pb2.TrackFilter, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., view: _Optional[_Union[_track_pb2.TrackView, str]] = ..., order_by: _Optional[str] = ..., catalogue: _Optional[str] = ...) -> None: ...

class ListTracksResponse(_message.Message):
    __slots__ = ("tracks", "next_page_token")
    TRACKS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    tracks: _containers.RepeatedCompositeFieldContainer[_track_pb2.Track]
    next_page_token: str
    def __init__(self, tracks: _Optional[_Iterable[_Union[_track_pb2.Track, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateTrackRequest(_message.Message):
    __slots__ = ("track_id", "metadata", "update_mask", "reset_mask", "etag", "catalogue")
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    RESET_MASK_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    track_id: str
    metadata: _track_pb2.TrackMetadata
    update_mask: _field_mask_pb2.FieldMask
    reset_mask: _field_mask_pb2.FieldMask
    etag: str
    catalogue: str
    def __init__(self, track_id: _Optional[str] = ..., metadata: _Optional[_Union[_track_pb2.TrackMetadata, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., reset_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., etag: _Optional[str] = ..., catalogue: _Optional[str] = ...) -> None: ...

class UpdateTrackResponse(_message.Message):
    __slots__ = ("track",)
    TRACK_FIELD_NUMBER: _ClassVar[int]
    track: _track_pb2.Track
    def __init__(self, track: _Optional[_Union[_track_pb2.Track, _Mapping]] = ...) -> None: ...

class DescribeTrackRequest(_message.Message):
    __slots__ = ("track", "catalogue")
    TRACK_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    track: _track_pb2.Track
    catalogue: str
    def __init__(self, track: _Optional[_Union[_track_pb2.Track, _Mapping]] = ..., catalogue: _Optional[str] = ...) -> None: ...

class DescribeTrackResponse(_message.Message):
    __slots__ = ("exists",)
    EXISTS_FIELD_NUMBER: _ClassVar[int]
    exists: bool
    def __init__(self, exists: _Optional[bool] = ...) -> None: ...

class DeleteTrackRequest(_message.Message):
    __slots__ = ("track_id", "catalogue")
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    track_id: str
    catalogue: str
    def __init__(self, track_id: _Optional[str] = ..., catalogue: _Optional[str] = ...) -> None: ...

class DeleteTrackResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class DeleteTracksRequest(_message.Message):
    __slots__ = ("track_ids", "catalogue")
    TRACK_IDS_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    track_ids: _containers.RepeatedScalarFieldContainer[str]
    catalogue: str
    def __init__(self, track_ids: _Optional[_Iterable[str]] = ..., catalogue: _Optional[str] = ...) -> None: ...

class DeleteTracksResponse(_message.Message):
    __slots__ = ("deleted", "missing_track_ids")
    DELETED_FIELD_NUMBER: _ClassVar[int]
    MISSING_TRACK_IDS_FIELD_NUMBER: _ClassVar[int]
    deleted: int
    missing_track_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, deleted: _Optional[int] = ..., missing_track_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class TrackMove(_message.Message):
    __slots__ = ("track_id", "source_uri")
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_URI_FIELD_NUMBER: _ClassVar[int]
    track_id: str
    source_uri: str
    def __init__(self, track_id: _Optional[str] = ..., source_uri: _Optional[str] = ...) -> None: ...

class MoveTracksRequest(_message.Message):
    __slots__ = ("moves", "catalogue")
    MOVES_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    moves: _containers.RepeatedCompositeFieldContainer[TrackMove]
    catalogue: str
    def __init__(self, moves: _Optional[_Iterable[_Union[TrackMove, _Mapping]]] = ..., catalogue: _Optional[str] = ...) -> None: ...

class MoveTracksResponse(_message.Message):
    __slots__ = ("missing_track_ids",)
    MISSING_TRACK_IDS_FIELD_NUMBER: _ClassVar[int]
    missing_track_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, missing_track_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class TrackVectors(_message.Message):
    __slots__ = ("track", "values", "genre_values", "segments", "segments_follow", "fingerprint", "landmarks")
    TRACK_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    GENRE_VALUES_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_FOLLOW_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    LANDMARKS_FIELD_NUMBER: _ClassVar[int]
    track: _track_pb2.Track
    values: _containers.RepeatedScalarFieldContainer[float]
    genre_values: _containers.RepeatedScalarFieldContainer[float]
    segments: _containers.RepeatedCompositeFieldContainer[_track_pb2.SegmentVector]
    segments_follow: bool
    fingerprint: bytes
    landmarks: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, track: _Optional[_Union[_track_pb2.Track, _Mapping]] = ..., values: _Optional[_Iterable[float]] = ..., genre_values: _Optional[_Iterable[float]] = ..., segments: _Optional[_Iterable[_Union[_track_pb2.SegmentVector, _Mapping]]] = ..., segments_follow: _Optional[bool] = ..., fingerprint: _Optional[bytes] = ..., landmarks: _Optional[_Iterable[int]] = ...) -> None: ...

class UpsertTracksRequest(_message.Message):
    __slots__ = ("tracks", "embedding_space", "only_new", "catalogue")
    TRACKS_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_SPACE_FIELD_NUMBER: _ClassVar[int]
    ONLY_NEW_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    tracks: _containers.RepeatedCompositeFieldContainer[TrackVectors]
    embedding_space: str
    only_new: bool
    catalogue: str
    def __init__(self, tracks: _Optional[_Iterable[_Union[TrackVectors, _Mapping]]] = ..., embedding_space: _Optional[str] = ..., only_new: _Optional[bool] = ..., catalogue: _Optional[str] = ...) -> None: ...

class UpsertTracksResponse(_message.Message):
    __slots__ = ("upserted", "existing_track_ids")
    UPSERTED_FIELD_NUMBER: _ClassVar[int]
    EXISTING_TRACK_IDS_FIELD_NUMBER: _ClassVar[int]
    upserted: int
    existing_track_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, upserted: _Optional[int] = ..., existing_track_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class ExportTracksRequest(_message.Message):
    __slots__ = ("filter", "page_token", "song_vectors_only", "catalogue")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SONG_VECTORS_ONLY_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    filter: _track_pb2.TrackFilter
    page_token: str
    song_vectors_only: bool
    catalogue: str
    def __init__(self, filter: _Optional[_Union[_track_pb2.TrackFilter, _Mapping]] = ..., page_token: _Optional[str] = ..., song_vectors_only: _Optional[bool] = ..., catalogue: _Optional[str] = ...) -> None: ...

class ExportTracksResponse(_message.Message):
    __slots__ = ("tracks", "embedding_space", "dimension", "total_tracks", "next_page_token")
    TRACKS_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_SPACE_FIELD_NUMBER: _ClassVar[int]
    DIMENSION_FIELD_NUMBER: _ClassVar[int]
    TOTAL_TRACKS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    tracks: _containers.RepeatedCompositeFieldContainer[TrackVectors]
    embedding_space: str
    dimension: int
    total_tracks: int
    next_page_token: str
    def __init__(self, tracks: _Optional[_Iterable[_Union[TrackVectors, _Mapping]]] = ..., embedding_space: _Optional[str] = ..., dimension: _Optional[int] = ..., total_tracks: _Optional[int] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListFacetsRequest(_message.Message):
    __slots__ = ("filter", "minimum_probability", "page_size", "page_token", "year_bounds", "duration_bounds", "catalogue")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    YEAR_BOUNDS_FIELD_NUMBER: _ClassVar[int]
    DURATION_BOUNDS_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    filter: _track_pb2.TrackFilter
    minimum_probability: float
    page_size: int
    page_token: str
    year_bounds: _containers.RepeatedScalarFieldContainer[float]
    duration_bounds: _containers.RepeatedScalarFieldContainer[float]
    catalogue: str
    def __init__(self, filter: _Optional[_Union[_track_pb2.TrackFilter, _Mapping]] = ..., minimum_probability: _Optional[float] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., year_bounds: _Optional[_Iterable[float]] = ..., duration_bounds: _Optional[_Iterable[float]] = ..., catalogue: _Optional[str] = ...) -> None: ...

class ListDuplicatesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "view", "catalogue")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    view: _track_pb2.TrackView
    catalogue: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., view: _Optional[_Union[_track_pb2.TrackView, str]] = ..., catalogue: _Optional[str] = ...) -> None: ...

class DuplicateGroup(_message.Message):
    __slots__ = ("recording", "tracks", "total_tracks", "same_content")
    RECORDING_FIELD_NUMBER: _ClassVar[int]
    TRACKS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_TRACKS_FIELD_NUMBER: _ClassVar[int]
    SAME_CONTENT_FIELD_NUMBER: _ClassVar[int]
    recording: str
    tracks: _containers.RepeatedCompositeFieldContainer[_track_pb2.Track]
    total_tracks: int
    same_content: bool
    def __init__(self, recording: _Optional[str] = ..., tracks: _Optional[_Iterable[_Union[_track_pb2.Track, _Mapping]]] = ..., total_tracks: _Optional[int] = ..., same_content: _Optional[bool] = ...) -> None: ...

class ListDuplicatesResponse(_message.Message):
    __slots__ = ("groups", "next_page_token", "total_groups")
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_GROUPS_FIELD_NUMBER: _ClassVar[int]
    groups: _containers.RepeatedCompositeFieldContainer[DuplicateGroup]
    next_page_token: str
    total_groups: int
    def __init__(self, groups: _Optional[_Iterable[_Union[DuplicateGroup, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., total_groups: _Optional[int] = ...) -> None: ...

class Facet(_message.Message):
    __slots__ = ("label", "tracks")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    TRACKS_FIELD_NUMBER: _ClassVar[int]
    label: str
    tracks: int
    def __init__(self, label: _Optional[str] = ..., tracks: _Optional[int] = ...) -> None: ...

class RangeCount(_message.Message):
    __slots__ = ("minimum", "below", "tracks")
    MINIMUM_FIELD_NUMBER: _ClassVar[int]
    BELOW_FIELD_NUMBER: _ClassVar[int]
    TRACKS_FIELD_NUMBER: _ClassVar[int]
    minimum: float
    below: float
    tracks: int
    def __init__(self, minimum: _Optional[float] = ..., below: _Optional[float] = ..., tracks: _Optional[int] = ...) -> None: ...

class ListFacetsResponse(_message.Message):
    __slots__ = ("genres", "moods", "total_tracks", "embedding_space", "predicted_genres", "predicted_moods", "next_page_token", "matching_tracks", "predicted_descriptors", "years", "tracks_without_year", "durations", "tracks_without_duration")
    GENRES_FIELD_NUMBER: _ClassVar[int]
    MOODS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_TRACKS_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_SPACE_FIELD_NUMBER: _ClassVar[int]
    PREDICTED_GENRES_FIELD_NUMBER: _ClassVar[int]
    PREDICTED_MOODS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    MATCHING_TRACKS_FIELD_NUMBER: _ClassVar[int]
    PREDICTED_DESCRIPTORS_FIELD_NUMBER: _ClassVar[int]
    YEARS_FIELD_NUMBER: _ClassVar[int]
    TRACKS_WITHOUT_YEAR_FIELD_NUMBER: _ClassVar[int]
    DURATIONS_FIELD_NUMBER: _ClassVar[int]
    TRACKS_WITHOUT_DURATION_FIELD_NUMBER: _ClassVar[int]
    genres: _containers.RepeatedCompositeFieldContainer[Facet]
    moods: _containers.RepeatedCompositeFieldContainer[Facet]
    total_tracks: int
    embedding_space: str
    predicted_genres: _containers.RepeatedCompositeFieldContainer[Facet]
    predicted_moods: _containers.RepeatedCompositeFieldContainer[Facet]
    next_page_token: str
    matching_tracks: int
    predicted_descriptors: _containers.RepeatedCompositeFieldContainer[Facet]
    years: _containers.RepeatedCompositeFieldContainer[RangeCount]
    tracks_without_year: int
    durations: _containers.RepeatedCompositeFieldContainer[RangeCount]
    tracks_without_duration: int
    def __init__(self, genres: _Optional[_Iterable[_Union[Facet, _Mapping]]] = ..., moods: _Optional[_Iterable[_Union[Facet, _Mapping]]] = ..., total_tracks: _Optional[int] = ..., embedding_space: _Optional[str] = ..., predicted_genres: _Optional[_Iterable[_Union[Facet, _Mapping]]] = ..., predicted_moods: _Optional[_Iterable[_Union[Facet, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., matching_tracks: _Optional[int] = ..., predicted_descriptors: _Optional[_Iterable[_Union[Facet, _Mapping]]] = ..., years: _Optional[_Iterable[_Union[RangeCount, _Mapping]]] = ..., tracks_without_year: _Optional[int] = ..., durations: _Optional[_Iterable[_Union[RangeCount, _Mapping]]] = ..., tracks_without_duration: _Optional[int] = ...) -> None: ...

class DeadLetter(_message.Message):
    __slots__ = ("dead_letter_id", "job_id", "item", "reason", "message", "next_step", "attempts", "died_at", "occurrences")
    DEAD_LETTER_ID_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    NEXT_STEP_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    DIED_AT_FIELD_NUMBER: _ClassVar[int]
    OCCURRENCES_FIELD_NUMBER: _ClassVar[int]
    dead_letter_id: str
    job_id: str
    item: IngestItem
    reason: str
    message: str
    next_step: str
    attempts: int
    died_at: _timestamp_pb2.Timestamp
    occurrences: int
    def __init__(self, dead_letter_id: _Optional[str] = ..., job_id: _Optional[str] = ..., item: _Optional[_Union[IngestItem, _Mapping]] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ..., next_step: _Optional[str] = ..., attempts: _Optional[int] = ..., died_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., occurrences: _Optional[int] = ...) -> None: ...

class ListDeadLettersRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "reason", "catalogue")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    reason: str
    catalogue: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., reason: _Optional[str] = ..., catalogue: _Optional[str] = ...) -> None: ...

class ListDeadLettersResponse(_message.Message):
    __slots__ = ("dead_letters", "next_page_token", "total")
    DEAD_LETTERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    dead_letters: _containers.RepeatedCompositeFieldContainer[DeadLetter]
    next_page_token: str
    total: int
    def __init__(self, dead_letters: _Optional[_Iterable[_Union[DeadLetter, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., total: _Optional[int] = ...) -> None: ...

class ReplayDeadLettersRequest(_message.Message):
    __slots__ = ("dead_letter_ids", "reason", "all", "request_id", "catalogue")
    DEAD_LETTER_IDS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ALL_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    dead_letter_ids: _containers.RepeatedScalarFieldContainer[str]
    reason: str
    all: bool
    request_id: str
    catalogue: str
    def __init__(self, dead_letter_ids: _Optional[_Iterable[str]] = ..., reason: _Optional[str] = ..., all: _Optional[bool] = ..., request_id: _Optional[str] = ..., catalogue: _Optional[str] = ...) -> None: ...

class DismissDeadLettersRequest(_message.Message):
    __slots__ = ("dead_letter_ids", "reason", "all", "request_id", "catalogue")
    DEAD_LETTER_IDS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ALL_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    dead_letter_ids: _containers.RepeatedScalarFieldContainer[str]
    reason: str
    all: bool
    request_id: str
    catalogue: str
    def __init__(self, dead_letter_ids: _Optional[_Iterable[str]] = ..., reason: _Optional[str] = ..., all: _Optional[bool] = ..., request_id: _Optional[str] = ..., catalogue: _Optional[str] = ...) -> None: ...

class DismissDeadLettersResponse(_message.Message):
    __slots__ = ("dismissed",)
    DISMISSED_FIELD_NUMBER: _ClassVar[int]
    dismissed: int
    def __init__(self, dismissed: _Optional[int] = ...) -> None: ...

class ReplayDeadLettersResponse(_message.Message):
    __slots__ = ("job_id", "replayed")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    REPLAYED_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    replayed: int
    def __init__(self, job_id: _Optional[str] = ..., replayed: _Optional[int] = ...) -> None: ...

class ReadAudioRequest(_message.Message):
    __slots__ = ("track_id", "offset", "length", "catalogue")
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    track_id: str
    offset: int
    length: int
    catalogue: str
    def __init__(self, track_id: _Optional[str] = ..., offset: _Optional[int] = ..., length: _Optional[int] = ..., catalogue: _Optional[str] = ...) -> None: ...

class ReadAudioResponse(_message.Message):
    __slots__ = ("info", "data")
    INFO_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    info: MediaInfo
    data: bytes
    def __init__(self, info: _Optional[_Union[MediaInfo, _Mapping]] = ..., data: _Optional[bytes] = ...) -> None: ...

class MediaInfo(_message.Message):
    __slots__ = ("size_bytes", "media_type", "file_name", "etag")
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    FILE_NAME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    size_bytes: int
    media_type: str
    file_name: str
    etag: str
    def __init__(self, size_bytes: _Optional[int] = ..., media_type: _Optional[str] = ..., file_name: _Optional[str] = ..., etag: _Optional[str] = ...) -> None: ...

class ReadCoverRequest(_message.Message):
    __slots__ = ("track_id", "catalogue")
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    track_id: str
    catalogue: str
    def __init__(self, track_id: _Optional[str] = ..., catalogue: _Optional[str] = ...) -> None: ...

class ReadCoverResponse(_message.Message):
    __slots__ = ("info", "data")
    INFO_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    info: MediaInfo
    data: bytes
    def __init__(self, info: _Optional[_Union[MediaInfo, _Mapping]] = ..., data: _Optional[bytes] = ...) -> None: ...

class ListKeptUploadsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "catalogue")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    catalogue: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., catalogue: _Optional[str] = ...) -> None: ...

class KeptUpload(_message.Message):
    __slots__ = ("track_id", "embedding_space", "content_sha256", "file_name", "audio", "kept_at")
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_SPACE_FIELD_NUMBER: _ClassVar[int]
    CONTENT_SHA256_FIELD_NUMBER: _ClassVar[int]
    FILE_NAME_FIELD_NUMBER: _ClassVar[int]
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    KEPT_AT_FIELD_NUMBER: _ClassVar[int]
    track_id: str
    embedding_space: str
    content_sha256: str
    file_name: str
    audio: _track_pb2.TrackAudio
    kept_at: _timestamp_pb2.Timestamp
    def __init__(self, track_id: _Optional[str] = ..., embedding_space: _Optional[str] = ..., content_sha256: _Optional[str] = ..., file_name: _Optional[str] = ..., audio: _Optional[_Union[_track_pb2.TrackAudio, str]] = ..., kept_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListKeptUploadsResponse(_message.Message):
    __slots__ = ("uploads", "next_page_token", "files", "used_bytes", "most_bytes")
    UPLOADS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    USED_BYTES_FIELD_NUMBER: _ClassVar[int]
    MOST_BYTES_FIELD_NUMBER: _ClassVar[int]
    uploads: _containers.RepeatedCompositeFieldContainer[KeptUpload]
    next_page_token: str
    files: int
    used_bytes: int
    most_bytes: int
    def __init__(self, uploads: _Optional[_Iterable[_Union[KeptUpload, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., files: _Optional[int] = ..., used_bytes: _Optional[int] = ..., most_bytes: _Optional[int] = ...) -> None: ...
