"""In which encoding a cue sheet is written: nothing in it says so.

UTF-8, or what a byte order mark says. What is neither was written by a Windows program in the
language of its user: Japanese, Chinese, or Western.
"""

from __future__ import annotations

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HIGH = re.compile(rb"[\x80-\xff]+")

_HANZI = re.compile(rb"(?:[\xa1-\xa9\xb0-\xf7][\xa1-\xfe])+")
_COMMON_HANZI = re.compile(rb"[\xb0-\xd7][\xa1-\xfe]")
"""GB 2312: signs and letters, and the ideographs; the common ones come first."""

_JAPANESE = re.compile(rb"(?:[\x81-\x9f\xe0-\xef][\x40-\x7e\x80-\xfc])+")
_KANA = re.compile(rb"\x82[\x9f-\xf1]|\x83[\x40-\x96]")


def decoded_sheet(content: bytes) -> str:
    """Text of a sheet; what cannot be decoded becomes U+FFFD."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    try:
        return content.decode()
    except UnicodeDecodeError:
        pass
    if _is_chinese(content):
        return content.decode("gb18030", "replace")
    if _is_japanese(content):
        return content.decode("cp932", "replace")
    return content.decode("cp1252", "replace")


def _is_chinese(content: bytes) -> bool:
    """Whether all that is not ASCII are pairs of GB 2312, most of them common ideographs.

    Western letters with accents seldom come in pairs, and never in such pairs alone.
    """
    runs: list[bytes] = _HIGH.findall(content)
    if not all(_HANZI.fullmatch(run) for run in runs):
        return False
    pairs = sum(len(run) for run in runs) // 2
    common = sum(
        bool(_COMMON_HANZI.fullmatch(run[at : at + 2]))
        for run in runs
        for at in range(0, len(run), 2)
    )
    return 2 * common > pairs


def _is_japanese(content: bytes) -> bool:
    """Whether it reads as Shift JIS: with kana, or with ideographs that follow one another.

    An apostrophe of Windows before a letter reads as one ideograph, but not as several.
    """
    try:
        content.decode("cp932")
    except UnicodeDecodeError:
        return False
    runs: list[bytes] = _JAPANESE.findall(content)
    if any(_KANA.search(run) for run in runs):
        return True
    long = sum(len(run) for run in runs if len(run) >= 4)
    return 2 * long > sum(map(len, runs))
