"""Tests that render want programs outside Python, which not every machine has."""

from __future__ import annotations

import pytest

from segue.errors import DependencyMissing
from segue.trainer.corpus import external_programs


@pytest.fixture
def installed():
    try:
        external_programs.require_programs()
    except DependencyMissing as missing:
        pytest.skip(f"{missing}: {missing.next_step}")
