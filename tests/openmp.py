"""Skips tests where what recommenders learn with cannot be loaded."""

from __future__ import annotations

import pytest

from segue.errors import DependencyMissing
from segue.openmp import require_openmp


def skip_without_openmp() -> None:
    """Skip the module that calls it while it is imported, on a machine without ``libgomp``."""
    try:
        require_openmp()
    except DependencyMissing as missing:
        pytest.skip(f"{missing} {missing.next_step}", allow_module_level=True)
