from segue.v1 import track_pb2 as _track_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SeedStrategy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SEED_STRATEGY_UNSPECIFIED: _ClassVar[SeedStrategy]
    SEED_STRATEGY_AVERAGE: _ClassVar[SeedStrategy]
    SEED_STRATEGY_BEST_SCORE: _ClassVar[SeedStrategy]

class MatchLevel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MATCH_LEVEL_UNSPECIFIED: _ClassVar[MatchLevel]
    MATCH_LEVEL_TRACK: _ClassVar[MatchLevel]
    MATCH_LEVEL_PASSAGE: _ClassVar[MatchLevel]
    MATCH_LEVEL_LATE_INTERACTION: _ClassVar[MatchLevel]
    MATCH_LEVEL_GENRE_SPACE: _ClassVar[MatchLevel]

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
SEED_STRATEGY_UNSPECIFIED: SeedStrategy
SEED_STRATEGY_AVERAGE: SeedStrategy
SEED_STRATEGY_BEST_SCORE: SeedStrategy
MATCH_LEVEL_UNSPECIFIED: MatchLevel
MATCH_LEVEL_TRACK: MatchLevel
MATCH_LEVEL_PASSAGE: MatchLevel
MATCH_LEVEL_LATE_INTERACTION: MatchLevel
MATCH_LEVEL_GENRE_SPACE: MatchLevel
FUSION_METHOD_UNSPECIFIED: FusionMethod
FUSION_METHOD_WEIGHTED_SUM: FusionMethod
FUSION_METHOD_RECIPROCAL_RANK: FusionMethod
FUSION_METHOD_DISTRIBUTION_BASED: FusionMethod
COLLABORATIVE_STATUS_UNSPECIFIED: CollaborativeStatus
COLLABORATIVE_STATUS_USED: CollaborativeStatus
COLLABORATIVE_STATUS_UNAVAILABLE: CollaborativeStatus
COLLABORATIVE_STATUS_NO_SCORES: CollaborativeStatus

class SearchSimilarTracksRequest(_message.Message):
    __slots__ = ("seed", "filter", "mix", "page_size", "page_token", "view", "match_level", "all_copies", "seeds", "seed_strategy", "skip_unknown_seeds", "sound_weight", "variety", "boosts", "highlight", "catalogue")
    SEED_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    MIX_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    MATCH_LEVEL_FIELD_NUMBER: _ClassVar[int]
    ALL_COPIES_FIELD_NUMBER: _ClassVar[int]
    SEEDS_FIELD_NUMBER: _ClassVar[int]
    SEED_STRATEGY_FIELD_NUMBER: _ClassVar[int]
    SKIP_UNKNOWN_SEEDS_FIELD_NUMBER: _ClassVar[int]
    SOUND_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    VARIETY_FIELD_NUMBER: _ClassVar[int]
    BOOSTS_FIELD_NUMBER: _ClassVar[int]
    HIGHLIGHT_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    seed: Seed
    filter: _track_pb2.TrackFilter
    mix: HybridMix
    page_size: int
    page_token: str
    view: _track_pb2.TrackView
    match_level: MatchLevel
    all_copies: bool
    seeds: _containers.RepeatedCompositeFieldContainer[WeightedSeed]
    seed_strategy: SeedStrategy
    skip_unknown_seeds: bool
    sound_weight: float
    variety: Variety
    boosts: _containers.RepeatedCompositeFieldContainer[Boost]
    highlight: bool
    catalogue: str
    def __init__(self, seed: _Optional[_Union[Seed, _Mapping]] = ..., filter: _Optional[_Union[_track_pb2.TrackFilter, _Mapping]] = ..., mix: _Optional[_Union[HybridMix, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., view: _Optional[_Union[_track_pb2.TrackView, str]] = ..., match_level: _Optional[_Union[MatchLevel, str]] = ..., all_copies: _Optional[bool] = ..., seeds: _Optional[_Iterable[_Union[WeightedSeed, _Mapping]]] = ..., seed_strategy: _Optional[_Union[SeedStrategy, str]] = ..., skip_unknown_seeds: _Optional[bool] = ..., sound_weight: _Optional[float] = ..., variety: _Optional[_Union[Variety, _Mapping]] = ..., boosts: _Optional[_Iterable[_Union[Boost, _Mapping]]] = ..., highlight: _Optional[bool] = ..., catalogue: _Optional[str] = ...) -> None: ...

class WeightedSeed(_message.Message):
    __slots__ = ("seed", "weight")
    SEED_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    seed: Seed
    weight: float
    def __init__(self, seed: _Optional[_Union[Seed, _Mapping]] = ..., weight: _Optional[float] = ...) -> None: ...

class Variety(_message.Message):
    __slots__ = ("most_per_artist", "most_per_album", "most_in_a_row", "not_seed_albums", "not_seed_artists", "diversity")
    MOST_PER_ARTIST_FIELD_NUMBER: _ClassVar[int]
    MOST_PER_ALBUM_FIELD_NUMBER: _ClassVar[int]
    MOST_IN_A_ROW_FIELD_NUMBER: _ClassVar[int]
    NOT_SEED_ALBUMS_FIELD_NUMBER: _ClassVar[int]
    NOT_SEED_ARTISTS_FIELD_NUMBER: _ClassVar[int]
    DIVERSITY_FIELD_NUMBER: _ClassVar[int]
    most_per_artist: int
    most_per_album: int
    most_in_a_row: int
    not_seed_albums: bool
    not_seed_artists: bool
    diversity: float
    def __init__(self, most_per_artist: _Optional[int] = ..., most_per_album: _Optional[int] = ..., most_in_a_row: _Optional[int] = ..., not_seed_albums: _Optional[bool] = ..., not_seed_artists: _Optional[bool] = ..., diversity: _Optional[float] = ...) -> None: ...

class Boost(_message.Message):
    __slots__ = ("popularity", "recency", "label", "weight")
    POPULARITY_FIELD_NUMBER: _ClassVar[int]
    RECENCY_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    popularity: bool
    recency: RecencyBoost
    label: LabelBoost
    weight: float
    def __init__(self, popularity: _Optional[bool] = ..., recency: _Optional[_Union[RecencyBoost, _Mapping]] = ..., label: _Optional[_Union[LabelBoost, _Mapping]] = ..., weight: _Optional[float] = ...) -> None: ...

class RecencyBoost(_message.Message):
    __slots__ = ("half_life_years",)
    HALF_LIFE_YEARS_FIELD_NUMBER: _ClassVar[int]
    half_life_years: float
    def __init__(self, half_life_years: _Optional[float] = ...) -> None: ...

class LabelBoost(_message.Message):
    __slots__ = ("filter",)
    FILTER_FIELD_NUMBER: _ClassVar[int]
    filter: _track_pb2.TrackFilter
    def __init__(self, filter: _Optional[_Union[_track_pb2.TrackFilter, _Mapping]] = ...) -> None: ...

class Seed(_message.Message):
    __slots__ = ("track_id", "embedding", "clip", "passage", "playlist", "artist", "listener")
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_FIELD_NUMBER: _ClassVar[int]
    CLIP_FIELD_NUMBER: _ClassVar[int]
    PASSAGE_FIELD_NUMBER: _ClassVar[int]
    PLAYLIST_FIELD_NUMBER: _ClassVar[int]
    ARTIST_FIELD_NUMBER: _ClassVar[int]
    LISTENER_FIELD_NUMBER: _ClassVar[int]
    track_id: str
    embedding: EmbeddingSeed
    clip: ClipSeed
    passage: PassageSeed
    playlist: PlaylistSeed
    artist: str
    listener: ListenerSeed
    def __init__(self, track_id: _Optional[str] = ..., embedding: _Optional[_Union[EmbeddingSeed, _Mapping]] = ..., clip: _Optional[_Union[ClipSeed, _Mapping]] = ..., passage: _Optional[_Union[PassageSeed, _Mapping]] = ..., playlist: _Optional[_Union[PlaylistSeed, _Mapping]] = ..., artist: _Optional[str] = ..., listener: _Optional[_Union[ListenerSeed, _Mapping]] = ...) -> None: ...

class PassageSeed(_message.Message):
    __slots__ = ("track_id", "start_seconds", "length_seconds")
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    START_SECONDS_FIELD_NUMBER: _ClassVar[int]
    LENGTH_SECONDS_FIELD_NUMBER: _ClassVar[int]
    track_id: str
    start_seconds: float
    length_seconds: float
    def __init__(self, track_id: _Optional[str] = ..., start_seconds: _Optional[float] = ..., length_seconds: _Optional[float] = ...) -> None: ...

class PlaylistSeed(_message.Message):
    __slots__ = ("track_ids",)
    TRACK_IDS_FIELD_NUMBER: _ClassVar[int]
    track_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, track_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class ListenerSeed(_message.Message):
    __slots__ = ("user_id", "half_life_days")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    HALF_LIFE_DAYS_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    half_life_days: float
    def __init__(self, user_id: _Optional[str] = ..., half_life_days: _Optional[float] = ...) -> None: ...

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
    __slots__ = ("results", "next_page_token", "embedding_space", "collaborative_status", "collaborative_message", "unknown_labels", "unknown_seeds", "explanation")
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_SPACE_FIELD_NUMBER: _ClassVar[int]
    COLLABORATIVE_STATUS_FIELD_NUMBER: _ClassVar[int]
    COLLABORATIVE_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_LABELS_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_SEEDS_FIELD_NUMBER: _ClassVar[int]
    EXPLANATION_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[SimilarTrack]
    next_page_token: str
    embedding_space: str
    collaborative_status: CollaborativeStatus
    collaborative_message: str
    unknown_labels: _containers.RepeatedScalarFieldContainer[str]
    unknown_seeds: _containers.RepeatedScalarFieldContainer[str]
    explanation: SearchExplanation
    def __init__(self, results: _Optional[_Iterable[_Union[SimilarTrack, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., embedding_space: _Optional[str] = ..., collaborative_status: _Optional[_Union[CollaborativeStatus, str]] = ..., collaborative_message: _Optional[str] = ..., unknown_labels: _Optional[_Iterable[str]] = ..., unknown_seeds: _Optional[_Iterable[str]] = ..., explanation: _Optional[_Union[SearchExplanation, _Mapping]] = ...) -> None: ...

class SearchExplanation(_message.Message):
    __slots__ = ("candidates", "dropped", "engine_searches", "ranker", "fallback")
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    DROPPED_FIELD_NUMBER: _ClassVar[int]
    ENGINE_SEARCHES_FIELD_NUMBER: _ClassVar[int]
    RANKER_FIELD_NUMBER: _ClassVar[int]
    FALLBACK_FIELD_NUMBER: _ClassVar[int]
    candidates: _containers.RepeatedCompositeFieldContainer[NamedCount]
    dropped: _containers.RepeatedCompositeFieldContainer[NamedCount]
    engine_searches: int
    ranker: str
    fallback: str
    def __init__(self, candidates: _Optional[_Iterable[_Union[NamedCount, _Mapping]]] = ..., dropped: _Optional[_Iterable[_Union[NamedCount, _Mapping]]] = ..., engine_searches: _Optional[int] = ..., ranker: _Optional[str] = ..., fallback: _Optional[str] = ...) -> None: ...

class NamedCount(_message.Message):
    __slots__ = ("name", "count")
    NAME_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    name: str
    count: int
    def __init__(self, name: _Optional[str] = ..., count: _Optional[int] = ...) -> None: ...

class SimilarTrack(_message.Message):
    __slots__ = ("track", "score", "acoustic_similarity", "collaborative_score", "passage", "others", "explanation")
    TRACK_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    ACOUSTIC_SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    COLLABORATIVE_SCORE_FIELD_NUMBER: _ClassVar[int]
    PASSAGE_FIELD_NUMBER: _ClassVar[int]
    OTHERS_FIELD_NUMBER: _ClassVar[int]
    EXPLANATION_FIELD_NUMBER: _ClassVar[int]
    track: _track_pb2.Track
    score: float
    acoustic_similarity: float
    collaborative_score: float
    passage: MatchedPassage
    others: int
    explanation: MatchExplanation
    def __init__(self, track: _Optional[_Union[_track_pb2.Track, _Mapping]] = ..., score: _Optional[float] = ..., acoustic_similarity: _Optional[float] = ..., collaborative_score: _Optional[float] = ..., passage: _Optional[_Union[MatchedPassage, _Mapping]] = ..., others: _Optional[int] = ..., explanation: _Optional[_Union[MatchExplanation, _Mapping]] = ...) -> None: ...

class MatchExplanation(_message.Message):
    __slots__ = ("sound_similarity", "style_similarity", "acoustic_contribution", "collaborative_contribution", "boost_contribution", "shared_labels", "genre_composition", "found_by")
    SOUND_SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    STYLE_SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    ACOUSTIC_CONTRIBUTION_FIELD_NUMBER: _ClassVar[int]
    COLLABORATIVE_CONTRIBUTION_FIELD_NUMBER: _ClassVar[int]
    BOOST_CONTRIBUTION_FIELD_NUMBER: _ClassVar[int]
    SHARED_LABELS_FIELD_NUMBER: _ClassVar[int]
    GENRE_COMPOSITION_FIELD_NUMBER: _ClassVar[int]
    FOUND_BY_FIELD_NUMBER: _ClassVar[int]
    sound_similarity: float
    style_similarity: float
    acoustic_contribution: float
    collaborative_contribution: float
    boost_contribution: float
    shared_labels: _containers.RepeatedScalarFieldContainer[str]
    genre_composition: _containers.RepeatedCompositeFieldContainer[_track_pb2.LabelProbability]
    found_by: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, sound_similarity: _Optional[float] = ..., style_similarity: _Optional[float] = ..., acoustic_contribution: _Optional[float] = ..., collaborative_contribution: _Optional[float] = ..., boost_contribution: _Optional[float] = ..., shared_labels: _Optional[_Iterable[str]] = ..., genre_composition: _Optional[_Iterable[_Union[_track_pb2.LabelProbability, _Mapping]]] = ..., found_by: _Optional[_Iterable[str]] = ...) -> None: ...

class MatchedPassage(_message.Message):
    __slots__ = ("start_seconds", "end_seconds", "similarity")
    START_SECONDS_FIELD_NUMBER: _ClassVar[int]
    END_SECONDS_FIELD_NUMBER: _ClassVar[int]
    SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    start_seconds: float
    end_seconds: float
    similarity: float
    def __init__(self, start_seconds: _Optional[float] = ..., end_seconds: _Optional[float] = ..., similarity: _Optional[float] = ...) -> None: ...

class BatchSearchSimilarTracksRequest(_message.Message):
    __slots__ = ("requests", "catalogue")
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    requests: _containers.RepeatedCompositeFieldContainer[SearchSimilarTracksRequest]
    catalogue: str
    def __init__(self, requests: _Optional[_Iterable[_Union[SearchSimilarTracksRequest, _Mapping]]] = ..., catalogue: _Optional[str] = ...) -> None: ...

class BatchSearchSimilarTracksResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[BatchSearchResult]
    def __init__(self, results: _Optional[_Iterable[_Union[BatchSearchResult, _Mapping]]] = ...) -> None: ...

class BatchSearchResult(_message.Message):
    __slots__ = ("response", "failure")
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    response: SearchSimilarTracksResponse
    failure: SearchFailure
    def __init__(self, response: _Optional[_Union[SearchSimilarTracksResponse, _Mapping]] = ..., failure: _Optional[_Union[SearchFailure, _Mapping]] = ...) -> None: ...

class SearchFailure(_message.Message):
    __slots__ = ("reason", "message", "next_step")
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    NEXT_STEP_FIELD_NUMBER: _ClassVar[int]
    reason: str
    message: str
    next_step: str
    def __init__(self, reason: _Optional[str] = ..., message: _Optional[str] = ..., next_step: _Optional[str] = ...) -> None: ...

class SearchSegmentsRequest(_message.Message):
    __slots__ = ("seed", "filter", "page_size", "page_token", "view", "passages_per_track", "sound_weight", "variety", "all_copies", "not_seed_track", "catalogue")
    SEED_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    PASSAGES_PER_TRACK_FIELD_NUMBER: _ClassVar[int]
    SOUND_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    VARIETY_FIELD_NUMBER: _ClassVar[int]
    ALL_COPIES_FIELD_NUMBER: _ClassVar[int]
    NOT_SEED_TRACK_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    seed: Seed
    filter: _track_pb2.TrackFilter
    page_size: int
    page_token: str
    view: _track_pb2.TrackView
    passages_per_track: int
    sound_weight: float
    variety: Variety
    all_copies: bool
    not_seed_track: bool
    catalogue: str
    def __init__(self, seed: _Optional[_Union[Seed, _Mapping]] = ..., filter: _Optional[_Union[_track_pb2.TrackFilter, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., view: _Optional[_Union[_track_pb2.TrackView, str]] = ..., passages_per_track: _Optional[int] = ..., sound_weight: _Optional[float] = ..., variety: _Optional[_Union[Variety, _Mapping]] = ..., all_copies: _Optional[bool] = ..., not_seed_track: _Optional[bool] = ..., catalogue: _Optional[str] = ...) -> None: ...

class SearchSegmentsResponse(_message.Message):
    __slots__ = ("results", "next_page_token", "embedding_space", "unknown_labels", "explanation")
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_SPACE_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_LABELS_FIELD_NUMBER: _ClassVar[int]
    EXPLANATION_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[TrackPassages]
    next_page_token: str
    embedding_space: str
    unknown_labels: _containers.RepeatedScalarFieldContainer[str]
    explanation: SearchExplanation
    def __init__(self, results: _Optional[_Iterable[_Union[TrackPassages, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., embedding_space: _Optional[str] = ..., unknown_labels: _Optional[_Iterable[str]] = ..., explanation: _Optional[_Union[SearchExplanation, _Mapping]] = ...) -> None: ...

class TrackPassages(_message.Message):
    __slots__ = ("track", "passages", "others")
    TRACK_FIELD_NUMBER: _ClassVar[int]
    PASSAGES_FIELD_NUMBER: _ClassVar[int]
    OTHERS_FIELD_NUMBER: _ClassVar[int]
    track: _track_pb2.Track
    passages: _containers.RepeatedCompositeFieldContainer[MatchedPassage]
    others: int
    def __init__(self, track: _Optional[_Union[_track_pb2.Track, _Mapping]] = ..., passages: _Optional[_Iterable[_Union[MatchedPassage, _Mapping]]] = ..., others: _Optional[int] = ...) -> None: ...

class SearchTracksRequest(_message.Message):
    __slots__ = ("query", "filter", "page_size", "page_token", "view", "order_by", "catalogue")
    QUERY_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    query: str
    filter: _track_pb2.TrackFilter
    page_size: int
    page_token: str
    view: _track_pb2.TrackView
    order_by: str
    catalogue: str
    def __init__(self, query: _Optional[str] = ..., filter: _Optional[_Union[_track_pb2.TrackFilter, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., view: _Optional[_Union[_track_pb2.TrackView, str]] = ..., order_by: _Optional[str] = ..., catalogue: _Optional[str] = ...) -> None: ...

class SearchTracksResponse(_message.Message):
    __slots__ = ("tracks", "next_page_token")
    TRACKS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    tracks: _containers.RepeatedCompositeFieldContainer[_track_pb2.Track]
    next_page_token: str
    def __init__(self, tracks: _Optional[_Iterable[_Union[_track_pb2.Track, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
