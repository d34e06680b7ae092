"""A playlist from seeds: the search gives the candidates, and they are chosen and put in order."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from segue.errors import PlaylistImpossible
from segue.index.port import TrackIndex
from segue.limits import MOST_PLAYLIST_TRACKS, MOST_SEARCH_ANSWERS
from segue.playlists.angles import angles_between, units
from segue.playlists.contours import (
    Contour,
    EnergyContour,
    GenreContour,
    followed,
    parts,
    targets_at,
)
from segue.playlists.energy import energy_ranks
from segue.playlists.ordering import ordered
from segue.playlists.properties import step_similarities
from segue.playlists.selection import Length, nearest_count, shaken, within_caps
from segue.playlists.spacing import Kinship
from segue.query.candidates import Candidates
from segue.query.search import Explanation, SimilarityQuery, SimilaritySearch
from segue.query.shown import Shown
from segue.tracks import LabelMatch, LabelSource, Neighbour, Track, TrackFilter, Vector
from segue.variety import Variety

DEFAULT_VARIETY = Variety(most_per_artist=3)

_CHOICE_FOR_CONTOUR = 4
"""Candidates for each place of an energy contour."""

_CHOICE_FOR_SEED = 3
"""Candidates for each place where a random seed chooses."""

_FIRST_TRACK_SECONDS = 150.0
"""A guess at how long tracks are, on the short side: it decides how many are sought at first."""

_TRIES = 6
"""Numbers of tracks that are tried until a contour lasts as long as it is to."""


@dataclass(frozen=True, slots=True)
class PlaylistQuery:
    """A playlist that is asked for.

    Attributes
    ----------
    candidates
        Of the index that is searched, in the order of the seeds.
    first
        Tracks that it begins with.
    random_seed
        0: always the most similar tracks; another number another playlist of the same kind.
    """

    candidates: Candidates
    length: Length
    where: TrackFilter = TrackFilter()
    variety: Variety = DEFAULT_VARIETY
    contour: Contour | None = None
    first: Sequence[Track] = ()
    random_seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Playlist:
    """A playlist.

    Attributes
    ----------
    similarities
        Cosine of each track with the seeds (1 for those that are seeds), shape (n,); in the genre
        space how alike the shares are.
    steps
        Cosine of each track with the one before, 1 for the first, shape (n,).
    shortfall
        One sentence for each thing that was not possible as it was asked for.
    """

    tracks: Sequence[Track]
    vectors: Sequence[Vector]
    similarities: npt.NDArray[np.float64]
    steps: npt.NDArray[np.float64]
    explanation: Explanation
    shortfall: str


@dataclass(slots=True, eq=False)
class _Draft:
    """Tracks with their vectors, and what is still open about them."""

    tracks: list[Track] = field(default_factory=list)
    similarities: list[float] = field(default_factory=list)
    vectors: list[Vector] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class PlaylistBuilder:
    """Makes playlists from the answers of searches."""

    def __init__(self, search: SimilaritySearch) -> None:
        self._search = search

    async def build(self, index: TrackIndex, query: PlaylistQuery) -> Playlist:
        """Make a playlist.

        Raises
        ------
        PlaylistImpossible
            When no track satisfies what is asked for.
        InvalidVector, TrackNotFound, GenreSpaceMissing, IndexUnavailable
            As ``SimilaritySearch.page``.
        """
        if isinstance(query.contour, GenreContour):
            draft, order, explanation = await self._by_genres(index, query, query.contour)
        else:
            draft, explanation = await self._sought(index, query, _number_sought(query), ())
            draft, order = await asyncio.to_thread(_arranged, query, draft)
        if not order or (len(order) == len(query.first) and not _is_full(query, draft, order)):
            raise PlaylistImpossible("no track satisfies the filter, the caps and the seeds")
        rows = units(np.array([draft.vectors[place] for place in order]))
        tracks = [draft.tracks[place] for place in order]
        notes = [*draft.notes, *_length_notes(query, tracks)]
        return Playlist(
            tracks,
            [draft.vectors[place] for place in order],
            np.array([draft.similarities[place] for place in order]),
            step_similarities(rows),
            explanation,
            "; ".join(notes),
        )

    async def _sought(
        self, index: TrackIndex, query: PlaylistQuery, number: int, before: Sequence[Track]
    ) -> tuple[_Draft, Explanation]:
        """The tracks that it begins with, and up to ``number`` others in the order of the search.

        Parameters
        ----------
        before
            Further tracks of the playlist: they are left out, and count for the caps.
        """
        # What stands already may take up room of the caps: so many more are sought.
        standing = [*query.first, *before]
        more = len(standing) * max(query.variety.most_per_artist, query.variety.most_per_album, 1)
        excluded = dict.fromkeys(
            (*query.where.exclude_track_ids, *(track.track_id for track in before))
        )
        page = await self._search.page(
            index,
            SimilarityQuery(
                query.candidates,
                min(number + more, MOST_SEARCH_ANSWERS),
                Shown.nothing(datetime.now(UTC)),
                where=replace(query.where, exclude_track_ids=tuple(excluded)),
                variety=query.variety,
            ),
        )
        neighbours = [answer.neighbour for answer in page.answers]
        stay = within_caps(
            [one.track for one in neighbours],
            standing,
            most_per_artist=query.variety.most_per_artist,
            most_per_album=query.variety.most_per_album,
        )
        found = [neighbours[place] for place in stay[:number]]
        if before:
            return await _with_vectors(index, query, (), found), page.explanation
        return await _with_vectors(index, query, query.first, found), page.explanation

    async def _by_genres(
        self, index: TrackIndex, query: PlaylistQuery, contour: GenreContour
    ) -> tuple[_Draft, list[int], Explanation]:
        """Each genre by a search of its own, one after the other, each beginning where the last ends."""
        whole = _Draft()
        order: list[int] = []
        explanations = []
        number = len(contour.genres)
        first = await _with_vectors(index, query, query.first, ())
        _append(whole, first)
        order.extend(range(len(first.tracks)))
        lengths = parts(max(query.length.tracks - len(query.first), number), number)
        for genre, tracks in zip(contour.genres, lengths, strict=True):
            seconds = None
            if query.length.seconds is not None:
                left = query.length.seconds - sum(one.duration_seconds for one in query.first)
                seconds = max(left, 1.0) / number
            part = replace(
                query,
                length=Length(tracks, seconds),
                where=_of_genre(query.where, genre),
                contour=None,
                first=(),
            )
            draft, explanation = await self._sought(
                index, part, _number_sought(part), whole.tracks
            )
            explanations.append(explanation)
            chosen = _chosen(part, draft, 0)
            if not chosen or (seconds is None and len(chosen) < tracks):
                whole.notes.append(f"{len(chosen)} of {tracks} tracks are of the genre {genre}"
                                   if seconds is None else f"no track is of the genre {genre}")  # fmt: skip
            base = len(whole.tracks)
            anchor = [order[-1]] if order else []
            _append(whole, draft)
            places = [*anchor, *(base + place for place in chosen)]
            flowing = await asyncio.to_thread(_flowing, query, whole, places, len(anchor))
            order.extend(flowing[len(anchor) :])
        return whole, order, _together(explanations)


def _arranged(query: PlaylistQuery, draft: _Draft) -> tuple[_Draft, list[int]]:
    """The draft, and the places in it that make the playlist, in order."""
    fixed = len(query.first)
    if not isinstance(query.contour, EnergyContour):
        return draft, _flowing(query, draft, _chosen(query, draft, fixed), fixed)
    energies = energy_ranks(draft.tracks[fixed:])
    if energies is None:
        draft.notes.append("no mood or tempo is known of the tracks: they follow no energy contour")
        return draft, _flowing(query, draft, _chosen(query, draft, fixed), fixed)
    rows = units(np.array(draft.vectors[fixed:]))
    angles = angles_between(rows, rows)
    kinship = Kinship.of(draft.tracks[fixed:])
    likeness = shaken(np.array(draft.similarities[fixed:]), query.random_seed)

    def following(number: int) -> list[int]:
        targets = targets_at(query.contour.targets, number)  # type: ignore[union-attr]
        places = followed(energies, targets, likeness, angles, kinship)
        return [*range(fixed), *(fixed + place for place in places)]

    available = len(draft.tracks) - fixed
    number = min(max(query.length.tracks - fixed, 0), available)
    if query.length.seconds is None:
        return draft, following(number) if number else list(range(fixed))
    return draft, _as_long(query, draft, following, available)


def _as_long(query: PlaylistQuery, draft: _Draft, following: object, available: int) -> list[int]:
    """Of contours of some numbers of tracks, the one that comes nearest to the length."""
    assert callable(following)
    assert query.length.seconds is not None
    mean = float(np.mean([one.duration_seconds for one in draft.tracks])) or 1.0
    number = max(1, min(available, round(query.length.seconds / mean) - len(query.first)))
    best: list[int] = []
    nearest = math.inf
    tried: set[int] = set()
    for _ in range(_TRIES):
        if number in tried or not 1 <= number <= available:
            break
        tried.add(number)
        order: list[int] = following(number)
        total = sum(draft.tracks[place].duration_seconds for place in order)
        if abs(total - query.length.seconds) < nearest:
            best, nearest = order, abs(total - query.length.seconds)
        step = round((query.length.seconds - total) / mean)
        number += step or (1 if total < query.length.seconds else -1)
    return best


def _chosen(query: PlaylistQuery, draft: _Draft, fixed: int) -> list[int]:
    """Places of the tracks that make the playlist as long as it is to be, not in their order."""
    similar = np.array(draft.similarities[fixed:])
    places = [fixed + int(place) for place in _ranking(similar, query.random_seed)]
    if query.length.seconds is None:
        return [*range(fixed), *places[: max(0, query.length.tracks - fixed)]]
    places = [place for place in places if draft.tracks[place].duration_seconds > 0]
    places = [*range(fixed), *places[: max(0, MOST_PLAYLIST_TRACKS - fixed)]]
    durations = [draft.tracks[place].duration_seconds for place in places]
    return places[: max(fixed, nearest_count(durations, query.length.seconds))]


def _ranking(similarities: npt.NDArray[np.float64], random_seed: int) -> Sequence[int]:
    # The order of the search is more than likeness, where variety has its say in it.
    if not random_seed:
        return range(len(similarities))
    order: list[int] = np.argsort(-shaken(similarities, random_seed), kind="stable").tolist()
    return order


def _flowing(query: PlaylistQuery, draft: _Draft, places: Sequence[int], fixed: int) -> list[int]:
    """The places in the order in which they flow; the first ``fixed`` stay where they are."""
    if len(places) < 2:
        return list(places)
    rows = units(np.array([draft.vectors[place] for place in places]))
    order = ordered(
        angles_between(rows, rows),
        Kinship.of([draft.tracks[place] for place in places]),
        first=range(fixed),
        likeness=np.array([draft.similarities[place] for place in places]),
        random_seed=query.random_seed,
    )
    return [places[place] for place in order]


def _number_sought(query: PlaylistQuery) -> int:
    """How many candidates it takes."""
    number = query.length.tracks
    if query.length.seconds is not None:
        number = min(number, math.ceil(query.length.seconds / _FIRST_TRACK_SECONDS) + 5)
    if isinstance(query.contour, EnergyContour):
        number *= _CHOICE_FOR_CONTOUR
    elif query.random_seed:
        number *= _CHOICE_FOR_SEED
    return min(number, MOST_SEARCH_ANSWERS)


async def _with_vectors(
    index: TrackIndex,
    query: PlaylistQuery,
    first: Sequence[Track],
    found: Sequence[Neighbour],
) -> _Draft:
    names = [track.track_id for track in first]
    names += [one.track.track_id for one in found if one.vector is None]
    known = {one.track.track_id: one.vector for one in found if one.vector is not None}
    known |= await index.vectors(names) if names else {}
    draft = _Draft()
    for track, similarity in (
        *((track, 1.0) for track in first),
        *((one.track, one.similarity) for one in found),
    ):
        # One that was deleted meanwhile has none.
        if track.track_id in known:
            draft.tracks.append(track)
            draft.similarities.append(similarity)
            draft.vectors.append(known[track.track_id])
    return draft


def _append(whole: _Draft, part: _Draft) -> None:
    whole.tracks += part.tracks
    whole.similarities += part.similarities
    whole.vectors += part.vectors


def _of_genre(where: TrackFilter, genre: str) -> TrackFilter:
    """The filter, and a genre: given or heard, unless the filter says whose word counts."""
    asked = where.genres or LabelMatch(source=LabelSource.EITHER)
    return replace(where, genres=replace(asked, all_of=(*asked.all_of, genre)))


def _is_full(query: PlaylistQuery, draft: _Draft, order: Sequence[int]) -> bool:
    """Whether the tracks that it begins with are all that was asked for."""
    if query.length.seconds is None:
        return len(order) >= query.length.tracks
    return sum(draft.tracks[place].duration_seconds for place in order) >= query.length.seconds


def _length_notes(query: PlaylistQuery, tracks: Sequence[Track]) -> list[str]:
    if query.length.seconds is None:
        if len(tracks) >= query.length.tracks:
            return []
        return [
            f"the playlist has {len(tracks)} of {query.length.tracks} tracks: no more satisfy the "
            "filter and the caps"
        ]
    seconds = sum(track.duration_seconds for track in tracks)
    # Another track would bring it nearer, had there been one of the usual length.
    if seconds + seconds / len(tracks) / 2 >= query.length.seconds:
        return []
    return [
        f"the playlist lasts {seconds / 60:.1f} of {query.length.seconds / 60:g} minutes: no more "
        "tracks of known length satisfy the filter and the caps"
    ]


def _together(explanations: Sequence[Explanation]) -> Explanation:
    """How all searches of one playlist came about."""
    candidates: dict[str, int] = {}
    dropped = dict(explanations[0].dropped)
    for one in explanations:
        for name, count in one.candidates.items():
            candidates[name] = candidates.get(name, 0) + count
    for one in explanations[1:]:
        for drop, count in one.dropped.items():
            dropped[drop] = dropped.get(drop, 0) + count
    last = explanations[-1]
    # The candidates count their searches together.
    return Explanation(candidates, dropped, last.engine_searches, last.ranker, last.fallback)
