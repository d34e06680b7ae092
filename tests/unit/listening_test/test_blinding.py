"""What raters see tells them nothing, and is theirs alone."""

from __future__ import annotations

from collections import Counter

from segue.listening_test.blinding import Blinding
from segue.listening_test.plan import Candidate, Plan, Trial

CANDIDATES = tuple(Candidate(f"{name}-track", (name,)) for name in ("one", "two", "random"))
TRIALS = tuple(Trial(f"trial-{number}", f"query-{number}", CANDIDATES) for number in range(200))
PLAN = Plan("plan", 1.0, 1, ("one", "two", "random"), TRIALS)
BLINDING = Blinding("a secret of the service")


def test_names_are_others_for_every_rater_and_in_every_trial():
    raters = [BLINDING.rater(name) for name in ("ann", "bob", "")]
    names = [
        BLINDING.name(PLAN, trial, rater, track_id)
        for rater in raters
        for trial in TRIALS
        for track_id in trial.tracks
    ]
    assert len(set(names)) == len(names) == 3 * 200 * 4
    text = " ".join(names)
    assert not any(word in text for word in ("track", "one", "query", "random"))


def test_each_place_is_as_likely_for_each_system():
    places = Counter()
    for trial in TRIALS:
        order = BLINDING.in_order(PLAN, trial, BLINDING.rater("ann")).values()
        places.update((one.systems[0], place) for place, one in enumerate(order))
    # 200 trials: 67 on average, with a standard deviation of 6.7.
    assert all(40 < places[system, place] < 94 for system in PLAN.systems for place in range(3))


def test_an_order_stays_the_same():
    ann, bob = BLINDING.rater("ann"), BLINDING.rater("bob")
    first = BLINDING.trials_in_order(PLAN, ann)
    assert first == BLINDING.trials_in_order(PLAN, ann)
    assert first != BLINDING.trials_in_order(PLAN, bob)
    assert sorted(one.trial_id for one in first) == sorted(one.trial_id for one in TRIALS)


def test_raters_are_pseudonyms():
    assert BLINDING.rater("Ann") == BLINDING.rater("ann")
    assert len({BLINDING.rater(name) for name in ("ann", "bob", "owner", "")}) == 4
    assert Blinding("another secret").rater("ann") != BLINDING.rater("ann")
    assert "ann" not in BLINDING.rater("ann").pseudonym
