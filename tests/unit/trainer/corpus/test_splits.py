import pytest

from segue.trainer.corpus import theory
from segue.trainer.corpus.artists import ARTISTS_PER_GENRE, make_artist
from segue.trainer.corpus.splits import held_out, pool
from segue.trainer.corpus.styles import GENRES, SYNTH_FIRST, Ensemble


def test_train_and_test_share_nothing():
    names = [f"style {number}" for number in range(20)]
    train = pool("kind", names, "train", names)
    test = pool("kind", names, "test", names)
    assert set(train).isdisjoint(test)
    assert set(train) | set(test) == set(names)
    assert len(test) == 4


def test_the_choice_ignores_order_and_differs_by_kind():
    names = [f"style {number}" for number in range(20)]
    assert held_out("kind", names) == held_out("kind", names[::-1])
    assert held_out("kind", names) != held_out("other", names)


def test_a_small_pool_is_shared():
    assert pool("kind", ["a", "b"], "test", ["a", "b"]) == ("a", "b")


@pytest.mark.parametrize("genre", list(GENRES))
def test_artists_of_the_splits_share_no_style_and_no_lead(genre):
    used = {"train": (set(), set()), "test": (set(), set())}
    for split, count in ARTISTS_PER_GENRE.items():
        for number in range(count):
            artist = make_artist(1, genre, split, number)
            used[split][0].update(backing.name for backing in artist.backings)
            used[split][1].update(artist.leads)
    for train, test in zip(used["train"], used["test"], strict=True):
        assert train
        assert test
        assert train.isdisjoint(test)


def test_test_progressions_are_not_train_progressions():
    every = theory.MINOR_PROGRESSIONS
    assert set(pool("progression", every, "test", every)).isdisjoint(
        pool("progression", every, "train", every)
    )


def test_genres_offer_enough():
    assert len(GENRES) >= 12
    assert len({mood for genre in GENRES.values() for mood in genre.moods}) >= 6
    for name, genre in GENRES.items():
        assert len(genre.backings) >= 4, name
        for backing in genre.backings:
            if isinstance(backing, Ensemble):
                assert any(layer.role != "drums" for layer in backing.layers)
                for layer in backing.layers:
                    assert all(0 <= program < SYNTH_FIRST + 8 for program in layer.programs)
