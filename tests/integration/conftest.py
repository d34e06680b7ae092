"""The catalogue of five, served."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from query_service import CATALOGUE, DIMENSION, Service, serve
from segue.index.exact import ExactIndex


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    index = ExactIndex(space="bands-v1", dimension=DIMENSION)
    await index.upsert(CATALOGUE)
    async for running in serve(index, tmp_path):
        yield running
