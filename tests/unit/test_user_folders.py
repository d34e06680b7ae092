"""Folders of a user's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from segue.user_folders import cache_folder, data_folder, state_folder


@pytest.mark.parametrize(
    ("folder", "variable", "default"),
    [
        (data_folder, "XDG_DATA_HOME", ".local/share"),
        (state_folder, "XDG_STATE_HOME", ".local/state"),
        (cache_folder, "XDG_CACHE_HOME", ".cache"),
    ],
)
def test_folders_follow_xdg(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    folder: Callable[[], Path],
    variable: str,
    default: str,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for unset in ("", None):
        if unset is None:
            monkeypatch.delenv(variable)
        else:
            monkeypatch.setenv(variable, unset)
        assert folder() == tmp_path / default / "segue"
    monkeypatch.setenv(variable, str(tmp_path / "elsewhere"))
    assert folder() == tmp_path / "elsewhere" / "segue"
