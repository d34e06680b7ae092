"""What long work tells of itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[float], None]
"""Told the share that is done, in [0, 1]; what it raises ends the work."""
