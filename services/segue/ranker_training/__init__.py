"""Rankers that learn from what listeners chose: the only place with LightGBM."""

from __future__ import annotations

from importlib.util import find_spec

from segue.errors import DependencyMissing
from segue.openmp import require_openmp


def require_lightgbm() -> None:
    """See that a ranker can be learned here; serving one needs none of it.

    Raises
    ------
    DependencyMissing
        When LightGBM, or a library that it needs, is not installed.
    """
    if find_spec("lightgbm") is None:
        raise DependencyMissing(
            "learning a ranker needs lightgbm, which is not installed",
            next_step="Install it: pip install 'segue[recommender]'",
        )
    require_openmp()


def require_matplotlib() -> None:
    """See that pictures can be drawn.

    Raises
    ------
    DependencyMissing
        When matplotlib is not installed.
    """
    if find_spec("matplotlib") is None:
        raise DependencyMissing(
            "drawing needs matplotlib, which is not installed",
            next_step="Install it (pip install matplotlib), or leave --output out.",
        )
