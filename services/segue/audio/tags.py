"""Reading the tags that music files carry, whatever their format."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import mutagen

from segue.tracks import TrackMetadata, normalise_labels

_LONGEST = 1_000
"""Characters of a text tag that are kept: a longer one is damage."""

_MOST_LABELS = 32

# Vorbis comments and APE, ID3 frames, MP4 atoms: the same thing under three names.
_TITLE = ("title", "TIT2", "\xa9nam")
_ARTIST = ("artist", "TPE1", "\xa9ART", "albumartist", "TPE2", "aART")
_COMPOSER = ("composer", "TCOM", "\xa9wrt")
_ALBUM = ("album", "TALB", "\xa9alb")
_GENRE = ("genre", "TCON", "\xa9gen")
_MOOD = ("mood", "TMOO", "TXXX:MOOD", "TXXX:mood", "----:com.apple.iTunes:MOOD")
_YEAR = (
    "originaldate", "originalyear", "date", "year", "TDOR", "TORY", "TDRC", "TDRL", "TYER",
    "\xa9day",
)  # fmt: skip


def read_tags(source: Path | BinaryIO) -> TrackMetadata:
    """Read artist, title, album, genres, moods and year from a file's tags.

    A file without tags, with damaged tags, or of another kind gives empty metadata: tags are
    a convenience, and no reason to refuse a track.

    Parameters
    ----------
    source
        The file, or an open one (left at any position). One that cannot be read gives empty
        metadata too; decoding will report it.
    """
    try:
        file = mutagen.File(source)
        tags = None if file is None else file.tags
        return TrackMetadata() if tags is None else _metadata(tags)
    except Exception:  # parsers of damaged tags fail in ways they do not declare
        return TrackMetadata()


def read_composer(source: Path | BinaryIO) -> str:
    """Read the composer from a file's tags; empty where ``read_tags`` would find nothing.

    Parameters
    ----------
    source
        The file, or an open one (left at any position).
    """
    try:
        file = mutagen.File(source)
        return "" if file is None or file.tags is None else _first(file.tags, _COMPOSER)
    except Exception:  # parsers of damaged tags fail in ways they do not declare
        return ""


def _metadata(tags: Mapping[str, Any]) -> TrackMetadata:
    return TrackMetadata(
        title=_first(tags, _TITLE),
        artist=_first(tags, _ARTIST),
        album=_first(tags, _ALBUM),
        genres=_labels(tags, _GENRE),
        moods=_labels(tags, _MOOD),
        year=_year(tags),
    )


def _texts(tags: Mapping[str, Any], names: Iterable[str]) -> list[str]:
    """All values of the first of ``names`` that has any, as clean text."""
    for name in names:
        try:
            value = tags[name]
        except (KeyError, ValueError):
            continue
        # ID3v1 and ID3v2.3 number their genres; mutagen spells them out here alone.
        values = getattr(value, "genres", None) or getattr(value, "text", value)
        if isinstance(values, (str, bytes)):
            values = [values]
        texts = [_clean(item) for item in values]
        if any(texts):
            return [text for text in texts if text]
    return []


def _clean(value: object) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    printable = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(printable.split())[:_LONGEST]


def _first(tags: Mapping[str, Any], names: Iterable[str]) -> str:
    return next(iter(_texts(tags, names)), "")


def _labels(tags: Mapping[str, Any], names: Iterable[str]) -> tuple[str, ...]:
    """Labels in normal form; one tag often holds several, with ``;``, ``/`` or ``,`` between."""
    parts = (part for text in _texts(tags, names) for part in re.split(r"[;/,|\\]", text))
    return normalise_labels(list(parts))[:_MOST_LABELS]


def _year(tags: Mapping[str, Any]) -> int | None:
    for name in _YEAR:
        for text in _texts(tags, [name]):
            found = re.match(r"\s*([1-9]\d{3})(?!\d)", text)
            if found:
                return int(found[1])
    return None
