"""t-SNE: places in which neighbours stay neighbours."""

from __future__ import annotations

import warnings

import numpy as np
from openTSNE import TSNEEmbedding
from openTSNE.affinity import PerplexityBasedNN
from openTSNE.initialization import rescale

from segue.layout.directions import principal_components
from segue.layout.progress import Progress
from segue.track_map import Places
from segue.tracks import Matrix

PERPLEXITY = 30.0
COMPONENTS = 50
"""Directions that neighbours are looked for in: a quarter of the time, and as good a map."""

_EXACT_UP_TO = 1_000
_BARNES_HUT_UP_TO = 3_000
_EXAGGERATED, _ITERATIONS, _SLICE = 250, 500, 10
_SEED = 20_080_901


def fit(vectors: Matrix, start: Places | None, progress: Progress) -> Places:
    """Lay out all of the vectors by t-SNE, and give the same places for the same input.

    van der Maaten and Hinton, JMLR 9 (2008); interpolated by FFT: Linderman et al., Nature Methods
    16 (2019); perplexity and start: Kobak and Berens, Nature Communications 10 (2019).

    Parameters
    ----------
    vectors
        Some ten of them at least.
    start
        Earlier places, whose arrangement is kept; None: the principal components.
    """
    reduced = principal_components(vectors, min(COMPONENTS, vectors.shape[1]))
    number = len(reduced)
    progress(0.0)
    with warnings.catch_warnings():
        # Copies of one recording have no distance, and few tracks few neighbours: both are fine.
        warnings.simplefilter("ignore")
        affinities = PerplexityBasedNN(
            reduced,
            perplexity=max(2.0, min(PERPLEXITY, (number - 1) / 3.01)),
            # Of unit vectors, the order of distances is that of cosines.
            metric="euclidean",
            method="exact" if number <= _EXACT_UP_TO else "annoy",
            n_jobs=1,
            random_state=_SEED,
        )
        embedding = TSNEEmbedding(
            rescale(_spread(reduced[:, :2] if start is None else start)),
            affinities,
            negative_gradient_method="bh" if number <= _BARNES_HUT_UP_TO else "fft",
            n_jobs=1,
            random_state=_SEED,
        )
        whole = _EXAGGERATED + _ITERATIONS
        for done in range(0, whole, _SLICE):
            progress(0.2 + 0.8 * done / whole)
            early = done < _EXAGGERATED
            embedding.optimize(
                _SLICE,
                exaggeration=12 if early else None,
                momentum=0.5 if early else 0.8,
                inplace=True,
                n_jobs=1,
            )
    return np.asarray(embedding, np.float32)


def _spread(places: Places) -> np.ndarray:
    """The places, with those that coincide a little apart: nothing would drive them apart."""
    random = np.random.default_rng(_SEED)
    spread = places.astype(np.float64)
    extent = max(float(np.abs(spread).max(initial=0.0)), 1e-6)
    return spread + random.normal(scale=1e-4 * extent, size=spread.shape)
