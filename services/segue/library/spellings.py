"""Names of files as other programs spell them: the same letters, composed otherwise."""

from __future__ import annotations

import os
import unicodedata


def file_spelt(path: str) -> str | None:
    """The path under which something lies there, or None.

    Programs of a Mac tell names with their accents apart (NFD), file systems elsewhere mostly have
    them composed (NFC).
    """
    spellings = [path]
    if not path.isascii():
        spellings += [unicodedata.normalize(form, path) for form in ("NFC", "NFD")]
    for spelling in spellings:
        try:
            os.stat(spelling)
        except (OSError, ValueError):
            continue
        return spelling
    return None
