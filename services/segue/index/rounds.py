"""A search as rounds of requests to an engine: until nothing that belongs to it can be missing.

Both engines are asked in the same rounds, and so answer alike; each adapter says only how one round
of several searches goes to its engine.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from segue.index.conditions import Conditions, conditions, without
from segue.index.order import clipped, fetch_sizes, past_ties, ranked
from segue.index.passages import BestPassages, Match
from segue.index.queries import IndexQuery
from segue.index.schema import AUDIO, GENRE, SEGMENTS, TRACKS
from segue.index.slices import slices
from segue.tracks import Granularity, Neighbour, Track, Vector, genre_similarity

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class NearestPoints:
    """One request: the points of a collection that are nearest to a vector.

    Attributes
    ----------
    kind
        ``TRACKS`` or ``SEGMENTS``.
    using
        Name of the vectors that are compared.
    vector
        None: the vector, of that name, of the stored track ``track_id``.
    track_id
        Of ``TRACKS``, a track that may not be among the points; empty: all may be.
    with_vectors
        Of ``TRACKS``, whether the points bring their song vectors.
    whole
        As that of the query.
    """

    kind: str
    using: str
    vector: Vector | None
    track_id: str
    limit: int
    where: Conditions
    exact: bool
    with_vectors: bool
    whole: bool


class Hit(NamedTuple, Generic[K]):
    """A point of an answer, by whatever finds its track again, and its song vector if asked for.

    A tuple, since thousands of them are made.

    Attributes
    ----------
    score
        As the engine gives it: a cosine, or a distance in the genre space.
    """

    key: K
    score: float
    vector: Vector | None = None


class SongSearch(Generic[K]):
    """Songs nearest by song vector or in the genre space.

    Parameters
    ----------
    vector
        What the query is compared by; None: the engine finds it by the query's stored track.

    Attributes
    ----------
    done
        Whether all rounds were made.
    found
        The answer, and what ties with its last.
    """

    def __init__(self, asked: IndexQuery, vector: Vector | None) -> None:
        where = conditions(asked.where)
        genres = asked.granularity is Granularity.GENRES
        self._similarity = genre_similarity if genres else clipped
        self._using = GENRE if genres else AUDIO
        self._asked = asked
        self._vector = vector
        self._where = where
        self._sizes = fetch_sizes(asked.limit)
        self._fetch = next(self._sizes)
        self.done = where.impossible or asked.limit <= 0
        self.found: list[Hit[K]] = []

    def request(self) -> NearestPoints:
        """What the next round asks for."""
        asked = self._asked
        return NearestPoints(
            TRACKS,
            self._using,
            self._vector,
            asked.track_id,
            self._fetch,
            self._where,
            asked.exact,
            asked.with_vectors,
            asked.whole,
        )

    def add(self, hits: Sequence[Hit[K]]) -> None:
        """Take the answer to :meth:`request`, best first."""
        limit = self._asked.limit
        found = [Hit(hit.key, self._similarity(hit.score), hit.vector) for hit in hits]
        if not past_ties([hit.score for hit in found], limit, self._fetch):
            self._fetch = next(self._sizes)
            return
        self.done = True
        tied = len(found) > limit and found[limit].score == found[limit - 1].score
        self.found = found if tied else found[:limit]

    def neighbours(
        self, tracks: Sequence[Track | None], vectors: Sequence[Vector | None] | None = None
    ) -> list[Neighbour]:
        """The answer, given the track of each of :attr:`found`; None: it is gone.

        Parameters
        ----------
        vectors
            Of each, where the points did not bring them.
        """
        if vectors is None:
            vectors = [hit.vector for hit in self.found]
        return ranked(
            [
                Neighbour(track, hit.score, (), vector)
                for track, hit, vector in zip(tracks, self.found, vectors, strict=True)
                if track is not None
            ],
            self._asked.limit,
        )


class PassageSearch:
    """Tracks nearest by their best passage.

    Parameters and attributes are those of :class:`SongSearch`.
    """

    def __init__(self, asked: IndexQuery, vector: Vector | None) -> None:
        where = conditions(asked.where)
        self._asked = asked
        self._vector = vector
        self._where = without(where, [asked.track_id]) if asked.track_id else where
        self.done = where.impossible or asked.limit <= 0
        self.best = BestPassages(
            asked.limit, asked.passages_each, counts_passages=asked.counts_passages
        )

    def request(self) -> NearestPoints:
        """What the next round asks for."""
        return NearestPoints(
            SEGMENTS,
            AUDIO,
            self._vector,
            self._asked.track_id,
            self.best.fetch,
            self.best.conditions(self._where),
            self._asked.exact,
            with_vectors=False,
            whole=self._asked.whole,
        )

    def take(self, passages: Sequence[Match], *, lost: int = 0) -> None:
        """Take the next piece of the answer to :meth:`request`, best first.

        Parameters
        ----------
        lost
            How many more the engine gave that are gone since.
        """
        self.best.take(passages, lost=lost)

    def end(self) -> None:
        """The answer to :meth:`request` is complete."""
        self.done = self.best.close()

    async def neighbours(
        self, read: Callable[[Sequence[str]], Awaitable[Mapping[str, tuple[Track, Vector | None]]]]
    ) -> list[Neighbour]:
        """The answer, given how to read those tracks that exist, with song vectors if asked for."""
        limit = self._asked.limit
        if self._asked.only_ids:
            return [self.best.neighbour(Track(key)) for key in self.best.ranking()[:limit]]
        answers: list[Neighbour] = []
        for piece in slices(self.best.ranking(), max(1, limit)):
            tracks = await read(piece)
            answers += [self.best.neighbour(*tracks[key]) for key in piece if key in tracks]
            if len(answers) >= limit:
                break
        return answers[:limit]
