"""What clients say that they take, and what they have."""

from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from segue.web.negotiation import accepts_gzip, is_known


@pytest.mark.parametrize(
    ("told", "known"),
    [
        ('"now"', True),
        ('W/"now"', True),
        ('"then", "now"', True),
        ("*", True),
        ('"then"', False),
        ("", False),
    ],
)
def test_what_the_client_has(told: str, known: bool) -> None:
    assert is_known(Headers({"if-none-match": told}), '"now"') is known


@pytest.mark.parametrize(
    ("told", "taken"),
    [
        ("br, gzip;q=0.5", True),
        ("*", True),
        ("GZIP", True),
        ("", False),
        ("gzip;q=0, br", False),
        ("x-gzip", False),
    ],
)
def test_what_the_client_takes(told: str, taken: bool) -> None:
    assert accepts_gzip(Headers({"accept-encoding": told})) is taken
