"""What a search starts from: seeds of several kinds, for and against, and how they are compared."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from segue.errors import SeedsAllNegative, SeedsContradictory
from segue.notation import text_key
from segue.tracks import Granularity, Vector

DEFAULT_HALF_LIFE_DAYS = 30.0
"""In which a listener's play loses half of its weight, where the request says nothing."""


class SeedStrategy(Enum):
    """How several seeds become one order.

    ``AVERAGE``: similarity to the mean of the seeds for, less that of those against.
    ``BEST_SCORE``: similarity to whichever seed for is most similar.
    """

    AVERAGE = "average"
    BEST_SCORE = "best_score"


class MatchLevel(Enum):
    """What of a track is compared with the seeds."""

    TRACK = "track"
    PASSAGE = "passage"
    LATE_INTERACTION = "late"
    GENRE_SPACE = "genre"

    @property
    def granularity(self) -> Granularity:
        """The vectors that an index compares for it."""
        return _GRANULARITIES[self]


_GRANULARITIES = {
    MatchLevel.TRACK: Granularity.TRACKS,
    MatchLevel.PASSAGE: Granularity.PASSAGES,
    MatchLevel.LATE_INTERACTION: Granularity.PASSAGES,
    MatchLevel.GENRE_SPACE: Granularity.GENRES,
}


@dataclass(frozen=True, slots=True)
class TrackSeed:
    """A track of the catalogue."""

    track_id: str

    @property
    def name(self) -> str:
        """How an error names it."""
        return f"track {self.track_id}"

    @property
    def identity(self) -> Hashable:
        """Equal for seeds that are the same."""
        return ("track", self.track_id)


@dataclass(frozen=True, slots=True, eq=False)
class VectorSeed:
    """A ready-made vector, shape (dimension,), of an embedding space (empty: of the live one)."""

    vector: Vector
    space: str = ""

    @property
    def name(self) -> str:
        """How an error names it."""
        return "embedding"

    @property
    def identity(self) -> Hashable:
        """Equal for seeds that are the same."""
        return ("vector", self.vector.tobytes())


@dataclass(frozen=True, slots=True, eq=False)
class ClipSeed:
    """Audio in any supported format, and the passage of it that is meant (length 0: to the end)."""

    audio: bytes | memoryview
    start_seconds: float = 0.0
    length_seconds: float = 0.0

    @property
    def name(self) -> str:
        """How an error names it."""
        return "clip"

    @property
    def identity(self) -> Hashable:
        """Equal for seeds that are the same."""
        digest = hashlib.sha256(self.audio).digest()
        return ("clip", digest, self.start_seconds, self.length_seconds)


@dataclass(frozen=True, slots=True)
class PassageSeed:
    """A passage of a track; length 0: the stored passage that holds ``start_seconds``."""

    track_id: str
    start_seconds: float = 0.0
    length_seconds: float = 0.0

    @property
    def name(self) -> str:
        """How an error names it."""
        return f"passage of track {self.track_id}"

    @property
    def identity(self) -> Hashable:
        """Equal for seeds that are the same."""
        return ("passage", self.track_id, self.start_seconds, self.length_seconds)


@dataclass(frozen=True, slots=True)
class PlaylistSeed:
    """Tracks that belong together; each once."""

    track_ids: tuple[str, ...]

    @property
    def name(self) -> str:
        """How an error names it."""
        return "playlist"

    @property
    def identity(self) -> Hashable:
        """Equal for seeds that are the same."""
        return ("playlist", frozenset(self.track_ids))


@dataclass(frozen=True, slots=True)
class ArtistSeed:
    """All tracks by an artist, whose name is compared as filters compare it."""

    artist: str

    @property
    def name(self) -> str:
        """How an error names it."""
        return f"artist {self.artist}"

    @property
    def identity(self) -> Hashable:
        """Equal for seeds that are the same."""
        return ("artist", text_key(self.artist))


@dataclass(frozen=True, slots=True)
class ListenerSeed:
    """What a listener played, the newer the more."""

    user_id: str
    half_life_days: float = DEFAULT_HALF_LIFE_DAYS

    @property
    def name(self) -> str:
        """How an error names it: by no id, since errors are logged."""
        return "listener"

    @property
    def identity(self) -> Hashable:
        """Equal for seeds that are the same."""
        return ("listener", self.user_id)


Seed: TypeAlias = (
    TrackSeed | VectorSeed | ClipSeed | PassageSeed | PlaylistSeed | ArtistSeed | ListenerSeed
)


@dataclass(frozen=True, slots=True)
class WeightedSeed:
    """A seed that counts for (positive weight) or against (negative).

    Attributes
    ----------
    field
        Where it stands in the request, for errors.
    """

    seed: Seed
    weight: float = 1.0
    field: str = "seed"


@dataclass(frozen=True, slots=True)
class Seeds:
    """All that one search starts from.

    Attributes
    ----------
    single
        Whether the request has one ``seed`` and no ``seeds``: what is not known is then told as of
        a look-up.
    strategy
        None: ``BEST_SCORE`` where a single seed makes several centroids, else ``AVERAGE``.
    sound_weight
        Share of the half "sound" in the similarity, in [0, 1]; None: as the model weighs it.

    Raises
    ------
    SeedsAllNegative
        When no seed counts for.
    SeedsContradictory
        When one seed counts for and against.
    """

    seeds: Sequence[WeightedSeed]
    single: bool = False
    strategy: SeedStrategy | None = None
    level: MatchLevel = MatchLevel.TRACK
    skip_unknown: bool = False
    sound_weight: float | None = None

    def __post_init__(self) -> None:
        if not any(one.weight > 0 for one in self.seeds):
            raise SeedsAllNegative("none of the seeds counts for: all weights are negative")
        if self.single:
            return
        against = {one.seed.identity for one in self.seeds if one.weight < 0}
        if not against:
            return
        both = [
            f"{one.field} ({one.seed.name})"
            for one in self.seeds
            if one.weight > 0 and one.seed.identity in against
        ]
        if both:
            raise SeedsContradictory(f"these seeds count for and against: {', '.join(both)}")

    @classmethod
    def of(cls, seed: Seed, level: MatchLevel = MatchLevel.TRACK) -> Seeds:
        """A search from one seed."""
        return cls((WeightedSeed(seed),), single=True, level=level)
