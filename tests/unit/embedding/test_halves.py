"""Halves of an embedding: what is written is read, and what makes up no whole is refused."""

from __future__ import annotations

import pytest

from segue.embedding.halves import Half, halves_text, read_halves
from segue.errors import ModelMisconfigured


def test_what_is_written_is_read() -> None:
    halves = (Half("sound", 3, 0.4), Half("style", 5, 0.6))
    assert read_halves(halves_text(halves), 8) == halves
    assert read_halves("", 8) == ()


@pytest.mark.parametrize(
    "text",
    [
        "sound",
        "3",
        "[[1, 2]]",
        '[["sound", "three", 1.0]]',
        '[["sound", 3, 1.0]]',
        '[["sound", 3, 0.5], ["sound", 5, 0.5]]',
        '[["sound", 3, 0.5], ["style", 5, 0.6]]',
        '[["sound", 8, 1.0], ["style", 0, 0.0]]',
        '[["sound", 3, -0.5], ["style", 5, 1.5]]',
    ],
)
def test_what_makes_up_no_whole_is_refused(text: str) -> None:
    with pytest.raises(ModelMisconfigured, match="halves"):
        read_halves(text, 8)
