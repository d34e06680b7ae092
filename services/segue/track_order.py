"""Orders of a catalogue: by a text or a number of its tracks, rising or falling.

Texts stand in the order of their letters and digits as people look for them: case, accents and
punctuation do not matter (:func:`segue.words.fold`). Tracks of which nothing is known come last
either way, and ties stand in the order that a catalogue has without any other one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from segue.file_names import file_name_of
from segue.tracks import Track
from segue.words import words_asked

TEXTS = ("title", "artist", "album")
NUMBERS = ("year", "duration_seconds", "ingested_at")
ORDERED_BY = (*TEXTS, *NUMBERS)
"""What tracks can be ordered by."""

LONGEST_TEXT = 200
"""Letters of a text that count; texts that differ behind them are ties."""

NUMBERS_OF_TEXTS = {"title": 3, "artist": 1, "album": 1}
"""How many of :func:`text_numbers` are held of a text. Thousands of titles may begin with the same
eight letters, as movements and chapters do; artists and albums that do are few."""

DIGITS = 8
"""Of each of :func:`text_numbers`, to the base 64: as many as a float64 holds exactly."""

_BASE = 64
_LETTER, _DIGIT = ord("a"), ord("0")
_PAIRS_FROM, _FIRST_OF_PAIRS, _TRIPLES = 0x80, 41, 62
_MOST_PAIRS = (_TRIPLES - _FIRST_OF_PAIRS) * _BASE


@dataclass(frozen=True, slots=True)
class TrackOrder:
    """An order of tracks.

    Attributes
    ----------
    by
        One of ``ORDERED_BY``.
    descending
        From the last to the first; ties and tracks of which nothing is known stay where they are.
    """

    by: str
    descending: bool = False

    @classmethod
    def of(cls, text: str) -> TrackOrder | None:
        """Read ``order_by`` as AIP-132 has it: a field, or a field and ``desc``; None: no order.

        Raises
        ------
        ValueError
            When it is something else.
        """
        words = text.split()
        if not words:
            return None
        if "," in text:
            raise ValueError("tracks are ordered by one field; ties have an order of their own")
        by, *direction = words
        if by not in ORDERED_BY:
            raise ValueError(f"there is no order by {by!r}: name one of {', '.join(ORDERED_BY)}")
        if direction not in ([], ["desc"], ["asc"]):
            raise ValueError(f"{' '.join(direction)!r} is no direction: say desc, or nothing")
        return cls(by, direction == ["desc"])


def order_place(track: Track, by: str) -> tuple[float, str] | None:
    """Where a track stands: a number, and behind it a text; None: nothing is known of it.

    Every index has to reproduce the order of these.
    """
    if by in TEXTS:
        text = order_text(track, by)
        return (text_numbers(text, 1)[0], text) if text else None
    number = order_number(track, by)
    return None if number is None else (number, "")


def order_text(track: Track, by: str) -> str:
    """Letters and digits that a track is ordered by; without a title it is called by its file."""
    text: str = getattr(track.metadata, by)
    if by == "title" and not text:
        text = file_name_of(track.source_uri, track.file_name)
    return " ".join(words_asked(text))[:LONGEST_TEXT].rstrip()


def order_number(track: Track, by: str) -> float | None:
    """Year, length in seconds, or microseconds since 1970 at which a track was ingested."""
    if by == "year":
        return track.metadata.year
    if by == "duration_seconds":
        return track.duration_seconds or None
    return None if track.ingested_at is None else round(track.ingested_at.timestamp() * 1e6)


def text_numbers(text: str, count: int) -> tuple[float, ...]:
    """The beginning of a text as whole numbers in [0, 2 ** 48), which rise together as texts do.

    Engines hold numbers in order, and no texts. Each holds eight letters of the Latin alphabet,
    four of the Greek, the Cyrillic and those beside them, two signs of all others; the next goes on
    where it ends.
    """
    digits: list[int] = []
    for sign in text:
        code, goes_on = _code(ord(sign))
        digits += code
        if not goes_on or len(digits) >= DIGITS * count:
            break
    digits += [0] * (DIGITS * count - len(digits))
    return tuple(
        _number(digits[first : first + DIGITS]) for first in range(0, DIGITS * count, DIGITS)
    )


def _number(digits: Sequence[int]) -> float:
    number = 0
    for digit in digits:
        number = number * _BASE + digit
    return float(number)


def _code(point: int) -> tuple[tuple[int, ...], bool]:
    """Digits of a code point, and whether they stand for it alone.

    Where they do not, what follows must not count: the text tells the rest.
    """
    if point == ord(" "):
        return (1,), True
    if _DIGIT <= point <= ord("9"):
        return (3 + point - _DIGIT,), True
    if _LETTER <= point <= ord("z"):
        return (14 + point - _LETTER,), True
    if point < _PAIRS_FROM:
        signs = (ord(" "), _DIGIT, _LETTER)
        return ((0, 2, 13, 40)[sum(point >= first for first in signs)],), False
    above = point - _PAIRS_FROM
    if above < _MOST_PAIRS:
        return (_FIRST_OF_PAIRS + above // _BASE, above % _BASE), True
    above -= _MOST_PAIRS
    most = _BASE**3 - 1
    clipped = min(above, most)
    return (
        (_TRIPLES, clipped // _BASE**2, clipped // _BASE % _BASE, clipped % _BASE),
        above < most,
    )
