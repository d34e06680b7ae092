"""Scores of the candidates of one search: similarity, the collaborative side, boosts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from segue.mix import DEFAULT_METHOD, Mix
from segue.query.ranking_facts import RankingFacts
from segue.ranking.boosts import boost, recency
from segue.ranking.diversity import unit_scores
from segue.ranking.fusion import calibrate_range, fuse
from segue.ranking.ranker import Features, Ranker
from segue.tracks import Neighbour
from segue.variety import DEFAULT_HALF_LIFE_YEARS, Boost

ACOUSTIC, LEARNED = "acoustic", "learned"
"""What an order is made by, beside the fusions."""


@dataclass(slots=True)
class Ranked:
    """One answer; without a mix and boosts its score is its similarity.

    Attributes
    ----------
    acoustic_part, collaborative_part, boost_part
        Their sum is the score. Where a ranker has made it, the first two are 0: it tells no sides
        apart.
    others
        Number of other tracks that are the same recording; 0 when every copy is asked for.
    """

    neighbour: Neighbour
    score: float
    collaborative_score: float | None = None
    acoustic_part: float = 0.0
    collaborative_part: float = 0.0
    boost_part: float = 0.0
    others: int = 0


@dataclass(frozen=True, slots=True)
class Scoring:
    """How the candidates of one search are scored.

    Attributes
    ----------
    year
        From which recency counts.
    mix
        None: by similarity.
    scores
        Of the collaborative side, by track id; empty: by similarity.
    personal
        Whether they are one listener's.
    popularity
        In [0, 1], by track id.
    ranker
        Takes the place of the fusion, where the mix leaves that open.
    facts
        What the ranker looks at besides.
    """

    year: int
    mix: Mix | None = None
    boosts: Sequence[Boost] = ()
    scores: Mapping[str, float] = field(default_factory=dict)
    personal: bool = False
    popularity: Mapping[str, float] = field(default_factory=dict)
    ranker: Ranker | None = None
    facts: RankingFacts = field(default_factory=RankingFacts)

    def scored(self, found: Sequence[Neighbour]) -> tuple[list[Ranked], str, str]:
        """Score candidates.

        Returns
        -------
        tuple
            The candidates by falling score, ties by falling similarity, then by rising track id;
            what the order was made by; and why not by a ranker that is there, or nothing.
        """
        if not found:
            return [], ACOUSTIC, ""
        scores: Mapping[str, float] = {}
        if self.scores:
            known = {one.track.track_id for one in found}
            scores = {track: score for track, score in self.scores.items() if track in known}
        name, fallback, learned = ACOUSTIC, "", None
        if self.mix is not None and scores:
            name = (self.mix.method or DEFAULT_METHOD).value
            if self.mix.leaves_order_open and self.ranker is not None:
                learned, fallback = self._learned(found, scores, self.ranker)
                name = name if learned is None else LEARNED
        if learned is not None:
            ranked = [self._ranked(one, scores, learned[one.track.track_id]) for one in found]
        elif self.mix is not None and scores:
            ranked = self._fused(found, scores, self.mix)
        elif self.boosts:
            units = unit_scores([one.similarity for one in found])
            ranked = [
                self._ranked(one, scores, float(unit), acoustic=float(unit))
                for one, unit in zip(found, units, strict=True)
            ]
        else:
            ranked = [Ranked(one, one.similarity, None, one.similarity) for one in found]
        ranked.sort(
            key=lambda one: (-one.score, -one.neighbour.similarity, one.neighbour.track.track_id)
        )
        return ranked, name, fallback

    def _fused(
        self, found: Sequence[Neighbour], scores: Mapping[str, float], mix: Mix
    ) -> list[Ranked]:
        method = mix.method or DEFAULT_METHOD
        similarities = {one.track.track_id: one.similarity for one in found}
        # A fusion is a sum of its sides: each of them alone is its part.
        acoustic = fuse(similarities, {}, method=method, weight=mix.share)
        collaborative = fuse({}, scores, method=method, weight=mix.share)
        ranked = []
        for one in found:
            ours = acoustic[one.track.track_id]
            theirs = collaborative.get(one.track.track_id, 0.0)
            ranked.append(
                self._ranked(one, scores, ours + theirs, acoustic=ours, collaborative=theirs)
            )
        return ranked

    def _ranked(
        self,
        one: Neighbour,
        scores: Mapping[str, float],
        score: float,
        *,
        acoustic: float = 0.0,
        collaborative: float = 0.0,
    ) -> Ranked:
        added = 0.0
        if self.boosts:
            added = boost(one.track, self.boosts, popularity=self.popularity, year=self.year)
        return Ranked(
            one,
            score + added,
            scores.get(one.track.track_id),
            acoustic,
            collaborative,
            added,
        )

    def _learned(
        self, found: Sequence[Neighbour], scores: Mapping[str, float], ranker: Ranker
    ) -> tuple[Mapping[str, float] | None, str]:
        """Scores of a ranker in [0, 1], or why there are none."""
        try:
            given = [float(one) for one in ranker.order(self._features(found, scores))]
        except Exception as exc:  # its faults may not cost the caller the answer
            return None, f"the ranker failed, and scores were fused: {type(exc).__name__}: {exc}"
        if len(given) != len(found) or not all(map(math.isfinite, given)):
            return None, "the ranker gave no finite score for each track, and scores were fused"
        names = (one.track.track_id for one in found)
        return calibrate_range(dict(zip(names, given, strict=True))), ""

    def _features(self, found: Sequence[Neighbour], scores: Mapping[str, float]) -> Features:
        def numbers(values: Sequence[float | None]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
            return np.array([math.nan if one is None else one for one in values], dtype=np.float64)

        names = [one.track.track_id for one in found]
        years = [one.track.metadata.year for one in found]
        facts = self.facts
        return Features(
            acoustic=numbers([one.similarity for one in found]),
            passage=numbers([facts.passage.get(name) for name in names]),
            genre=numbers([facts.genre.get(name) for name in names]),
            sound=numbers([facts.sound.get(name) for name in names]),
            style=numbers([facts.style.get(name) for name in names]),
            collaborative=numbers([scores.get(name) for name in names]),
            collaborative_known=numbers([float(name in scores) for name in names]),
            popularity=numbers([self.popularity.get(name) for name in names]),
            recency=numbers([recency(year, self.year, DEFAULT_HALF_LIFE_YEARS) for year in years]),
            year=numbers(years),
            same_artist=numbers([facts.same_artist(one.track) for one in found]),
            same_album=numbers([facts.same_album(one.track) for one in found]),
            personal=numbers([float(self.personal)] * len(found)),
        )
