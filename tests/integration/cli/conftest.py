"""Commands against the catalogue of five."""

from __future__ import annotations

import pytest

from command_run import Run, against
from query_service import Service


@pytest.fixture
def run(service: Service, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "200")
    return against(service.address)
