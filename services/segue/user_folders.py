"""Where Segue keeps files of a user's own: the folder ``segue`` in the user's XDG directories."""

from __future__ import annotations

import os
from pathlib import Path


def data_folder() -> Path:
    """What must not be lost: ``$XDG_DATA_HOME``, else ``~/.local/share``."""
    return _folder("XDG_DATA_HOME", "~/.local/share")


def state_folder() -> Path:
    """What a next run is quicker by: ``$XDG_STATE_HOME``, else ``~/.local/state``."""
    return _folder("XDG_STATE_HOME", "~/.local/state")


def cache_folder() -> Path:
    """What can be fetched again: ``$XDG_CACHE_HOME``, else ``~/.cache``."""
    return _folder("XDG_CACHE_HOME", "~/.cache")


def _folder(variable: str, default: str) -> Path:
    return Path(os.environ.get(variable) or default).expanduser() / "segue"
