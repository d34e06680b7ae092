"""Lengths and places in a track as people read them."""

from __future__ import annotations


def clock(seconds: float) -> str:
    """``3:05``: whole minutes and seconds."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"
