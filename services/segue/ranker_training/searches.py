"""Searches whose right answers are known: what listeners chose after the moment of the search.

A moment cuts what listeners did in two. Everything that a search knows, which is factors,
popularity and the listener's seed, comes from before it; what it should have found comes from
after it. So nothing that is to be found can have told a candidate's score. A search has the
candidates that the service would have: those nearest to the seed, and what the factors suggest,
without what the listener had heard.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segue.collaborative.listening import Listening
from segue.embedding.halves import half_cosines
from segue.factors import FactorTable, Floats, ListenerFactors
from segue.mix import CANDIDATES, SUGGESTIONS
from segue.ranker_training.catalogue import Catalogue, Places
from segue.ranking.boosts import recency
from segue.ranking.ranker import Features, Numbers
from segue.tracks import genre_similarity
from segue.variety import DEFAULT_HALF_LIFE_YEARS

HEARD, LIKED = 1, 2
"""Labels of what a listener heard, and of what they heard and liked; everything else has 0."""


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """One search, by one listener, from one seed.

    Attributes
    ----------
    listener
        Number of the listener.
    tracks
        Rows of the candidates, shape (n,).
    features
        Of the candidates.
    labels
        Shape (n,), int32: ``HEARD``, ``LIKED`` or 0.
    relevant
        How many tracks of the catalogue the listener chose, also those that are no candidates.
    """

    listener: int
    tracks: Places
    features: Features
    labels: npt.NDArray[np.int32]
    relevant: int


@dataclass(frozen=True, slots=True, eq=False)
class Knowledge:
    """What is known at the moment of the searches.

    Attributes
    ----------
    year
        From which recency counts.
    table, listeners
        Factors, from what was heard before the moment, and from artists and audio.
    before, after
        What was heard on either side of the moment.
    """

    catalogue: Catalogue
    table: FactorTable
    listeners: ListenerFactors
    before: Listening
    after: Listening
    year: int


class Searches:
    """Makes searches.

    Parameters
    ----------
    seeds_each
        Most seeds of one listener, chosen at random among what was heard before.
    seed
        Of the random numbers.
    """

    def __init__(self, known: Knowledge, *, seeds_each: int = 3, seed: int = 0) -> None:
        self._known = known
        self._seeds_each = seeds_each
        self._seed = seed
        self._before = _heard(known.before, known.catalogue)
        self._after = _heard(known.after, known.catalogue)
        self._factors = dict(zip(known.listeners.user_ids, known.listeners.factors, strict=True))
        shares = known.table.popularity
        rows = known.table.rows
        self._popularity = np.array(
            [
                float(shares[rows[track]]) if track in rows else 0.0
                for track in known.catalogue.track_ids
            ]
        )
        years = [None if np.isnan(one) else int(one) for one in known.catalogue.years.tolist()]
        ages = [recency(one, known.year, DEFAULT_HALF_LIFE_YEARS) for one in years]
        self._recency = np.array([np.nan if one is None else one for one in ages], np.float64)

    def listeners(self) -> list[str]:
        """Listeners of whom searches can be made: they heard something before, and after it."""
        return sorted(
            user
            for user, chosen in self._after.items()
            if self._factors.get(user) is not None
            and self._before.get(user)
            and chosen.keys() - self._before[user].keys()
        )

    def of(self, users: Sequence[str], *, anonymous_share: float = 0.0) -> Iterator[Search]:
        """Searches of some listeners, those of each one after the other.

        Parameters
        ----------
        anonymous_share
            Share of the searches, chosen at random, that do not say who asks: their collaborative
            scores follow from the seed alone.
        """
        random = np.random.default_rng(self._seed)
        for number, user in enumerate(users):
            before = self._before[user]
            rows = np.array(sorted(before), np.intp)
            for seed in random.permutation(rows)[: self._seeds_each].tolist():
                personal = bool(random.random() >= anonymous_share)
                yield self._search(number, user, seed, personal=personal)

    def _search(self, number: int, user: str, seed: int, *, personal: bool) -> Search:
        catalogue = self._known.catalogue
        heard = np.array(sorted(self._before[user]), np.intp)
        similar = catalogue.vectors @ catalogue.vectors[seed]
        similar[heard] = -np.inf  # the seed is among them
        nearest = _largest(similar, CANDIDATES)
        names = [catalogue.track_ids[row] for row in nearest]
        scores = self._scores(user, seed, names, heard, personal=personal)
        rows = catalogue.rows
        added = np.array(
            [rows[one] for one in scores if one in rows and rows[one] not in set(nearest.tolist())],
            np.intp,
        )
        tracks = np.concatenate([nearest, added])
        chosen = self._after[user]
        labels = np.array([chosen.get(row, 0) for row in tracks.tolist()], np.int32)
        relevant = len(chosen.keys() - self._before[user].keys())
        features = self._features(seed, tracks, scores, personal=personal)
        return Search(number, tracks, features, labels, relevant)

    def _scores(
        self, user: str, seed: int, names: Sequence[str], heard: Places, *, personal: bool
    ) -> Mapping[str, float]:
        table, ids = self._known.table, self._known.catalogue.track_ids
        without = [ids[row] for row in heard.tolist()]
        if personal:
            return table.for_listener(
                self._factors[user], names, limit=SUGGESTIONS, without=without
            )
        found = table.for_seeds([ids[seed]], names, limit=SUGGESTIONS + len(without))
        left_out = set(without)
        return {track: score for track, score in found.items() if track not in left_out}

    def _features(
        self, seed: int, tracks: Places, scores: Mapping[str, float], *, personal: bool
    ) -> Features:
        catalogue = self._known.catalogue
        given = [scores.get(catalogue.track_ids[row]) for row in tracks.tolist()]
        vectors, own = catalogue.vectors[tracks], catalogue.vectors[seed]
        cosines = {half: np.full(len(tracks), np.nan) for half in ("sound", "style")}
        if catalogue.halves:
            halves = vectors.astype(np.float64) @ half_cosines(own, catalogue.halves).T
            for half, values in zip(catalogue.halves, halves.T, strict=True):
                cosines[half.name] = _clipped(values)
        return Features(
            acoustic=_clipped(vectors @ own),
            passage=_clipped(catalogue.passage_similarities(seed, tracks)),
            genre=self._genre(seed, tracks),
            sound=cosines["sound"],
            style=cosines["style"],
            collaborative=np.array([np.nan if one is None else one for one in given], np.float64),
            collaborative_known=np.array([one is not None for one in given], np.float64),
            popularity=self._popularity[tracks],
            recency=self._recency[tracks],
            year=catalogue.years[tracks],
            same_artist=self._shares(catalogue.artists, seed, tracks),
            same_album=np.array(
                [
                    bool(catalogue.albums[seed]) and catalogue.albums[row] == catalogue.albums[seed]
                    for row in tracks.tolist()
                ],
                np.float64,
            ),
            personal=np.full(len(tracks), float(personal)),
        )

    def _genre(self, seed: int, tracks: Places) -> Numbers:
        genres = self._known.catalogue.genres
        if not genres.shape[1]:
            return np.full(len(tracks), np.nan)
        distances = np.linalg.norm(genres[tracks].astype(np.float64) - genres[seed], axis=1)
        return np.array(
            [np.nan if np.isnan(one) else genre_similarity(one) for one in distances.tolist()]
        )

    @staticmethod
    def _shares(keys: Sequence[frozenset[str]], seed: int, tracks: Places) -> Numbers:
        own = keys[seed]
        return np.array([not own.isdisjoint(keys[row]) for row in tracks.tolist()], np.float64)


def _heard(listening: Listening, catalogue: Catalogue) -> dict[str, dict[int, int]]:
    """What each listener heard of the catalogue: label by the track's row."""
    rows = np.array([catalogue.rows.get(track, -1) for track in listening.track_ids])
    weights = listening.weights
    found: dict[str, dict[int, int]] = {}
    for number, user in enumerate(listening.user_ids):
        own = slice(weights.indptr[number], weights.indptr[number + 1])
        places = rows[weights.indices[own]].tolist()
        liked = (weights.data[own] > 1.0).tolist()  # more than any number of plays gives
        found[user] = {
            row: LIKED if one else HEARD for row, one in zip(places, liked, strict=True) if row >= 0
        }
    return found


def _largest(values: Floats, count: int) -> Places:
    count = min(count, int(np.isfinite(values).sum()))
    if count == 0:
        return np.empty(0, np.intp)
    best = np.argpartition(-values, count - 1)[:count]
    ordered: Places = best[np.lexsort((best, -values[best]))]
    return ordered


def _clipped(values: npt.NDArray[np.floating]) -> Numbers:
    found: Numbers = np.clip(values.astype(np.float64), -1.0, 1.0)
    return found
