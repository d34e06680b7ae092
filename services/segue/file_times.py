"""Whether the time of change of a file says that it has not changed. No I/O."""

from __future__ import annotations

SETTLED_SECONDS = 2.0
"""A file that was changed so lately may change again without a trace: some file systems count time
in steps of two seconds."""


def is_settled(changed_ns: int, now_ns: int) -> bool:
    """Whether a file would show it if it changed again.

    Parameters
    ----------
    changed_ns, now_ns
        Nanoseconds since 1970: when the file was changed last, and when it was looked at.
    """
    return now_ns - changed_ns > SETTLED_SECONDS * 1e9
