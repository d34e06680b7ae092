"""Rankers that learn from what listeners chose: the only place with LightGBM."""

from __future__ import annotations

from segue.installed import pip_install, require_package
from segue.openmp import require_openmp


def require_lightgbm() -> None:
    """See that a ranker can be learned here; serving one needs none of it.

    Raises
    ------
    DependencyMissing
        When LightGBM, or a library that it needs, is not installed.
    """
    require_package(
        "lightgbm",
        "learning a ranker needs",
        f"Install it: {pip_install('segue[recommender]')}",
    )
    require_openmp()


def require_matplotlib() -> None:
    """See that pictures can be drawn.

    Raises
    ------
    DependencyMissing
        When matplotlib is not installed.
    """
    require_package(
        "matplotlib",
        "drawing needs",
        f"Leave --output out, or install it: {pip_install('matplotlib')}",
    )
