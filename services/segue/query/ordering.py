"""From candidates to answers in their order: scored, told apart, and without long runs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segue.query.pool import Pool
from segue.query.rules import Rules, Turns
from segue.query.scoring import ACOUSTIC, Ranked, Scoring
from segue.ranking.diversity import marginal_order, unit_scores
from segue.ranking.runs import broken_runs
from segue.variety import artists_of


@dataclass(slots=True)
class Ordered:
    """Answers of what was found so far.

    Attributes
    ----------
    answers
        In their order; those on the pages before are not among them.
    turns
        What was dropped, and what is full.
    stuck
        Artists whose runs go on for want of anything else.
    ranker, fallback
        As :meth:`Scoring.scored` says.
    """

    answers: list[Ranked]
    turns: Turns
    stuck: frozenset[str]
    ranker: str
    fallback: str


def ordered(pool: Pool, scoring: Scoring, rules: Rules, limit: int) -> Ordered:
    """Order what was found.

    Parameters
    ----------
    limit
        Answers that are asked for. There may be more where ordering them costs nothing.
    """
    ranked, ranker, fallback = scoring.scored(pool.in_order())
    tracks = [one.neighbour.track for one in ranked]
    turns = Turns.after(rules, tracks)
    if rules.variety.diversity:
        in_unit = bool(scoring.boosts) or ranker != ACOUSTIC
        # Where runs are broken, any that is left may be needed.
        most = len(ranked) if rules.variety.most_in_a_row else limit
        answers = _diverse(ranked, turns, rules, most, in_unit=in_unit)
    else:
        answers = [one for one in ranked if turns.admits(one.neighbour.track)]
    stuck: frozenset[str] = frozenset()
    if rules.variety.most_in_a_row:
        places, stuck = broken_runs(
            [artists_of(one.neighbour.track) for one in answers],
            rules.variety.most_in_a_row,
            limit=limit,
            before=_last_artists(ranked, rules),
        )
        answers = [answers[place] for place in places]
    return Ordered(answers, turns, stuck, ranker, fallback)


def _diverse(
    ranked: list[Ranked], turns: Turns, rules: Rules, limit: int, *, in_unit: bool
) -> list[Ranked]:
    # What has no vector any more was deleted since it was found.
    there = [one for one in ranked if one.neighbour.vector is not None]
    if not there:
        return []
    vectors = np.array([one.neighbour.vector for one in there], dtype=np.float32)
    scores = [one.score for one in there]
    places = marginal_order(
        scores if in_unit else unit_scores(scores),
        vectors,
        rules.variety.diversity,
        accepts=lambda place: turns.admits(there[place].neighbour.track),
        limit=limit,
        before=[
            place
            for place, one in enumerate(there)
            if rules.shown.place(one.neighbour.track.track_id) is not None
        ],
    )
    return [there[place] for place in places]


def _last_artists(ranked: list[Ranked], rules: Rules) -> list[frozenset[str]]:
    """Artists of the last tracks on the pages before, oldest first.

    A track that was deleted since stands between two others all the same.
    """
    first = max(0, len(rules.shown) - rules.variety.most_in_a_row)
    artists = [frozenset[str]() for _ in range(first, len(rules.shown))]
    for one in ranked:
        place = rules.shown.place(one.neighbour.track.track_id)
        if place is not None and place >= first:
            artists[place - first] = artists_of(one.neighbour.track)
    return artists
