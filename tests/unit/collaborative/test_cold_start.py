"""Tracks that nobody heard: artists first, then audio; the regression against its closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest

from segue.collaborative.cold_start import (
    LEAST_HEARD,
    CatalogueTracks,
    Ridge,
    with_cold_tracks,
)
from segue.factors import FactorTable, Origin

RANDOM = np.random.default_rng(7)
MAP = RANDOM.normal(size=(6, 3))
"""How factors (the last of them the bias) follow from vectors here."""


def catalogue(heard: int, *, more: int = 3) -> CatalogueTracks:
    """Heard tracks by artists of their own, and then cold ones by Ann, by both, and by nobody."""
    count = heard + more
    vectors = RANDOM.normal(size=(count, 6)).astype(np.float32)
    artists = [["Ann"], ["ANN", "Bob"], *([f"artist {number}"] for number in range(2, heard))]
    artists += [["ann"], ["Bob", "Ann"], ["new"]][:more]
    return CatalogueTracks([f"t{number}" for number in range(count)], artists, vectors, "m-v1")


def table_of(tracks: CatalogueTracks, heard: int) -> FactorTable:
    made = tracks.vectors[:heard].astype(np.float64) @ MAP
    return FactorTable(
        tracks.track_ids[:heard],
        made[:, :2].astype(np.float32),
        made[:, 2].astype(np.float32),
        np.arange(1, heard + 1, dtype=np.int32),
        np.zeros(heard, np.uint8),
    )


def test_artists_come_first_and_audio_does_the_rest() -> None:
    heard = LEAST_HEARD
    tracks = catalogue(heard)
    table = table_of(tracks, heard)
    whole, report = with_cold_tracks(table, tracks)
    assert list(whole.track_ids) == list(tracks.track_ids)
    np.testing.assert_array_equal(whole.factors[:heard], table.factors)
    origins = whole.origins[heard:].tolist()
    assert origins == [Origin.ARTIST, Origin.ARTIST, Origin.AUDIO]
    ann = table.factors[:2].mean(axis=0)
    np.testing.assert_allclose(whole.factors[heard], ann, atol=1e-6)
    both = (ann + table.factors[1]) / 2
    np.testing.assert_allclose(whole.factors[heard + 1], both, atol=1e-6)
    assert whole.biases[heard] == pytest.approx(table.biases[:2].mean(), abs=1e-6)
    # The factors are a linear map of the vectors here, and audio finds it.
    expected = tracks.vectors[-1] @ MAP
    np.testing.assert_allclose([*whole.factors[-1], whole.biases[-1]], expected, atol=0.05)
    assert whole.listeners[heard:].tolist() == [0, 0, 0]
    assert (report.heard, report.from_artist, report.from_audio) == (heard, 2, 1)
    assert (report.without, report.new_artists) == (0, 1)
    assert report.explained > 0.99


def test_what_was_made_before_is_made_anew_and_heard_tracks_outside_stay() -> None:
    heard = LEAST_HEARD
    tracks = catalogue(heard)
    first, _ = with_cold_tracks(table_of(tracks, heard), tracks)
    again, report = with_cold_tracks(first, tracks)
    np.testing.assert_allclose(again.factors, first.factors, atol=1e-6)
    assert report.from_artist == 2
    # The catalogue has lost most of its tracks: what was heard keeps its factors.
    less = CatalogueTracks(["t0"], [["Ann"]], tracks.vectors[:1], "m-v1")
    left, report = with_cold_tracks(first, less)
    assert list(left.track_ids) == list(tracks.track_ids[:heard])
    assert (report.heard, report.from_artist, report.without) == (1, 0, 0)


def test_of_too_few_heard_tracks_audio_learns_nothing() -> None:
    heard = LEAST_HEARD - 1
    tracks = catalogue(heard)
    whole, report = with_cold_tracks(table_of(tracks, heard), tracks)
    assert len(whole.track_ids) == heard + 2
    assert (report.from_artist, report.from_audio, report.without) == (2, 0, 1)
    assert math.isnan(report.explained)
    assert "49 heard tracks" in report.notes[0]


def test_the_regression_and_its_leave_one_out_error_are_the_textbooks() -> None:
    inputs = RANDOM.normal(size=(40, 5))
    targets = inputs @ RANDOM.normal(size=(5, 2)) + RANDOM.normal(size=(40, 2)) + 3.0
    ridge = Ridge.fitted(inputs, targets)

    def solved(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        centre, mean = inputs[rows].mean(axis=0), targets[rows].mean(axis=0)
        x, y = inputs[rows] - centre, targets[rows] - mean
        coefficients = np.linalg.solve(x.T @ x + ridge.strength * np.eye(5), x.T @ y)
        return coefficients, mean - centre @ coefficients

    everything = np.arange(40)
    coefficients, intercept = solved(everything)
    np.testing.assert_allclose(ridge.coefficients, coefficients, atol=1e-8)
    np.testing.assert_allclose(ridge.intercept, intercept, atol=1e-8)
    np.testing.assert_allclose(ridge.predict(inputs), inputs @ coefficients + intercept)
    error = 0.0
    for row in everything:
        # Centred by all rows, as the short formula has it: the strength is no part of the mean.
        left, at = solved(everything[everything != row])
        error += float(((targets[row] - inputs[row] @ left - at) ** 2).sum())
    total = float(((targets - targets.mean(axis=0)) ** 2).sum())
    assert ridge.explained == pytest.approx(1 - error / total, abs=0.01)


def test_noise_is_shrunk_to_the_mean() -> None:
    ridge = Ridge.fitted(RANDOM.normal(size=(60, 40)), RANDOM.normal(size=(60, 3)))
    assert ridge.explained < 0.1
    assert np.abs(ridge.coefficients).max() < 0.05
