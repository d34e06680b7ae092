"""Several labels or names in one text: where it is cut, and where it never is.

Only what a tag holds as a single text is cut. A tag of several values says itself where each ends.
"""

from __future__ import annotations

import re

WHOLE_GENRES = (
    "alternative/indie", "christian/gospel", "comedy/spoken", "dance/electronic",
    "folk, world & country", "folk, world, & country", "funk / soul", "funk/soul", "hip hop/rap",
    "hip-hop/rap", "pop/rock", "r&b / soul", "r&b/hip-hop", "r&b/soul", "rap/hip hop",
    "rap/hip-hop", "singer/songwriter", "soundtracks/cast albums",
)  # fmt: skip
"""Single genres of well-known lists (Discogs, iTunes, AllMusic, Billboard) that hold separators."""

_GENRE_SEPARATORS = r";/,|\\"
_ARTISTS = re.compile(r"\s*;\s*|\s+/\s+|\s*\\\\\s*")

_WHOLE = "|".join(
    re.escape(name).replace(r"\ ", r"\s+") for name in sorted(WHOLE_GENRES, key=len, reverse=True)
)
_GENRES = re.compile(
    rf"\s*((?:{_WHOLE})(?=\s*(?:[{_GENRE_SEPARATORS}]|$))|[^{_GENRE_SEPARATORS}]+)", re.IGNORECASE
)


def split_genres(text: str) -> list[str]:
    """Genres or moods of one text: cut at ``;``, ``/``, ``,``, ``|`` and a backslash.

    Names of ``WHOLE_GENRES`` stay whole, and so does an enumeration that ends with ``&`` or ``and``
    (``Folk, World, & Country``), wherever no other separator stands in it.
    """
    return [
        label for part in re.split(r"[;|\\]", text) for label in _enumerated(part) if label.strip()
    ]


def split_artists(text: str) -> list[str]:
    r"""Artists of one text: cut at ``;``, at ``/`` between spaces, and at ``\\``.

    A bare ``/``, a comma, ``&`` and ``feat.`` may be parts of a name (``AC/DC``, ``Earth, Wind &
    Fire``).
    """
    return [name for name in _ARTISTS.split(text) if name.strip()]


def _enumerated(text: str) -> list[str]:
    if re.search(r",\s*(?:&|and\b)", text, re.IGNORECASE) and "/" not in text:
        return [text.strip()]
    return [found[1].strip() for found in _GENRES.finditer(text)]
