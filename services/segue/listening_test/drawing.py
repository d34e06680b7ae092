"""Draws a listening test from a catalogue."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from segue.catalogues import DEFAULT_CATALOGUE
from segue.errors import InvalidRequest
from segue.listening_test.plan import Candidate, Plan, Trial

RANDOM = "random"
"""Name of what answers with any track: the floor of the scale."""

Nearest: TypeAlias = Callable[[str], Iterable[str]]
"""Ids of tracks, the most similar to the track of an id first."""


class ListeningPlanImpossible(InvalidRequest):
    """The catalogue has too little for the listening test that is asked for."""

    reason = "LISTENING_PLAN_IMPOSSIBLE"
    next_step = (
        "Ask for fewer --queries, or add music. Only tracks count that can be heard and whose "
        "artist is known, since nobody is compared with themselves; segue edit names an artist."
    )


@dataclass(frozen=True, slots=True)
class Hearable:
    """A track that can be heard in a test.

    Attributes
    ----------
    artists
        Who made it, without regard to case; at least one.
    recording
        What its copies have in common; empty: it has none.
    """

    track_id: str
    artists: frozenset[str]
    recording: str = ""

    def is_kin_of(self, other: Hearable) -> bool:
        """Whether they are one track, copies of one recording, or of one artist."""
        copies = bool(self.recording) and self.recording == other.recording
        return self.track_id == other.track_id or copies or bool(self.artists & other.artists)


def draw_plan(
    tracks: Sequence[Hearable],
    systems: Mapping[str, Nearest],
    *,
    queries: int,
    seed: int,
    made_at: float,
    catalogue: str = DEFAULT_CATALOGUE,
) -> Plan:
    """Draw queries at random, and for each the nearest track of each system and one at random.

    A candidate is never by an artist of the query, and never a copy of it: covers of the same
    sound, and album effects, would be rated rather than similarity (A. Flexer, D. Schnitzer,
    Effects of Album and Artist Filters in Audio Similarity, Computer Music Journal 34, 2010).
    Queries to which a system has no such answer are passed over.

    Parameters
    ----------
    seed
        The same seed draws the same from the same catalogue.
    catalogue
        Name of the one that the tracks are of.

    Raises
    ------
    ListeningPlanImpossible
        When there are fewer such queries than asked for.
    """
    known = {one.track_id: one for one in sorted(tracks, key=lambda one: one.track_id)}
    every = list(known.values())
    rng = random.Random(seed)
    trials: list[Trial] = []
    plan_id = hashlib.sha256(f"{seed} {made_at!r}".encode()).hexdigest()[:16]
    for query in rng.sample(every, len(every)):
        if len(trials) == queries:
            break
        # Drawn even where it is not used: what a system answers changes no other query.
        others = rng.sample(every, min(len(every), _MOST_DRAWN))
        answers = _answers(query, known, systems, others)
        if answers:
            trial_id = hashlib.sha256(f"{plan_id} {query.track_id}".encode()).hexdigest()[:16]
            trials.append(Trial(trial_id, query.track_id, answers))
    if len(trials) < queries:
        raise ListeningPlanImpossible(
            f"{queries} queries are asked for; {len(trials)} of {len(every)} tracks have an answer "
            "of every system that is by another artist"
        )
    return Plan(plan_id, made_at, seed, (*systems, RANDOM), tuple(trials), catalogue)


_MOST_DRAWN = 200


def _answers(
    query: Hearable,
    known: Mapping[str, Hearable],
    systems: Mapping[str, Nearest],
    others: Sequence[Hearable],
) -> tuple[Candidate, ...]:
    """The candidates of a query; none where a system has no answer."""
    chosen: dict[str, list[str]] = {}
    for name, nearest in systems.items():
        found = (known[one] for one in nearest(query.track_id) if one in known)
        first = next((one for one in found if not one.is_kin_of(query)), None)
        if first is None:
            return ()
        chosen.setdefault(first.track_id, []).append(name)
    taken = [query, *(known[one] for one in chosen)]
    drawn = next((one for one in others if not any(one.is_kin_of(other) for other in taken)), None)
    if drawn is None:
        return ()
    chosen[drawn.track_id] = [RANDOM]
    return tuple(Candidate(track_id, tuple(names)) for track_id, names in chosen.items())
