"""Recommenders that learn from listening: the only place with implicit."""

from __future__ import annotations

from importlib.util import find_spec

from segue.errors import DependencyMissing
from segue.openmp import require_openmp


def require_implicit() -> None:
    """See that factors can be learnt here; serving them needs none of it.

    Raises
    ------
    DependencyMissing
        When implicit, or a library that it needs, is not installed.
    """
    if find_spec("implicit") is None:
        raise DependencyMissing(
            "learning factors needs implicit, which is not installed",
            next_step="Install it: pip install 'segue[recommender]'",
        )
    require_openmp()
