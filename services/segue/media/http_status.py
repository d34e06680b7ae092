"""What HTTP statuses say of a source."""

from __future__ import annotations

_NOT_NOW = frozenset({408, 425, 429})


def may_pass(status: int) -> bool:
    """Whether a request that was answered so may succeed later: RFC 9110, 6585 and 8470."""
    return status >= 500 or status in _NOT_NOW
