"""A playlist from seeds: searches give the candidates, which are chosen and put in order."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from segue.errors import PlaylistImpossible, SeedsOverLength
from segue.index.port import TrackIndex
from segue.limits import MOST_SEARCH_ANSWERS
from segue.playlists.angles import units
from segue.playlists.arrangement import Draft, arranged, chosen, flowing
from segue.playlists.contours import Contour, EnergyContour, GenreContour, parts
from segue.playlists.properties import step_similarities
from segue.playlists.selection import Length, nearest_count, within_caps
from segue.playlists.spacing import ALBUM_SPAN
from segue.query.candidates import Candidates
from segue.query.rules import Drop
from segue.query.search import Explanation, Page, SimilarityQuery, SimilaritySearch
from segue.query.shown import Shown
from segue.tracks import LabelMatch, LabelSource, Neighbour, Track, TrackFilter, Vector
from segue.variety import Variety

DEFAULT_VARIETY = Variety(most_per_artist=3)

_CHOICE_FOR_CONTOUR = 4
"""Candidates for each place of a contour of energy."""

_CHOICE_FOR_SEED = 3
"""Candidates for each place where a random seed chooses."""

_SHORT_SECONDS = 150.0
"""A guess at how long tracks are, on the short side: so many are sought for a length in time."""


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
        What was not possible as it was asked for; empty where all was.
    """

    tracks: Sequence[Track]
    vectors: Sequence[Vector]
    similarities: npt.NDArray[np.float64]
    steps: npt.NDArray[np.float64]
    explanation: Explanation
    shortfall: str


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
        SeedsOverLength
            When the seeds that it is to begin with are more than it is to have.
        InvalidVector, TrackNotFound, GenreSpaceMissing, IndexUnavailable
            As ``SimilaritySearch.page``.
        """
        _check_room(query.length, query.first)
        if isinstance(query.contour, GenreContour):
            draft, order, notes, explanation = await self._by_genres(index, query, query.contour)
        else:
            draft = await _drafted(index, query.first, ())
            found, explanation = await self._found(index, query, query.first)
            draft.add(found)
            order, note = await asyncio.to_thread(
                arranged, draft, query.length, query.contour, query.random_seed
            )
            notes = [note] if note else []
        tracks = [draft.tracks[place] for place in order]
        if not tracks or (len(tracks) == draft.fixed and _is_short(query.length, tracks)):
            raise PlaylistImpossible("no track satisfies the filter, the caps and the seeds")
        if _is_short(query.length, tracks):
            notes.insert(0, _shortfall(query.length, tracks))
        vectors = [draft.vectors[place] for place in order]
        return Playlist(
            tracks,
            vectors,
            np.array([draft.likenesses[place] for place in order]),
            step_similarities(units(vectors)),
            explanation,
            "; ".join(notes),
        )

    async def _found(
        self, index: TrackIndex, query: PlaylistQuery, standing: Sequence[Track]
    ) -> tuple[Draft, Explanation]:
        """As many candidates as it takes, in the order of the search.

        Parameters
        ----------
        standing
            Tracks of the playlist: they are left out, and count for the caps.
        """
        number = _number_sought(query, _SHORT_SECONDS)
        found, page = await self._page(index, query, standing, number)
        seconds = math.fsum(one.track.duration_seconds for one in found)
        if query.length.seconds is not None and page.more and seconds < query.length.seconds:
            # They are shorter than was guessed.
            number = _number_sought(query, max(seconds / max(len(found), 1), 1.0))
            found, page = await self._page(index, query, standing, number)
        draft = await _drafted(index, (), found)
        draft.varied = query.variety.diversity > 0
        return draft, page.explanation

    async def _page(
        self, index: TrackIndex, query: PlaylistQuery, standing: Sequence[Track], number: int
    ) -> tuple[list[Neighbour], Page]:
        # What stands already may take up room of the caps: so many more are sought.
        more = len(standing) * max(query.variety.most_per_artist, query.variety.most_per_album, 1)
        excluded = dict.fromkeys(
            (*query.where.exclude_track_ids, *(track.track_id for track in standing))
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
        if query.length.seconds is not None:
            neighbours = [one for one in neighbours if one.track.duration_seconds > 0]
        stay = within_caps(
            [one.track for one in neighbours],
            standing,
            most_per_artist=query.variety.most_per_artist,
            most_per_album=query.variety.most_per_album,
        )
        return [neighbours[place] for place in stay[:number]], page

    async def _by_genres(
        self, index: TrackIndex, query: PlaylistQuery, contour: GenreContour
    ) -> tuple[Draft, list[int], list[str], Explanation]:
        """Each genre by a search of its own, each beginning where the one before ends."""
        draft = await _drafted(index, query.first, ())
        order = list(range(draft.fixed))
        notes: list[str] = []
        explanations = []
        for genre, length in zip(contour.genres, _lengths(query, contour), strict=True):
            asked = replace(
                query, length=length, where=of_genre(query.where, genre), contour=None, first=()
            )
            standing = [draft.tracks[place] for place in order]
            found, explanation = await self._found(index, asked, standing)
            explanations.append(explanation)
            places = chosen(found, length, query.random_seed)
            if _is_short(length, [found.tracks[place] for place in places]):
                notes.append(f"too few tracks are of the genre {genre}")
            anchor = order[-(ALBUM_SPAN - 1) :]
            behind = [len(draft.tracks) + place for place in places]
            draft.add(found)
            flow = await asyncio.to_thread(
                flowing, draft, [*anchor, *behind], len(anchor), query.random_seed
            )
            order.extend(flow[len(anchor) :])
        return draft, order, notes, _together(explanations)


async def _drafted(index: TrackIndex, first: Sequence[Track], found: Sequence[Neighbour]) -> Draft:
    """Tracks that a playlist begins with, and answers of a search, with their vectors."""
    vectors = {one.track.track_id: one.vector for one in found if one.vector is not None}
    missing = [track.track_id for track in first]
    missing += [one.track.track_id for one in found if one.vector is None]
    vectors |= await index.vectors(missing) if missing else {}
    entries = [Neighbour(track, 1.0) for track in first] + list(found)
    # One that was deleted meanwhile has none.
    known = [one for one in entries if one.track.track_id in vectors]
    return Draft(
        [one.track for one in known],
        [one.similarity for one in known],
        [vectors[one.track.track_id] for one in known],
        sum(track.track_id in vectors for track in first),
        [one.likeness for one in known],
    )


def _check_room(length: Length, first: Sequence[Track]) -> None:
    """That a playlist does not end before the seeds that it begins with do."""
    number = len(first)
    if length.seconds is None:
        if number > length.tracks:
            raise SeedsOverLength(
                f"the playlist is to begin with {number} seeds, and to have {length.tracks} tracks"
            )
        return
    durations = [track.duration_seconds for track in first]
    if nearest_count(durations, length.seconds) < number and math.fsum(durations) > length.seconds:
        raise SeedsOverLength(
            f"the {number} seeds that the playlist is to begin with last "
            f"{math.fsum(durations) / 60:.1f} minutes, and it is to last {length.seconds / 60:g}"
        )


def _number_sought(query: PlaylistQuery, track_seconds: float) -> int:
    """How many candidates it takes, where tracks are so long."""
    number = query.length.tracks
    if query.length.seconds is not None:
        number = min(number, math.ceil(query.length.seconds / track_seconds) + 5)
    if isinstance(query.contour, EnergyContour):
        number *= _CHOICE_FOR_CONTOUR
    elif query.random_seed:
        number *= _CHOICE_FOR_SEED
    return min(number, MOST_SEARCH_ANSWERS)


def _lengths(query: PlaylistQuery, contour: GenreContour) -> list[Length]:
    """How long the part of each genre is to be."""
    number = len(contour.genres)
    tracks = parts(max(query.length.tracks - len(query.first), 0), number)
    if query.length.seconds is None:
        return [Length(one) for one in tracks]
    begun = math.fsum(track.duration_seconds for track in query.first)
    seconds = max(query.length.seconds - begun, 0.0) / number
    return [Length(one, seconds) for one in tracks]


def of_genre(where: TrackFilter, genre: str) -> TrackFilter:
    """The filter of a part of a genre: given or heard, unless the filter says whose word counts."""
    asked = where.genres or LabelMatch(source=LabelSource.EITHER)
    return replace(where, genres=replace(asked, all_of=(*asked.all_of, genre)))


def _is_short(length: Length, tracks: Sequence[Track]) -> bool:
    """Whether another track was wanted: in time, where one of mean length would fit better."""
    if length.seconds is None:
        return len(tracks) < length.tracks
    seconds = math.fsum(track.duration_seconds for track in tracks)
    return seconds + seconds / max(len(tracks), 1) / 2 < length.seconds


def _shortfall(length: Length, tracks: Sequence[Track]) -> str:
    if length.seconds is None:
        has, what = f"has {len(tracks)} of {length.tracks} tracks", ""
    else:
        minutes = math.fsum(track.duration_seconds for track in tracks) / 60
        has, what = f"lasts {minutes:.1f} of {length.seconds / 60:g} minutes", " of known length"
    return f"the playlist {has}: no more{what} satisfy the filter and the caps"


def _together(explanations: Sequence[Explanation]) -> Explanation:
    """How several searches came about, whose candidates count their searches together."""
    last = explanations[-1]
    candidates: Counter[str] = Counter()
    dropped: Counter[Drop] = Counter()
    for one in explanations:
        candidates.update(one.candidates)
        dropped.update(one.dropped)
    return replace(last, candidates=candidates, dropped=dropped)
