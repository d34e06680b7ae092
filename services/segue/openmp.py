"""Whether the library of compilers is there that implicit and LightGBM are linked with."""

from __future__ import annotations

import ctypes
import sys

from segue.errors import DependencyMissing


def require_openmp() -> None:
    """See that libraries that compute in parallel can be loaded.

    Raises
    ------
    DependencyMissing
        When a Linux machine has no ``libgomp``, which their wheels do not carry.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        ctypes.CDLL("libgomp.so.1")
    except OSError as exc:
        raise DependencyMissing(
            "this machine lacks libgomp, which implicit and lightgbm are linked with",
            next_step="Install it: apt-get install libgomp1 (dnf install libgomp).",
        ) from exc
