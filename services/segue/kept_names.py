"""Addresses of kept uploads, ``kept://<SHA-256>``. No I/O."""

from __future__ import annotations

import re

SCHEME = "kept"

_DIGEST = re.compile(r"[0-9a-f]{64}")


def is_digest(text: str) -> bool:
    """Whether a text is a SHA-256 as it is written here."""
    return bool(_DIGEST.fullmatch(text))


def kept_uri(sha256: str) -> str:
    """Address of a kept upload with this content."""
    return f"{SCHEME}://{sha256}"


def kept_digest(uri: str) -> str | None:
    """SHA-256 of the content that an address of a kept upload names; None for any other URI."""
    scheme, mark, digest = uri.partition("://")
    return digest if mark and scheme == SCHEME and is_digest(digest) else None
