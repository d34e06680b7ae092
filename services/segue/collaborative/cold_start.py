"""Factors of tracks that nobody heard: from their artists' tracks first, then from their sound.

Shapes: T tracks with factors, N tracks of the catalogue, F factors, D dimensions of song vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from segue.factors import FactorTable, Floats, Origin
from segue.notation import text_key

LEAST_HEARD = 50
"""Heard tracks with song vectors that factors from audio are learnt from, at least."""

REGULARISATIONS = tuple(10.0**power for power in range(-3, 4))
"""Of the ridge regression; that with the least leave-one-out error is taken."""

Numbers: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class CatalogueTracks:
    """What a catalogue says of its tracks.

    Attributes
    ----------
    track_ids
        N ids.
    artists
        Names of each track's artists.
    vectors
        Song vectors, shape (N, D).
    space
        Their embedding space.
    """

    track_ids: Sequence[str]
    artists: Sequence[Sequence[str]]
    vectors: Floats
    space: str


@dataclass(frozen=True, slots=True)
class ColdReport:
    """What became of the tracks of a catalogue.

    Attributes
    ----------
    heard, from_artist, from_audio, without
        How many have factors by listeners, by their artists, by audio, or none.
    new_artists
        Of those from audio and without: how many have no artist with a heard track.
    explained
        Share of the variance of heard tracks' factors that audio explains when each is left out;
        NaN where audio was not used.
    notes
        Why audio was not used.
    """

    heard: int
    from_artist: int
    from_audio: int
    without: int
    new_artists: int
    explained: float = float("nan")
    notes: Sequence[str] = field(default=())


def with_cold_tracks(
    table: FactorTable, catalogue: CatalogueTracks
) -> tuple[FactorTable, ColdReport]:
    """Add tracks of a catalogue that nobody heard.

    A track gets the mean of the factors of its artists' heard tracks, else what a ridge regression
    from song vectors, learnt on heard tracks, gives (van den Oord et al., NIPS 2013). Tracks of the
    table that were added in this way before are made anew.

    Returns
    -------
    tuple
        The table with heard tracks first, and what became of the catalogue's tracks.
    """
    heard = np.flatnonzero(table.origins == Origin.LISTENED)
    # The bias is one factor more.
    known = np.column_stack([table.factors[heard], table.biases[heard]]).astype(np.float64)
    row_of = {table.track_ids[place]: row for row, place in enumerate(heard.tolist())}
    cold = [place for place, one in enumerate(catalogue.track_ids) if one not in row_of]
    means = _artist_means(catalogue, known, row_of)
    by_artist: dict[int, Numbers] = {}
    for place in cold:
        found = [means[key] for key in _artist_keys(catalogue, place) if key in means]
        if found:
            by_artist[place] = np.mean(found, axis=0)
    rest = [place for place in cold if place not in by_artist]
    warm = [place for place, one in enumerate(catalogue.track_ids) if one in row_of]
    made, explained = np.empty((0, known.shape[1])), float("nan")
    notes: tuple[str, ...] = ()
    if rest and len(warm) < LEAST_HEARD:
        notes = (f"{len(warm)} heard tracks have song vectors, and audio needs {LEAST_HEARD}",)
    elif rest:
        targets = known[[row_of[catalogue.track_ids[place]] for place in warm]]
        ridge = Ridge.fitted(catalogue.vectors[warm].astype(np.float64), targets)
        made, explained = ridge.predict(catalogue.vectors[rest]), ridge.explained
    by_audio = rest if len(made) else []
    added = np.vstack([known, *(by_artist[place][None] for place in by_artist), made])
    added = added.astype(np.float32)
    places = [*by_artist, *by_audio]
    origins = [Origin.LISTENED] * len(heard)
    origins += [Origin.ARTIST] * len(by_artist) + [Origin.AUDIO] * len(by_audio)
    listeners = np.zeros(len(added), np.int32)
    listeners[: len(heard)] = table.listeners[heard]
    whole = FactorTable(
        [
            *(table.track_ids[place] for place in heard.tolist()),
            *(catalogue.track_ids[place] for place in places),
        ],
        np.ascontiguousarray(added[:, :-1]),
        added[:, -1].copy(),
        listeners,
        np.array(origins, np.uint8),
    )
    return whole, ColdReport(
        heard=len(warm),
        from_artist=len(by_artist),
        from_audio=len(by_audio),
        without=len(rest) - len(by_audio),
        new_artists=len(rest),
        explained=explained,
        notes=notes,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Ridge:
    """Ridge regression with an intercept, its strength chosen by leave-one-out errors.

    Attributes
    ----------
    coefficients
        Shape (D, F).
    intercept
        Shape (F,).
    strength
        One of :data:`REGULARISATIONS`, times the mean eigenvalue of the inputs' covariance.
    explained
        Share of the targets' variance that is explained when each row is left out; may be negative.
    """

    coefficients: Numbers
    intercept: Numbers
    strength: float
    explained: float

    @classmethod
    def fitted(cls, inputs: Numbers, targets: Numbers) -> Ridge:
        """Fit inputs of shape (N, D) to targets of shape (N, F)."""
        centre, mean = inputs.mean(axis=0), targets.mean(axis=0)
        values, vectors = np.linalg.eigh((inputs - centre).T @ (inputs - centre))
        values = np.maximum(values, 0.0)
        turned = (inputs - centre) @ vectors
        projected = turned.T @ (targets - mean)
        scale = max(float(values.mean()), 1e-12)
        total = max(float(((targets - mean) ** 2).sum()), 1e-12)
        errors = {}
        for strength in REGULARISATIONS:
            shrunk = 1.0 / (values + strength * scale)
            residuals = (targets - mean) - turned @ (shrunk[:, None] * projected)
            # How much a row decides its own prediction, the intercept included.
            leverage = (turned**2 @ shrunk) + 1.0 / len(inputs)
            left_out = residuals / np.maximum(1.0 - leverage, 1e-6)[:, None]
            errors[strength] = float((left_out**2).sum())
        best = min(errors, key=lambda strength: (errors[strength], -strength))
        coefficients = vectors @ ((1.0 / (values + best * scale))[:, None] * projected)
        return cls(
            coefficients, mean - centre @ coefficients, best * scale, 1.0 - errors[best] / total
        )

    def predict(self, inputs: npt.NDArray[np.floating]) -> Numbers:
        """Targets of inputs of shape (N, D); shape (N, F)."""
        predicted: Numbers = inputs.astype(np.float64) @ self.coefficients + self.intercept
        return predicted


def _artist_means(
    catalogue: CatalogueTracks, known: Numbers, row_of: dict[str, int]
) -> dict[str, Numbers]:
    rows: dict[str, list[int]] = {}
    for place, track in enumerate(catalogue.track_ids):
        if track in row_of:
            for key in _artist_keys(catalogue, place):
                rows.setdefault(key, []).append(row_of[track])
    return {key: known[some].mean(axis=0) for key, some in rows.items()}


def _artist_keys(catalogue: CatalogueTracks, place: int) -> list[str]:
    return list(dict.fromkeys(text_key(name) for name in catalogue.artists[place] if name))
