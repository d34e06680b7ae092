"""Without pyarrow, commands say what to install."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner

from segue import installed
from segue.cli import main


@pytest.mark.parametrize("command", ["export", "import"])
def test_a_missing_pyarrow_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str
) -> None:
    monkeypatch.setattr(
        installed, "find_spec", lambda name: None if name == "pyarrow" else find_spec(name)
    )
    path = tmp_path / "a.parquet"
    path.touch()
    result = CliRunner().invoke(main, [command, str(path)])
    assert result.exit_code == 1
    assert "need pyarrow, which is not installed [DEPENDENCY_MISSING]" in result.stderr
    assert f"{sys.executable} -m pip install pyarrow" in result.stderr
