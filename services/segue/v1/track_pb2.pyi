import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TrackAudio(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRACK_AUDIO_UNSPECIFIED: _ClassVar[TrackAudio]
    TRACK_AUDIO_KEPT: _ClassVar[TrackAudio]
    TRACK_AUDIO_AT_SOURCE: _ClassVar[TrackAudio]
    TRACK_AUDIO_GONE: _ClassVar[TrackAudio]

class FieldSource(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FIELD_SOURCE_UNSPECIFIED: _ClassVar[FieldSource]
    FIELD_SOURCE_TAGS: _ClassVar[FieldSource]
    FIELD_SOURCE_GIVEN: _ClassVar[FieldSource]
    FIELD_SOURCE_CORRECTED: _ClassVar[FieldSource]

class TrackProvenance(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRACK_PROVENANCE_UNSPECIFIED: _ClassVar[TrackProvenance]
    TRACK_PROVENANCE_OWNER: _ClassVar[TrackProvenance]
    TRACK_PROVENANCE_INGESTED: _ClassVar[TrackProvenance]
    TRACK_PROVENANCE_GIVEN: _ClassVar[TrackProvenance]

class TrackView(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRACK_VIEW_UNSPECIFIED: _ClassVar[TrackView]
    TRACK_VIEW_ID: _ClassVar[TrackView]
    TRACK_VIEW_BASIC: _ClassVar[TrackView]
    TRACK_VIEW_FULL: _ClassVar[TrackView]
    TRACK_VIEW_SOURCE: _ClassVar[TrackView]

class LabelSource(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LABEL_SOURCE_UNSPECIFIED: _ClassVar[LabelSource]
    LABEL_SOURCE_GIVEN: _ClassVar[LabelSource]
    LABEL_SOURCE_PREDICTED: _ClassVar[LabelSource]
    LABEL_SOURCE_EITHER: _ClassVar[LabelSource]
TRACK_AUDIO_UNSPECIFIED: TrackAudio
TRACK_AUDIO_KEPT: TrackAudio
TRACK_AUDIO_AT_SOURCE: TrackAudio
TRACK_AUDIO_GONE: TrackAudio
FIELD_SOURCE_UNSPECIFIED: FieldSource
FIELD_SOURCE_TAGS: FieldSource
FIELD_SOURCE_GIVEN: FieldSource
FIELD_SOURCE_CORRECTED: FieldSource
TRACK_PROVENANCE_UNSPECIFIED: TrackProvenance
TRACK_PROVENANCE_OWNER: TrackProvenance
TRACK_PROVENANCE_INGESTED: TrackProvenance
TRACK_PROVENANCE_GIVEN: TrackProvenance
TRACK_VIEW_UNSPECIFIED: TrackView
TRACK_VIEW_ID: TrackView
TRACK_VIEW_BASIC: TrackView
TRACK_VIEW_FULL: TrackView
TRACK_VIEW_SOURCE: TrackView
LABEL_SOURCE_UNSPECIFIED: LabelSource
LABEL_SOURCE_GIVEN: LabelSource
LABEL_SOURCE_PREDICTED: LabelSource
LABEL_SOURCE_EITHER: LabelSource

class TrackMetadata(_message.Message):
    __slots__ = ("title", "artist", "album", "genres", "moods", "year", "artists", "album_artist", "isrc", "musicbrainz_recording_id", "musicbrainz_release_id", "musicbrainz_artist_ids", "track_number", "disc_number", "bpm", "key", "language", "explicit", "track_gain_db")
    TITLE_FIELD_NUMBER: _ClassVar[int]
    ARTIST_FIELD_NUMBER: _ClassVar[int]
    ALBUM_FIELD_NUMBER: _ClassVar[int]
    GENRES_FIELD_NUMBER: _ClassVar[int]
    MOODS_FIELD_NUMBER: _ClassVar[int]
    YEAR_FIELD_NUMBER: _ClassVar[int]
    ARTISTS_FIELD_NUMBER: _ClassVar[int]
    ALBUM_ARTIST_FIELD_NUMBER: _ClassVar[int]
    ISRC_FIELD_NUMBER: _ClassVar[int]
    MUSICBRAINZ_RECORDING_ID_FIELD_NUMBER: _ClassVar[int]
    MUSICBRAINZ_RELEASE_ID_FIELD_NUMBER: _ClassVar[int]
    MUSICBRAINZ_ARTIST_IDS_FIELD_NUMBER: _ClassVar[int]
    TRACK_NUMBER_FIELD_NUMBER: _ClassVar[int]
    DISC_NUMBER_FIELD_NUMBER: _ClassVar[int]
    BPM_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    EXPLICIT_FIELD_NUMBER: _ClassVar[int]
    TRACK_GAIN_DB_FIELD_NUMBER: _ClassVar[int]
    title: str
    artist: str
    album: str
    genres: _containers.RepeatedScalarFieldContainer[str]
    moods: _containers.RepeatedScalarFieldContainer[str]
    year: int
    artists: _containers.RepeatedScalarFieldContainer[str]
    album_artist: str
    isrc: str
    musicbrainz_recording_id: str
    musicbrainz_release_id: str
    musicbrainz_artist_ids: _containers.RepeatedScalarFieldContainer[str]
    track_number: int
    disc_number: int
    bpm: float
    key: str
    language: str
    explicit: bool
    track_gain_db: float
    def __init__(self, title: _Optional[str] = ..., artist: _Optional[str] = ..., album: _Optional[str] = ..., genres: _Optional[_Iterable[str]] = ..., moods: _Optional[_Iterable[str]] = ..., year: _Optional[int] = ..., artists: _Optional[_Iterable[str]] = ..., album_artist: _Optional[str] = ..., isrc: _Optional[str] = ..., musicbrainz_recording_id: _Optional[str] = ..., musicbrainz_release_id: _Optional[str] = ..., musicbrainz_artist_ids: _Optional[_Iterable[str]] = ..., track_number: _Optional[int] = ..., disc_number: _Optional[int] = ..., bpm: _Optional[float] = ..., key: _Optional[str] = ..., language: _Optional[str] = ..., explicit: _Optional[bool] = ..., track_gain_db: _Optional[float] = ...) -> None: ...

class Track(_message.Message):
    __slots__ = ("track_id", "metadata", "duration_seconds", "source_uri", "content_sha256", "ingested_at", "predicted_genres", "predicted_moods", "provenance", "damage", "file_name", "field_sources", "estimated_tempo", "estimated_key", "recording", "audio", "etag", "predicted_descriptors", "hidden_tags", "hidden_given")
    class FieldSourcesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: FieldSource
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[FieldSource, str]] = ...) -> None: ...
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    DURATION_SECONDS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_URI_FIELD_NUMBER: _ClassVar[int]
    CONTENT_SHA256_FIELD_NUMBER: _ClassVar[int]
    INGESTED_AT_FIELD_NUMBER: _ClassVar[int]
    PREDICTED_GENRES_FIELD_NUMBER: _ClassVar[int]
    PREDICTED_MOODS_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    DAMAGE_FIELD_NUMBER: _ClassVar[int]
    FILE_NAME_FIELD_NUMBER: _ClassVar[int]
    FIELD_SOURCES_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_TEMPO_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_KEY_FIELD_NUMBER: _ClassVar[int]
    RECORDING_FIELD_NUMBER: _ClassVar[int]
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    PREDICTED_DESCRIPTORS_FIELD_NUMBER: _ClassVar[int]
    HIDDEN_TAGS_FIELD_NUMBER: _ClassVar[int]
    HIDDEN_GIVEN_FIELD_NUMBER: _ClassVar[int]
    track_id: str
    metadata: TrackMetadata
    duration_seconds: float
    source_uri: str
    content_sha256: str
    ingested_at: _timestamp_pb2.Timestamp
    predicted_genres: _containers.RepeatedCompositeFieldContainer[LabelProbability]
    predicted_moods: _containers.RepeatedCompositeFieldContainer[LabelProbability]
    provenance: TrackProvenance
    damage: str
    file_name: str
    field_sources: _containers.ScalarMap[str, FieldSource]
    estimated_tempo: EstimatedTempo
    estimated_key: EstimatedKey
    recording: str
    audio: TrackAudio
    etag: str
    predicted_descriptors: _containers.RepeatedCompositeFieldContainer[LabelProbability]
    hidden_tags: TrackMetadata
    hidden_given: TrackMetadata
    def __init__(self, track_id: _Optional[str] = ..., metadata: _Optional[_Union[TrackMetadata, _Mapping]] = ..., duration_seconds: _Optional[float] = ..., source_uri: _Optional[str] = ..., content_sha256: _Optional[str] = ..., ingested_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., predicted_genres: _Optional[_Iterable[_Union[LabelProbability, _Mapping]]] = ..., predicted_moods: _Optional[_Iterable[_Union[LabelProbability, _Mapping]]] = ..., provenance: _Optional[_Union[TrackProvenance, str]] = ..., damage: _Optional[str] = ..., file_name: _Optional[str] = ..., field_sources: _Optional[_Mapping[str, FieldSource]] = ..., estimated_tempo: _Optional[_Union[EstimatedTempo, _Mapping]] = ..., estimated_key: _Optional[_Union[EstimatedKey, _Mapping]] = ..., recording: _Optional[str] = ..., audio: _Optional[_Union[TrackAudio, str]] = ..., etag: _Optional[str] = ..., predicted_descriptors: _Optional[_Iterable[_Union[LabelProbability, _Mapping]]] = ..., hidden_tags: _Optional[_Union[TrackMetadata, _Mapping]] = ..., hidden_given: _Optional[_Union[TrackMetadata, _Mapping]] = ...) -> None: ...

class EstimatedTempo(_message.Message):
    __slots__ = ("bpm", "confidence")
    BPM_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    bpm: float
    confidence: float
    def __init__(self, bpm: _Optional[float] = ..., confidence: _Optional[float] = ...) -> None: ...

class EstimatedKey(_message.Message):
    __slots__ = ("key", "confidence")
    KEY_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    key: str
    confidence: float
    def __init__(self, key: _Optional[str] = ..., confidence: _Optional[float] = ...) -> None: ...

class LabelProbability(_message.Message):
    __slots__ = ("label", "probability")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    label: str
    probability: float
    def __init__(self, label: _Optional[str] = ..., probability: _Optional[float] = ...) -> None: ...

class LabelMatch(_message.Message):
    __slots__ = ("any_of", "all_of", "none_of", "source", "minimum_probability")
    ANY_OF_FIELD_NUMBER: _ClassVar[int]
    ALL_OF_FIELD_NUMBER: _ClassVar[int]
    NONE_OF_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    any_of: _containers.RepeatedScalarFieldContainer[str]
    all_of: _containers.RepeatedScalarFieldContainer[str]
    none_of: _containers.RepeatedScalarFieldContainer[str]
    source: LabelSource
    minimum_probability: float
    def __init__(self, any_of: _Optional[_Iterable[str]] = ..., all_of: _Optional[_Iterable[str]] = ..., none_of: _Optional[_Iterable[str]] = ..., source: _Optional[_Union[LabelSource, str]] = ..., minimum_probability: _Optional[float] = ...) -> None: ...

class YearRange(_message.Message):
    __slots__ = ("minimum", "maximum")
    MINIMUM_FIELD_NUMBER: _ClassVar[int]
    MAXIMUM_FIELD_NUMBER: _ClassVar[int]
    minimum: int
    maximum: int
    def __init__(self, minimum: _Optional[int] = ..., maximum: _Optional[int] = ...) -> None: ...

class BpmRange(_message.Message):
    __slots__ = ("minimum", "maximum")
    MINIMUM_FIELD_NUMBER: _ClassVar[int]
    MAXIMUM_FIELD_NUMBER: _ClassVar[int]
    minimum: float
    maximum: float
    def __init__(self, minimum: _Optional[float] = ..., maximum: _Optional[float] = ...) -> None: ...

class DurationRange(_message.Message):
    __slots__ = ("minimum_seconds", "maximum_seconds")
    MINIMUM_SECONDS_FIELD_NUMBER: _ClassVar[int]
    MAXIMUM_SECONDS_FIELD_NUMBER: _ClassVar[int]
    minimum_seconds: float
    maximum_seconds: float
    def __init__(self, minimum_seconds: _Optional[float] = ..., maximum_seconds: _Optional[float] = ...) -> None: ...

class TrackFilter(_message.Message):
    __slots__ = ("genres", "moods", "artists", "year", "duration", "exclude_track_ids", "albums", "album_artists", "isrcs", "musicbrainz_ids", "keys", "languages", "bpm", "explicit", "tempo_and_key_source", "descriptors")
    GENRES_FIELD_NUMBER: _ClassVar[int]
    MOODS_FIELD_NUMBER: _ClassVar[int]
    ARTISTS_FIELD_NUMBER: _ClassVar[int]
    YEAR_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    EXCLUDE_TRACK_IDS_FIELD_NUMBER: _ClassVar[int]
    ALBUMS_FIELD_NUMBER: _ClassVar[int]
    ALBUM_ARTISTS_FIELD_NUMBER: _ClassVar[int]
    ISRCS_FIELD_NUMBER: _ClassVar[int]
    MUSICBRAINZ_IDS_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    BPM_FIELD_NUMBER: _ClassVar[int]
    EXPLICIT_FIELD_NUMBER: _ClassVar[int]
    TEMPO_AND_KEY_SOURCE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTORS_FIELD_NUMBER: _ClassVar[int]
    genres: LabelMatch
    moods: LabelMatch
    artists: LabelMatch
    year: YearRange
    duration: DurationRange
    exclude_track_ids: _containers.RepeatedScalarFieldContainer[str]
    albums: LabelMatch
    album_artists: LabelMatch
    isrcs: LabelMatch
    musicbrainz_ids: LabelMatch
    keys: LabelMatch
    languages: LabelMatch
    bpm: BpmRange
    explicit: bool
    tempo_and_key_source: LabelSource
    descriptors: LabelMatch
    def __init__(self, genres: _Optional[_Union[LabelMatch, _Mapping]] = ..., moods: _Optional[_Union[LabelMatch, _Mapping]] = ..., artists: _Optional[_Union[LabelMatch, _Mapping]] = ..., year: _Optional[_Union[YearRange, _Mapping]] = ..., duration: _Optional[_Union[DurationRange, _Mapping]] = ..., exclude_track_ids: _Optional[_Iterable[str]] = ..., albums: _Optional[_Union[LabelMatch, _Mapping]] = ..., album_artists: _Optional[_Union[LabelMatch, _Mapping]] = ..., isrcs: _Optional[_Union[LabelMatch, _Mapping]] = ..., musicbrainz_ids: _Optional[_Union[LabelMatch, _Mapping]] = ..., keys: _Optional[_Union[LabelMatch, _Mapping]] = ..., languages: _Optional[_Union[LabelMatch, _Mapping]] = ..., bpm: _Optional[_Union[BpmRange, _Mapping]] = ..., explicit: _Optional[bool] = ..., tempo_and_key_source: _Optional[_Union[LabelSource, str]] = ..., descriptors: _Optional[_Union[LabelMatch, _Mapping]] = ...) -> None: ...

class SegmentVector(_message.Message):
    __slots__ = ("start_seconds", "end_seconds", "values")
    START_SECONDS_FIELD_NUMBER: _ClassVar[int]
    END_SECONDS_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    start_seconds: float
    end_seconds: float
    values: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, start_seconds: _Optional[float] = ..., end_seconds: _Optional[float] = ..., values: _Optional[_Iterable[float]] = ...) -> None: ...
