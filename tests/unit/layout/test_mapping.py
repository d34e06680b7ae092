"""Maps of catalogues whose neighbourhoods are known: laid out anew, and brought up to date."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from segue.layout import mapping
from segue.layout.mapping import Laid, lay_out
from segue.map_colours import ColourGathering
from segue.track_map import Places, TrackMap
from segue.tracks import Matrix, Track

CLUSTERS = 6


def vectors(count: int, *, seed: int = 0, dimension: int = 32) -> Matrix:
    """Unit vectors around six directions; vector ``number`` is of cluster ``number % 6``."""
    directions = np.random.default_rng(7).normal(size=(CLUSTERS, dimension))
    random = np.random.default_rng(seed)
    made = directions[np.arange(count) % CLUSTERS] + 0.5 * random.normal(size=(count, dimension))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


def names(count: int) -> list[str]:
    return [f"track {number}" for number in range(count)]


def laid(some: Matrix, earlier: TrackMap | None = None, **options: object) -> Laid:
    return lay_out(names(len(some)), some, earlier, lambda _: None, **options)  # type: ignore[arg-type]


def as_map(track_ids: list[str], one: Laid) -> TrackMap:
    colours = ColourGathering()
    for track_id in track_ids:
        colours.add(Track(track_id))
    return TrackMap(track_ids, one.places, one.digests, colours.gathered())


@pytest.fixture(scope="module")
def some() -> Matrix:
    return vectors(240)


@pytest.fixture(scope="module")
def fitted(some: Matrix) -> Laid:
    return laid(some)


def spread_within(places: Places) -> float:
    """Mean distance to the middle of one's own cluster, over that to the middle of all."""
    own = [places[number::CLUSTERS] for number in range(CLUSTERS)]
    within = np.mean([np.linalg.norm(one - one.mean(axis=0), axis=1).mean() for one in own])
    return float(within / np.linalg.norm(places - places.mean(axis=0), axis=1).mean())


def test_neighbours_stay_neighbours(some: Matrix, fitted: Laid) -> None:
    random = np.random.default_rng(3).uniform(-1, 1, (len(some), 2))
    kept = {name: trustworthiness(some, places) for name, places in fitted.places.items()}

    assert trustworthiness(some, random) == pytest.approx(0.5, abs=0.1)
    assert kept["tsne"] > 0.85
    assert kept["pca"] > 0.6
    assert spread_within(fitted.places["tsne"]) < 0.4
    assert fitted.anew
    assert fitted.changed == 0


def test_places_fill_the_square(fitted: Laid) -> None:
    for places in fitted.places.values():
        assert places.dtype == np.float32
        assert np.abs(places).max() == pytest.approx(1.0, abs=1e-5)


def test_the_same_catalogue_gives_the_same_map(some: Matrix, fitted: Laid) -> None:
    again = laid(some)
    for name, places in fitted.places.items():
        np.testing.assert_allclose(places, again.places[name], atol=1e-5)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 10, 12, 40])
def test_few_tracks_are_no_failure(count: int) -> None:
    for some in (vectors(count), np.tile(vectors(1), (count, 1))):
        for places in laid(some).places.values():
            assert places.shape == (count, 2)
            assert np.isfinite(places).all()
            assert np.abs(places).max(initial=0.0) <= 1.0 + 1e-5


def test_a_copy_comes_to_lie_beside_its_original(some: Matrix, fitted: Laid) -> None:
    before = as_map(names(240), fitted)
    more = np.concatenate([some, some[[17, 100]]])
    now = lay_out([*names(240), "copy of 17", "copy of 100"], more, before, lambda _: None)

    assert not now.anew
    assert now.changed == 2
    places = now.places["tsne"]
    np.testing.assert_array_equal(places[:240], fitted.places["tsne"])
    np.testing.assert_allclose(places[240:], places[[17, 100]], atol=0.01)


def test_a_new_track_comes_among_its_own(fitted: Laid, some: Matrix) -> None:
    before = as_map(names(240), fitted)
    more = np.concatenate([some, vectors(12, seed=5)])
    places = lay_out([*names(240), *map(str, range(12))], more, before, lambda _: None).places[
        "tsne"
    ]
    middles = np.array([places[number:240:CLUSTERS].mean(axis=0) for number in range(CLUSTERS)])
    nearest = np.linalg.norm(places[240:, None] - middles, axis=2).argmin(axis=1)

    np.testing.assert_array_equal(nearest, np.arange(12) % CLUSTERS)


def test_what_went_and_what_sounds_different_counts_as_changed(some: Matrix, fitted: Laid) -> None:
    before = as_map(names(240), fitted)
    less = some[:230].copy()
    less[3] = some[4]  # another recording took its place
    now = lay_out(names(230), less, before, lambda _: None, changed_before=5)

    assert not now.anew
    assert now.changed == 5 + 1 + 11
    np.testing.assert_allclose(now.places["tsne"][3], fitted.places["tsne"][4], atol=0.01)


def test_a_catalogue_that_changed_much_is_laid_out_anew_and_stays_recognisable(
    some: Matrix, fitted: Laid
) -> None:
    before = as_map(names(240), fitted)
    grown = np.concatenate([some, vectors(70, seed=9)])
    now = laid(grown, before)

    assert now.anew
    assert now.changed == 0
    moved = np.linalg.norm(now.places["tsne"][:240] - fitted.places["tsne"], axis=1)
    far = np.linalg.norm(fitted.places["tsne"][::-1] - fitted.places["tsne"], axis=1).mean()
    assert moved.mean() < 0.35 * far
    assert trustworthiness(grown, now.places["tsne"]) > 0.85


def test_progress_is_told_and_may_end_the_work(some: Matrix) -> None:
    told: list[float] = []
    lay_out(names(60), some[:60], None, told.append)
    assert told[0] == 0.0
    assert told == sorted(told)
    assert told[-1] > 0.9

    def enough(share: float) -> None:
        if share > 0.5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        lay_out(names(60), some[:60], None, enough)


def test_of_very_many_tracks_a_part_is_fitted_and_the_rest_placed(
    some: Matrix, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapping, "MOST_FITTED", 120)
    places = laid(some).places["tsne"]

    assert np.isfinite(places).all()
    assert trustworthiness(some, places) > 0.8
    assert spread_within(places) < 0.45
