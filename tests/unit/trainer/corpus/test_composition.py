"""Composition without MMA: ensembles only, so that nothing outside Python is needed."""

from dataclasses import replace

from segue.trainer.corpus.artists import make_artist
from segue.trainer.corpus.composition import Commission, commission, compose, lead_range
from segue.trainer.corpus.moods import MOODS
from segue.trainer.corpus.styles import GENRES, Ensemble


def order_without_mma(seed):
    """A commission whose artist plays ensembles alone, so that MMA is not run."""
    for artist in range(24):
        backings = make_artist(seed, "orchestral", "train", artist).backings
        if all(isinstance(backing, Ensemble) for backing in backings):
            return Commission("orchestral", "calm", "train", artist, 0)
    raise AssertionError("every artist plays a groove")


def composed_without_mma(seed, number):
    return compose(seed, number, order_without_mma(seed), 20.0)


def test_the_same_seed_and_number_give_the_same_track():
    # Numbers are drawn and added one by one, in one order on every processor.
    assert composed_without_mma(3, 5) == composed_without_mma(3, 5)


def test_other_numbers_and_seeds_give_other_tracks():
    first = composed_without_mma(3, 5)
    assert composed_without_mma(3, 6).parts != first.parts
    assert composed_without_mma(4, 5).parts != first.parts


def test_a_track_lasts_as_long_as_asked():
    piece = composed_without_mma(3, 5)
    assert piece.sections[-1].end * 60 / piece.tempo >= 20.0
    for earlier, later in zip(piece.sections, piece.sections[1:], strict=False):
        assert earlier.end == later.start  # whole beats


def test_every_track_has_accompaniment_and_melody():
    roles = {part.role for part in composed_without_mma(3, 5).parts}
    assert "lead" in roles
    assert roles & {"chords", "pad"}


def test_commissions_cover_genres_and_splits():
    orders = [commission(1, number) for number in range(170)]
    assert {order.genre for order in orders} == set(GENRES)
    assert {order.split for order in orders} == {"train", "test"}
    assert {commission(1, number, "test").split for number in range(20)} == {"test"}
    assert all(order.mood in GENRES[order.genre].moods for order in orders)


def test_register_and_tempo_follow_the_mood():
    assert lead_range(73, MOODS["dark"].register)[1] < lead_range(73, MOODS["dreamy"].register)[1]
    assert MOODS["melancholic"].tempo < 1 < MOODS["energetic"].tempo
    order = order_without_mma(5)
    calm = compose(5, 1, replace(order, mood="calm"), 10.0)
    energetic = compose(5, 1, replace(order, mood="energetic"), 10.0)
    assert energetic.tempo > calm.tempo
