"""Catalogues as Parquet files: the only place with pyarrow."""

from __future__ import annotations

from importlib.util import find_spec

from segue.errors import DependencyMissing


def require_pyarrow() -> None:
    """See that Parquet can be read and written here; the modules of this package need it.

    Raises
    ------
    DependencyMissing
        When pyarrow is not installed.
    """
    if find_spec("pyarrow") is None:
        raise DependencyMissing(
            "Parquet files need pyarrow, which is not installed",
            next_step="Install it: pip install pyarrow",
        )
