"""What a client has and takes, as the headers of its request say (RFC 9110, sections 12 and 13)."""

from __future__ import annotations

import re

from starlette.datastructures import Headers

_NEVER = re.compile(r"q=0(\.0*)?")


def accepts_gzip(headers: Headers) -> bool:
    """Whether ``Accept-Encoding`` takes gzip."""
    for part in headers.get("accept-encoding", "").lower().split(","):
        name, _, parameter = part.partition(";")
        if name.strip() in ("gzip", "*"):
            return not _NEVER.fullmatch(parameter.strip())
    return False


def is_known(headers: Headers, etag: str) -> bool:
    """Whether the client has it already, as its ``If-None-Match`` says."""
    told = headers.get("if-none-match", "")
    tags = [one.strip().removeprefix("W/") for one in told.split(",")]
    return told.strip() == "*" or etag in tags
