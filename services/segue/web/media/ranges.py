"""Which bytes of something a request wants (RFC 9110, section 14)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.datastructures import Headers

from segue.web.refusals import HttpRefusal

_ONE_RANGE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*\Z", re.IGNORECASE)


class RangeNotSatisfiable(HttpRefusal):
    """The bytes that are asked for lie behind the end."""

    status = 416
    reason = "RANGE_NOT_SATISFIABLE"
    next_step = "Ask for bytes that there are; Content-Range says how many."


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes from ``start`` on, ``length`` of them."""

    start: int
    length: int

    def content_range(self, size: int) -> str:
        """As ``Content-Range`` says it, of ``size`` bytes."""
        return f"bytes {self.start}-{self.start + self.length - 1}/{size}"


def wanted_range(headers: Headers, size: int, etag: str) -> ByteRange | None:
    """The bytes that a request wants; None: all of them.

    Several ranges at once, and what is no range, count as no wish, as they may.

    Parameters
    ----------
    size
        Bytes that there are.
    etag
        Strong entity tag of them as they are now, with its quotes: what ``If-Range`` has to name.

    Raises
    ------
    RangeNotSatisfiable
        When none of the bytes exist.
    """
    found = _ONE_RANGE.match(headers.get("range", ""))
    if found is None or headers.get("if-range", etag) != etag:
        return None
    first, last = found.groups()
    if not first and not last:
        return None
    if not first:
        length = min(int(last), size)
        start = size - length
    else:
        start = int(first)
        if last and int(last) < start:
            return None
        length = min(int(last) + 1 if last else size, size) - start
    if length <= 0:
        raise RangeNotSatisfiable(f"there are {size} bytes")
    return ByteRange(start, length)
