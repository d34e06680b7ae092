"""The seeds of a search."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from segue.errors import InvalidArgument
from segue.limits import (
    LONGEST_CLIP_SECONDS,
    LONGEST_HALF_LIFE_DAYS,
    MOST_PLAYLIST_SEED_TRACKS,
    MOST_SEED_WEIGHT,
    MOST_SEEDS,
    checked_size,
    checked_text,
    wanted_track_id,
)
from segue.notation import text_key
from segue.seeds import (
    DEFAULT_HALF_LIFE_DAYS,
    ArtistSeed,
    ClipSeed,
    ListenerSeed,
    MatchLevel,
    PassageSeed,
    PlaylistSeed,
    Seed,
    Seeds,
    SeedStrategy,
    TrackSeed,
    VectorSeed,
    WeightedSeed,
)
from segue.v1 import similarity_service_pb2 as messages
from segue.wire.search import level_from_message
from segue.wire.tracks import vector_from_values

_STRATEGIES = {
    messages.SEED_STRATEGY_UNSPECIFIED: None,
    messages.SEED_STRATEGY_AVERAGE: SeedStrategy.AVERAGE,
    messages.SEED_STRATEGY_BEST_SCORE: SeedStrategy.BEST_SCORE,
}
_STRATEGIES_BACK = {strategy: number for number, strategy in _STRATEGIES.items()}


def strategy_to_message(strategy: SeedStrategy | None) -> messages.SeedStrategy:
    """Write how several seeds become one order; None leaves it to the server."""
    return _STRATEGIES_BACK[strategy]


def seed_messages(
    request: messages.SearchSimilarTracksRequest | messages.SearchSegmentsRequest,
) -> Iterator[messages.Seed]:
    """All seeds of a request."""
    if request.HasField("seed"):
        yield request.seed
    if isinstance(request, messages.SearchSimilarTracksRequest):
        for one in request.seeds:
            yield one.seed


def seeds_from_message(
    request: messages.SearchSimilarTracksRequest, audio: bytes | memoryview | None = None
) -> Seeds:
    """Read all that a search starts from.

    Parameters
    ----------
    audio
        Of the clip that is the only seed, where it was taken out of the request.

    Raises
    ------
    InvalidArgument
        When there is no seed, or both one and several; there are too many; or one is out of range.
    InvalidVector
        When no vector is as long.
    SeedsAllNegative, SeedsContradictory
        As ``Seeds``.
    """
    if request.HasField("seed") == bool(request.seeds):
        field = "seeds" if request.seeds else "seed"
        raise InvalidArgument(field, "give either seed, or one or more seeds")
    level = level_from_message(request.match_level)
    if request.seed_strategy not in _STRATEGIES:
        raise InvalidArgument("seed_strategy", f"{request.seed_strategy} is not a SeedStrategy")
    if request.HasField("seed"):
        seeds: Sequence[WeightedSeed] = (
            WeightedSeed(seed_from_message(request.seed, "seed", audio)),
        )
    else:
        seeds = _weighted(request.seeds)
    if level is None:
        # A clip is a passage itself; beside others it is one of several wholes.
        of_clip = len(seeds) == 1 and isinstance(seeds[0].seed, ClipSeed)
        level = MatchLevel.PASSAGE if of_clip else MatchLevel.TRACK
    return Seeds(
        seeds,
        single=request.HasField("seed"),
        strategy=_STRATEGIES[request.seed_strategy],
        level=level,
        skip_unknown=request.skip_unknown_seeds,
        sound_weight=sound_weight_from_message(request),
    )


def sound_weight_from_message(
    request: messages.SearchSimilarTracksRequest | messages.SearchSegmentsRequest,
) -> float | None:
    """Read the share of the sound; None where the request leaves it to the model.

    Raises
    ------
    InvalidArgument
        When it lies outside [0, 1].
    """
    if not request.HasField("sound_weight"):
        return None
    if not 0 <= request.sound_weight <= 1:
        raise InvalidArgument("sound_weight", f"{request.sound_weight} lies outside [0, 1]")
    return request.sound_weight


def seed_from_message(
    message: messages.Seed, field: str = "seed", audio: bytes | memoryview | None = None
) -> Seed:
    """Read one seed.

    Raises
    ------
    InvalidArgument
        When it is none, or out of range; it names ``field``.
    InvalidVector
        When no vector is as long.
    """
    kind = message.WhichOneof("kind")
    if kind == "track_id":
        return TrackSeed(wanted_track_id(message.track_id, f"{field}.track_id"))
    if kind == "embedding":
        space = checked_size(message.embedding.space, "embedding_space", f"{field}.embedding.space")
        return VectorSeed(vector_from_values(message.embedding.values), space)
    if kind == "clip":
        clip = message.clip
        taken = clip.audio if audio is None else audio
        return ClipSeed(taken, clip.start_seconds, clip.length_seconds)
    if kind == "passage":
        return _passage(message.passage, f"{field}.passage")
    if kind == "playlist":
        return _playlist(message.playlist, f"{field}.playlist")
    if kind == "artist":
        artist = checked_text(message.artist, "artist", f"{field}.artist")
        if not text_key(artist):
            raise InvalidArgument(f"{field}.artist", "must not be empty")
        return ArtistSeed(artist)
    if kind == "listener":
        return _listener(message.listener, f"{field}.listener")
    raise InvalidArgument(
        field, "give a track_id, embedding, clip, passage, playlist, artist or listener"
    )


def _weighted(entries: Sequence[messages.WeightedSeed]) -> list[WeightedSeed]:
    seeds = []
    for number, entry in enumerate(entries[: 2 * MOST_SEEDS + 1]):
        field = f"seeds[{number}]"
        weight = entry.weight if entry.HasField("weight") else 1.0
        if not abs(weight) <= MOST_SEED_WEIGHT or weight == 0:
            raise InvalidArgument(
                f"{field}.weight",
                f"{weight} is not a number other than 0 in [-{MOST_SEED_WEIGHT:g}, "
                f"{MOST_SEED_WEIGHT:g}]",
            )
        seeds.append(WeightedSeed(seed_from_message(entry.seed, field), weight, field))
    towards = sum(one.weight > 0 for one in seeds)
    for number, side in ((towards, "for"), (len(seeds) - towards, "against")):
        if number > MOST_SEEDS:
            raise InvalidArgument("seeds", f"holds more than {MOST_SEEDS} seeds {side}")
    return seeds


def _passage(message: messages.PassageSeed, field: str) -> PassageSeed:
    track_id = wanted_track_id(message.track_id, f"{field}.track_id")
    for name in ("start_seconds", "length_seconds"):
        seconds = getattr(message, name)
        if not (seconds >= 0 and math.isfinite(seconds)):
            raise InvalidArgument(f"{field}.{name}", f"{seconds} is not a time")
    if message.length_seconds > LONGEST_CLIP_SECONDS:
        raise InvalidArgument(
            f"{field}.length_seconds",
            f"{message.length_seconds:g} s are over {LONGEST_CLIP_SECONDS:g} s",
        )
    return PassageSeed(track_id, message.start_seconds, message.length_seconds)


def _playlist(message: messages.PlaylistSeed, field: str) -> PlaylistSeed:
    number = len(message.track_ids)
    if not 1 <= number <= MOST_PLAYLIST_SEED_TRACKS:
        raise InvalidArgument(
            f"{field}.track_ids",
            f"holds {number} tracks, outside [1, {MOST_PLAYLIST_SEED_TRACKS}]",
        )
    for place, track_id in enumerate(message.track_ids):
        wanted_track_id(track_id, f"{field}.track_ids[{place}]")
    return PlaylistSeed(tuple(dict.fromkeys(message.track_ids)))


def _listener(message: messages.ListenerSeed, field: str) -> ListenerSeed:
    user_id = checked_text(message.user_id, "user_id", f"{field}.user_id")
    if not user_id:
        raise InvalidArgument(f"{field}.user_id", "must not be empty")
    days = message.half_life_days or DEFAULT_HALF_LIFE_DAYS
    if not 0 < days <= LONGEST_HALF_LIFE_DAYS:
        raise InvalidArgument(
            f"{field}.half_life_days", f"{days} lies outside (0, {LONGEST_HALF_LIFE_DAYS:g}]"
        )
    return ListenerSeed(user_id, days)
