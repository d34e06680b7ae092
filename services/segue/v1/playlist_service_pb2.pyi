from segue.v1 import similarity_service_pb2 as _similarity_service_pb2
from segue.v1 import track_pb2 as _track_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PlaylistFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PLAYLIST_FORMAT_UNSPECIFIED: _ClassVar[PlaylistFormat]
    PLAYLIST_FORMAT_M3U8: _ClassVar[PlaylistFormat]
    PLAYLIST_FORMAT_XSPF: _ClassVar[PlaylistFormat]
    PLAYLIST_FORMAT_JSPF: _ClassVar[PlaylistFormat]
PLAYLIST_FORMAT_UNSPECIFIED: PlaylistFormat
PLAYLIST_FORMAT_M3U8: PlaylistFormat
PLAYLIST_FORMAT_XSPF: PlaylistFormat
PLAYLIST_FORMAT_JSPF: PlaylistFormat

class BuildPlaylistRequest(_message.Message):
    __slots__ = ("seeds", "seed_strategy", "skip_unknown_seeds", "filter", "tracks", "minutes", "variety", "sound_weight", "match_level", "contour", "with_seeds", "random_seed", "view", "catalogue")
    SEEDS_FIELD_NUMBER: _ClassVar[int]
    SEED_STRATEGY_FIELD_NUMBER: _ClassVar[int]
    SKIP_UNKNOWN_SEEDS_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    TRACKS_FIELD_NUMBER: _ClassVar[int]
    MINUTES_FIELD_NUMBER: _ClassVar[int]
    VARIETY_FIELD_NUMBER: _ClassVar[int]
    SOUND_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    MATCH_LEVEL_FIELD_NUMBER: _ClassVar[int]
    CONTOUR_FIELD_NUMBER: _ClassVar[int]
    WITH_SEEDS_FIELD_NUMBER: _ClassVar[int]
    RANDOM_SEED_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    seeds: _containers.RepeatedCompositeFieldContainer[_similarity_service_pb2.WeightedSeed]
    seed_strategy: _similarity_service_pb2.SeedStrategy
    skip_unknown_seeds: bool
    filter: _track_pb2.TrackFilter
    tracks: int
    minutes: float
    variety: _similarity_service_pb2.Variety
    sound_weight: float
    match_level: _similarity_service_pb2.MatchLevel
    contour: Contour
    with_seeds: bool
    random_seed: int
    view: _track_pb2.TrackView
    catalogue: str
    def __init__(self, seeds: _Optional[_Iterable[_Union[_similarity_service_pb2.WeightedSeed, _Mapping]]] = ..., seed_strategy: _Optional[_Union[_similarity_service_pb2.SeedStrategy, str]] = ..., skip_unknown_seeds: _Optional[bool] = ..., filter: _Optional[_Union[_track_pb2.TrackFilter, _Mapping]] = ..., tracks: _Optional[int] = ..., minutes: _Optional[float] = ..., variety: _Optional[_Union[_similarity_service_pb2.Variety, _Mapping]] = ..., sound_weight: _Optional[float] = ..., match_level: _Optional[_Union[_similarity_service_pb2.MatchLevel, str]] = ..., contour: _Optional[_Union[Contour, _Mapping]] = ..., with_seeds: _Optional[bool] = ..., random_seed: _Optional[int] = ..., view: _Optional[_Union[_track_pb2.TrackView, str]] = ..., catalogue: _Optional[str] = ...) -> None: ...

class Contour(_message.Message):
    __slots__ = ("energy", "genre")
    ENERGY_FIELD_NUMBER: _ClassVar[int]
    GENRE_FIELD_NUMBER: _ClassVar[int]
    energy: EnergyContour
    genre: GenreContour
    def __init__(self, energy: _Optional[_Union[EnergyContour, _Mapping]] = ..., genre: _Optional[_Union[GenreContour, _Mapping]] = ...) -> None: ...

class EnergyContour(_message.Message):
    __slots__ = ("targets",)
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    targets: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, targets: _Optional[_Iterable[float]] = ...) -> None: ...

class GenreContour(_message.Message):
    __slots__ = ("genres",)
    GENRES_FIELD_NUMBER: _ClassVar[int]
    genres: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, genres: _Optional[_Iterable[str]] = ...) -> None: ...

class PlaylistTrack(_message.Message):
    __slots__ = ("track", "similarity", "step_similarity")
    TRACK_FIELD_NUMBER: _ClassVar[int]
    SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    STEP_SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    track: _track_pb2.Track
    similarity: float
    step_similarity: float
    def __init__(self, track: _Optional[_Union[_track_pb2.Track, _Mapping]] = ..., similarity: _Optional[float] = ..., step_similarity: _Optional[float] = ...) -> None: ...

class BuildPlaylistResponse(_message.Message):
    __slots__ = ("tracks", "properties", "embedding_space", "unknown_seeds", "explanation", "shortfall")
    TRACKS_FIELD_NUMBER: _ClassVar[int]
    PROPERTIES_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_SPACE_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_SEEDS_FIELD_NUMBER: _ClassVar[int]
    EXPLANATION_FIELD_NUMBER: _ClassVar[int]
    SHORTFALL_FIELD_NUMBER: _ClassVar[int]
    tracks: _containers.RepeatedCompositeFieldContainer[PlaylistTrack]
    properties: PlaylistProperties
    embedding_space: str
    unknown_seeds: _containers.RepeatedScalarFieldContainer[str]
    explanation: _similarity_service_pb2.SearchExplanation
    shortfall: str
    def __init__(self, tracks: _Optional[_Iterable[_Union[PlaylistTrack, _Mapping]]] = ..., properties: _Optional[_Union[PlaylistProperties, _Mapping]] = ..., embedding_space: _Optional[str] = ..., unknown_seeds: _Optional[_Iterable[str]] = ..., explanation: _Optional[_Union[_similarity_service_pb2.SearchExplanation, _Mapping]] = ..., shortfall: _Optional[str] = ...) -> None: ...

class FindPathRequest(_message.Message):
    __slots__ = ("from_track_id", "to_track_id", "tracks", "filter", "most_per_artist", "random_seed", "sound_weight", "view", "catalogue")
    FROM_TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    TO_TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    TRACKS_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    MOST_PER_ARTIST_FIELD_NUMBER: _ClassVar[int]
    RANDOM_SEED_FIELD_NUMBER: _ClassVar[int]
    SOUND_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    from_track_id: str
    to_track_id: str
    tracks: int
    filter: _track_pb2.TrackFilter
    most_per_artist: int
    random_seed: int
    sound_weight: float
    view: _track_pb2.TrackView
    catalogue: str
    def __init__(self, from_track_id: _Optional[str] = ..., to_track_id: _Optional[str] = ..., tracks: _Optional[int] = ..., filter: _Optional[_Union[_track_pb2.TrackFilter, _Mapping]] = ..., most_per_artist: _Optional[int] = ..., random_seed: _Optional[int] = ..., sound_weight: _Optional[float] = ..., view: _Optional[_Union[_track_pb2.TrackView, str]] = ..., catalogue: _Optional[str] = ...) -> None: ...

class FindPathResponse(_message.Message):
    __slots__ = ("tracks", "properties", "embedding_space", "unevenness", "shortfall")
    TRACKS_FIELD_NUMBER: _ClassVar[int]
    PROPERTIES_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_SPACE_FIELD_NUMBER: _ClassVar[int]
    UNEVENNESS_FIELD_NUMBER: _ClassVar[int]
    SHORTFALL_FIELD_NUMBER: _ClassVar[int]
    tracks: _containers.RepeatedCompositeFieldContainer[PlaylistTrack]
    properties: PlaylistProperties
    embedding_space: str
    unevenness: float
    shortfall: str
    def __init__(self, tracks: _Optional[_Iterable[_Union[PlaylistTrack, _Mapping]]] = ..., properties: _Optional[_Union[PlaylistProperties, _Mapping]] = ..., embedding_space: _Optional[str] = ..., unevenness: _Optional[float] = ..., shortfall: _Optional[str] = ...) -> None: ...

class DescribePlaylistRequest(_message.Message):
    __slots__ = ("track_ids", "catalogue")
    TRACK_IDS_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    track_ids: _containers.RepeatedScalarFieldContainer[str]
    catalogue: str
    def __init__(self, track_ids: _Optional[_Iterable[str]] = ..., catalogue: _Optional[str] = ...) -> None: ...

class DescribePlaylistResponse(_message.Message):
    __slots__ = ("properties", "step_similarities", "embedding_space")
    PROPERTIES_FIELD_NUMBER: _ClassVar[int]
    STEP_SIMILARITIES_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_SPACE_FIELD_NUMBER: _ClassVar[int]
    properties: PlaylistProperties
    step_similarities: _containers.RepeatedScalarFieldContainer[float]
    embedding_space: str
    def __init__(self, properties: _Optional[_Union[PlaylistProperties, _Mapping]] = ..., step_similarities: _Optional[_Iterable[float]] = ..., embedding_space: _Optional[str] = ...) -> None: ...

class PlaylistProperties(_message.Message):
    __slots__ = ("duration_seconds", "cohesion", "flow", "genre_entropy", "genre_composition", "shared_labels")
    DURATION_SECONDS_FIELD_NUMBER: _ClassVar[int]
    COHESION_FIELD_NUMBER: _ClassVar[int]
    FLOW_FIELD_NUMBER: _ClassVar[int]
    GENRE_ENTROPY_FIELD_NUMBER: _ClassVar[int]
    GENRE_COMPOSITION_FIELD_NUMBER: _ClassVar[int]
    SHARED_LABELS_FIELD_NUMBER: _ClassVar[int]
    duration_seconds: float
    cohesion: float
    flow: float
    genre_entropy: float
    genre_composition: _containers.RepeatedCompositeFieldContainer[_track_pb2.LabelProbability]
    shared_labels: float
    def __init__(self, duration_seconds: _Optional[float] = ..., cohesion: _Optional[float] = ..., flow: _Optional[float] = ..., genre_entropy: _Optional[float] = ..., genre_composition: _Optional[_Iterable[_Union[_track_pb2.LabelProbability, _Mapping]]] = ..., shared_labels: _Optional[float] = ...) -> None: ...

class ExportPlaylistRequest(_message.Message):
    __slots__ = ("track_ids", "format", "title", "catalogue")
    TRACK_IDS_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    track_ids: _containers.RepeatedScalarFieldContainer[str]
    format: PlaylistFormat
    title: str
    catalogue: str
    def __init__(self, track_ids: _Optional[_Iterable[str]] = ..., format: _Optional[_Union[PlaylistFormat, str]] = ..., title: _Optional[str] = ..., catalogue: _Optional[str] = ...) -> None: ...

class ExportPlaylistResponse(_message.Message):
    __slots__ = ("content", "media_type", "missing_track_ids", "unplaced_track_ids")
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    MISSING_TRACK_IDS_FIELD_NUMBER: _ClassVar[int]
    UNPLACED_TRACK_IDS_FIELD_NUMBER: _ClassVar[int]
    content: bytes
    media_type: str
    missing_track_ids: _containers.RepeatedScalarFieldContainer[str]
    unplaced_track_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, content: _Optional[bytes] = ..., media_type: _Optional[str] = ..., missing_track_ids: _Optional[_Iterable[str]] = ..., unplaced_track_ids: _Optional[_Iterable[str]] = ...) -> None: ...
