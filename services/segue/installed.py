"""Whether an optional package is installed."""

from __future__ import annotations

from importlib.util import find_spec

from segue.errors import DependencyMissing


def require_package(name: str, purpose: str, next_step: str) -> None:
    """See that a package can be imported.

    Parameters
    ----------
    purpose
        What wants it, such as ``Parquet files need``.
    next_step
        How it is installed, or done without.

    Raises
    ------
    DependencyMissing
        When it is not installed.
    """
    if find_spec(name) is None:
        raise DependencyMissing(f"{purpose} {name}, which is not installed", next_step=next_step)
