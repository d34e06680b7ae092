"""One spelling for what is written in many ways: names, years, ISRCs, MusicBrainz ids, keys.

Tags, manifests and filters meet here: what is spelt alike is the same.
"""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Callable, Mapping

EARLIEST_YEAR, LATEST_YEAR = 1000, 9999

# Neither a longer number nor a decade: "1990s" is no year.
_NO_MORE = r"(?!\d|['’]?s\b)"
_STANDALONE_YEAR = re.compile(rf"(?<!\d)[12]\d{{3}}{_NO_MORE}")
_LEADING_YEAR = re.compile(rf"[1-9]\d{{3}}{_NO_MORE}")
_COMPACT = re.compile(r"\d{8}")
_COMPACT_YEARS = range(1400, 2101)
"""Years that eight digits in a row are believed to name: others are more likely no date."""

_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}\d{7}")

NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
KEYS = (*NOTES, *(f"{note}m" for note in NOTES))
"""Every key in its one spelling, major ones first."""

_FLATS = {"Db": "C#", "Eb": "D#", "Gb": "F#", "Ab": "G#", "Bb": "A#", "Cb": "B", "Fb": "E"}
_SHARPS = {"E#": "F", "B#": "C"}
_KEY = re.compile(r"([A-G])(#|b|♯|♭|\s*sharp|\s*flat)?\s*([A-Z][A-Z ]*)?", re.IGNORECASE)
_MINOR_BY_MODE = {
    **dict.fromkeys(("", "maj", "major", "ionian", "lydian", "mixolydian", "pentatonic"), False),
    **dict.fromkeys(("m", "min", "minor", "aeolian", "dorian", "phrygian", "locrian"), True),
    **dict.fromkeys(("major pentatonic", "harmonic major"), False),
    **dict.fromkeys(("minor pentatonic", "blues"), True),
    **dict.fromkeys(("natural minor", "harmonic minor", "melodic minor"), True),
}
"""Whether the third of a mode or scale is a minor one: of major and minor, that decides."""

_WHEEL = re.compile(r"0?([1-9]|1[0-2])\s*([abmd])", re.IGNORECASE)


def text_key(text: str) -> str:
    """The form in which names and labels are compared and labels are stored.

    Without regard to case, to how an accented letter is composed, and to the width of spaces:
    Unicode's canonical caseless matching (The Unicode Standard, D145), in NFC.
    """
    folded = unicodedata.normalize("NFD", text).casefold()
    return " ".join(unicodedata.normalize("NFC", folded).split())


def year_of(date: str) -> int | None:
    """The year that a date of any usual form names, or None where that is not certain.

    A year of four digits at the start (``1995``, ``1995-10-03``, ``1995-00-00``), eight digits that
    are a date (``19951003``), or the only year that stands in the text (``Oct 3, 1995``,
    ``03/10/1995``, ``c. 1995``). Two digits name none: ``95`` may be anything.
    """
    text = unicodedata.normalize("NFKC", date).strip()
    text = "".join(str(unicodedata.digit(sign, sign)) for sign in text)
    if _COMPACT.fullmatch(text):
        return _compact_year(text)
    leading = _LEADING_YEAR.match(text)
    if leading:
        return int(leading[0])
    named = set(_STANDALONE_YEAR.findall(text))
    return int(named.pop()) if len(named) == 1 else None


def isrc_of(text: str) -> str:
    """An International Standard Recording Code (ISO 3901) of 12 signs, or "" where it is none."""
    code = re.sub(r"[\s-]", "", text.upper()).removeprefix("ISRC")
    return code if _ISRC.fullmatch(code) else ""


def musicbrainz_id_of(text: str) -> str:
    """A MusicBrainz id, as it is or at the end of its URL, or "" where it is none."""
    try:
        return str(uuid.UUID(text.strip().rstrip("/").rpartition("/")[2]))
    except ValueError:
        return ""


def key_of(text: str) -> str:
    """A musical key as ``C``, ``F#``, ``Am``, ``C#m``, or "" where it is none.

    Read are names (``A minor``, ``Bbm``), and the wheels that DJs use: Camelot's ``8A`` and the
    Open Key Notation's ``1m``, both of which are A minor. Other modes and scales (``E dorian``)
    count as major or minor by their third.
    """
    stripped = text.strip()
    wheel = _WHEEL.fullmatch(stripped)
    if wheel:
        return _wheel_key(int(wheel[1]), wheel[2].lower())
    named = _KEY.fullmatch(stripped)
    if named is None:
        return ""
    accidental = {"": "", "♯": "#", "sharp": "#", "♭": "b", "flat": "b"}
    sign = (named[2] or "").lower().strip()
    note = named[1].upper() + accidental.get(sign, sign)
    # "M" alone is major, "m" minor; in words the case says nothing.
    mode = "major" if named[3] == "M" else " ".join((named[3] or "").lower().split())
    minor = _MINOR_BY_MODE.get(mode)
    if minor is None:
        return ""
    return _FLATS.get(note, _SHARPS.get(note, note)) + ("m" if minor else "")


def language_of(text: str) -> str:
    """A language as the tags name it (``eng``, ``english``), in the form that is compared."""
    return text_key(text)


SPELLINGS: Mapping[str, Callable[[str], str]] = {
    "isrc": isrc_of,
    "musicbrainz_recording_id": musicbrainz_id_of,
    "musicbrainz_release_id": musicbrainz_id_of,
    "musicbrainz_artist_ids": musicbrainz_id_of,
    "key": key_of,
    "language": language_of,
}
"""Fields of metadata that have one spelling; "" says that a text is none of the kind."""


def _compact_year(digits: str) -> int | None:
    """Year of eight digits that are a date in one order only: YYYYMMDD, DDMMYYYY or MMDDYYYY."""
    years = set()
    if _is_day(digits[6:], digits[4:6]) and int(digits[:4]) in _COMPACT_YEARS:
        years.add(int(digits[:4]))
    day_and_month = _is_day(digits[:2], digits[2:4]) or _is_day(digits[2:4], digits[:2])
    if day_and_month and int(digits[4:]) in _COMPACT_YEARS:
        years.add(int(digits[4:]))
    return years.pop() if len(years) == 1 else None


def _is_day(day: str, month: str) -> bool:
    # "00" says that it is not known.
    return int(day) <= 31 and int(month) <= 12


def _wheel_key(hour: int, side: str) -> str:
    """Key at an hour of a wheel of fifths: ``a``/``b`` are Camelot's, ``m``/``d`` Open Key's."""
    fifths = hour - (8 if side in "ab" else 1)
    minor = side in "am"
    return NOTES[((9 if minor else 0) + 7 * fifths) % 12] + ("m" if minor else "")
