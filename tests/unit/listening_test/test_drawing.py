"""Plans: who answers whom, and what is never a candidate."""

from __future__ import annotations

import json

import pytest

from segue.listening_test.drawing import (
    RANDOM,
    Hearable,
    ListeningPlanImpossible,
    draw_plan,
)
from segue.listening_test.plan import (
    ListeningPlanUnusable,
    plan_from_fields,
    plan_to_fields,
)

# Ten artists of four tracks each: track 13 is the third of artist 1.
TRACKS = [
    Hearable(f"t{artist}{number}", frozenset({f"artist {artist}"}))
    for artist in range(10)
    for number in range(4)
]
EVERY = [one.track_id for one in TRACKS]
BY_ID = {one.track_id: one for one in TRACKS}


def upwards(track_id):
    """The tracks in a ring: the query first, then its artist's, then the next artist's."""
    place = EVERY.index(track_id)
    return EVERY[place:] + EVERY[:place]


def downwards(track_id):
    return reversed(upwards(track_id))


def drawn(queries=20, seed=1, tracks=TRACKS, **systems):
    systems = systems or {"up": upwards, "down": downwards}
    return draw_plan(tracks, systems, queries=queries, seed=seed, made_at=1.0)


def test_each_system_answers_with_its_nearest_track_of_another_artist():
    plan = drawn()
    assert plan.systems == ("up", "down", RANDOM)
    assert len({one.query for one in plan.trials}) == len(plan.trials) == 20
    for trial in plan.trials:
        by_system = {one.systems: one.track_id for one in trial.candidates}
        artist = int(trial.query[1])
        assert by_system["up",] == f"t{(artist + 1) % 10}0"
        assert by_system["down",] == f"t{(artist - 1) % 10}3"
        others = [BY_ID[one] for one in trial.tracks]
        assert len(set().union(*(one.artists for one in others))) == 4


def test_copies_of_the_query_are_no_candidates():
    tracks = [
        Hearable(one.track_id, one.artists, recording="r" if one.track_id in ("t00", "t10") else "")
        for one in TRACKS
    ]
    plan = drawn(queries=40, tracks=tracks)
    trial = next(one for one in plan.trials if one.query == "t00")
    assert next(one.track_id for one in trial.candidates if "up" in one.systems) == "t11"


def test_where_systems_agree_one_candidate_stands_for_both():
    plan = drawn(up=upwards, again=upwards)
    for trial in plan.trials:
        assert [one.systems for one in trial.candidates] == [("up", "again"), (RANDOM,)]


def test_the_seed_decides():
    assert drawn() == drawn()
    assert [one.query for one in drawn().trials] != [one.query for one in drawn(seed=2).trials]
    # What one system answers changes neither the queries nor the random candidates.
    other = drawn(up=upwards, flat=lambda _: EVERY)
    assert [one.query for one in other.trials] == [one.query for one in drawn().trials]


def test_random_candidates_are_spread_over_the_catalogue():
    plan = drawn(queries=40)
    random = [
        one.track_id for trial in plan.trials for one in trial.candidates if RANDOM in one.systems
    ]
    assert len({one[1] for one in random}) >= 8


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ListeningPlanImpossible, match="41 queries are asked for; 40 of 40"):
        drawn(queries=41)
    with pytest.raises(ListeningPlanImpossible, match="0 of 40"):
        drawn(up=upwards, deaf=lambda _: [])
    with pytest.raises(ListeningPlanImpossible):
        drawn(queries=1, tracks=TRACKS[:8])  # two artists leave nothing at random


def test_a_plan_is_read_as_it_was_written():
    plan = drawn()
    assert plan_from_fields(json.loads(json.dumps(plan_to_fields(plan)))) == plan
    assert plan.trial(plan.trials[3].trial_id) == plan.trials[3]
    assert plan.trial("none") is None


@pytest.mark.parametrize("fields", [{}, {"version": 2}, {"version": 1, "trials": 3}])
def test_what_is_no_plan_is_refused(fields):
    with pytest.raises(ListeningPlanUnusable):
        plan_from_fields(fields)
