"""Recommenders that learn from listening: the only place with implicit."""

from __future__ import annotations

from segue.installed import pip_install, require_package
from segue.openmp import require_openmp


def require_implicit() -> None:
    """See that factors can be learnt here; serving them needs none of it.

    Raises
    ------
    DependencyMissing
        When implicit, or a library that it needs, is not installed.
    """
    require_package(
        "implicit",
        "learning factors needs",
        f"Install it: {pip_install('segue[recommender]')}",
    )
    require_openmp()
