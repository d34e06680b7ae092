"""Catalogues as Parquet files: the only place with pyarrow."""

from __future__ import annotations

from segue.installed import pip_install, require_package


def require_pyarrow() -> None:
    """See that Parquet can be read and written here; the modules of this package need it.

    Raises
    ------
    DependencyMissing
        When pyarrow is not installed.
    """
    require_package("pyarrow", "Parquet files need", f"Install it: {pip_install('pyarrow')}")
