"""Words by which tracks are found: folded and split in one way, for storing and for asking.

Case, accents and the ways to write one letter do not matter. Punctuation splits, and what it held
together is a word too: AC/DC has ``ac``, ``dc`` and ``acdc``. Where a script sets no spaces between
words, each pair of letters that follow one another stands for a word.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import zip_longest

from segue.file_names import file_name_of
from segue.tracks import Track

RULE = "2"
"""Changes with whatever makes other words of the same text, or another order of the same texts:
what is stored of them is then made anew."""

LONGEST_WORD = 64
"""Characters of a word that count; what follows them is not looked at."""

MOST_STORED = 512
"""Words of a track, from title, artists, album artist and album in this order; further ones are
left out."""

# What Unicode holds for letters of their own, and people type without their strokes.
_LETTERS = str.maketrans(
    {
        "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ŋ": "n", "ŧ": "t", "ɨ": "i",
        "ĸ": "k", "ə": "e", "æ": "ae", "œ": "oe", "þ": "th", "ƒ": "f", "ɓ": "b", "ɗ": "d",
        "ɛ": "e", "ɔ": "o", "ƙ": "k", "ƴ": "y",
        # Arabic and Persian keyboards write the same letter by different signs.
        "ي": "ی", "ى": "ی", "ك": "ک", "ة": "ه",
        # Letters to stretch a word, and signs that nobody sees.
        **dict.fromkeys("\u0640\u00ad\u200b\u200c\u200d\u2060\ufeff", ""),
        **dict.fromkeys(map(chr, range(0xFE00, 0xFE10)), ""),
        # Katakana as Hiragana.
        **{chr(sign): chr(sign - 0x60) for sign in range(0x30A1, 0x30F7)},
    }
)  # fmt: skip
_APOSTROPHES = str.maketrans(dict.fromkeys("’‘‛`´′ʼʻʹ＇", "'"))

_VOICING, _VIRAMA = 8, 9
"""Canonical classes of marks that make another letter, and not the same one with an accent."""

_UNSPACED = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3005, 0x3007), (0x3040, 0x30FF),
    (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF),
)  # fmt: skip
"""Thai and Lao, Myanmar, Khmer, Kana and Han."""


def fold(text: str) -> str:
    """A text in the form in which words are compared: small letters without accents, plain digits.

    Compatibility caseless matching (The Unicode Standard, D146) without accents and points, and
    with letters such as ``ø`` and ``ß`` as people type them.
    """
    if text.isascii():
        return text.lower().replace("`", "'")
    # Names of files may hold halves of surrogate pairs, which nothing can store.
    writable = text.encode("utf-8", "ignore").decode("utf-8").translate(_APOSTROPHES)
    decomposed = unicodedata.normalize("NFKD", writable).casefold()
    plain = "".join(map(_plain, unicodedata.normalize("NFKD", decomposed)))
    # Letters of both tables may carry voicing marks, which belong to them only when composed.
    return unicodedata.normalize("NFC", plain).translate(_LETTERS)


def words_of(track: Track) -> list[str]:
    """Words that a track is found by, each once: of title, artists, album artist and album.

    Without a title it is called by its file.
    """
    metadata = track.metadata
    title = metadata.title or file_name_of(track.source_uri, track.file_name)
    texts = (title, metadata.artist, *metadata.artists, metadata.album_artist, metadata.album)
    found: dict[str, None] = {}
    for text in dict.fromkeys(texts):
        for word in _stored(text):
            if len(found) == MOST_STORED:
                return list(found)
            found[word] = None
    return list(found)


def words_asked(text: str) -> list[str]:
    """Words of a query, in its order: what a person takes for one.

    Signs count only where there is nothing else: ``÷`` is a title, but the dash of
    ``artist – title`` is none of its words.
    """
    chunks = fold(text).split()
    asked: list[str] = []
    for chunk in chunks:
        pieces = _pieces(chunk.replace("'", ""))
        if len(pieces) > 1 and all(len(piece) == 1 and not _is_unspaced(piece) for piece in pieces):
            pieces = ["".join(pieces)]  # R.E.M.
        asked += pieces
    return asked or chunks


def beginnings(text: str) -> list[str]:
    """What the words of a track have to begin with, each of it one word, for a query to find it."""
    parts: dict[str, None] = {}
    for word in words_asked(text):
        for run, unspaced in _runs(word):
            if unspaced and len(run) > 1:
                parts.update(dict.fromkeys(_pairs(run)))
            else:
                parts[run[:LONGEST_WORD]] = None
    # A word that begins with "beet" begins with "b" too.
    ordered = sorted(parts)
    return [
        part
        for part, following in zip_longest(ordered, ordered[1:], fillvalue="")
        if not following.startswith(part)
    ]


def found_by(track: Track, text: str) -> bool:
    """Whether a query finds a track: the meaning that every index has to reproduce."""
    words = words_of(track)
    return all(any(word.startswith(part) for word in words) for part in beginnings(text))


def _plain(sign: str) -> str:
    mark = unicodedata.combining(sign)
    if mark and mark not in (_VOICING, _VIRAMA):
        return ""
    digit = unicodedata.decimal(sign, None)
    return sign if digit is None else str(digit)


def _stored(text: str) -> Iterator[str]:
    chunks = fold(text).split()
    for chunk in chunks:
        pieces = _pieces(chunk.replace("'", ""))
        words = [*pieces, *_pieces(chunk)] if "'" in chunk else pieces
        for word in words:
            for run, unspaced in _runs(word):
                if not unspaced:
                    yield run[:LONGEST_WORD]
        joined = "".join(pieces)
        if not pieces:
            yield chunk[:LONGEST_WORD]
        elif len(pieces) > 1 and not any(map(_is_unspaced, joined)):
            yield joined[:LONGEST_WORD]
    # Names of people are written with a space between them or without.
    together = "".join(piece for chunk in chunks for piece in _pieces(chunk))
    for run, unspaced in _runs(together):
        if unspaced:
            yield from _pairs(run)
            yield run[-1]


def _pieces(chunk: str) -> list[str]:
    """A text without spaces, split at its punctuation."""
    return "".join(sign if _is_of_words(sign) else " " for sign in chunk).split()


def _pairs(run: str) -> Iterator[str]:
    return (run[first : first + 2] for first in range(len(run) - 1))


def _runs(word: str) -> Iterator[tuple[str, bool]]:
    """A word in pieces of one kind of script, and whether that one sets spaces."""
    start = 0
    for end in range(1, len(word) + 1):
        if end == len(word) or _is_unspaced(word[end]) != _is_unspaced(word[start]):
            yield word[start:end], _is_unspaced(word[start])
            start = end


@lru_cache(maxsize=4_096)
def _is_of_words(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LNM"


@lru_cache(maxsize=4_096)
def _is_unspaced(sign: str) -> bool:
    code = ord(sign)
    return any(first <= code <= last for first, last in _UNSPACED)
