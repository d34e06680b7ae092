"""Reading the tags that music files carry, whatever their format.

Tags are as hostile as audio: hundreds of thousands of fields take the parser minutes. So reading
them is limited in processor time, and what they say in length.
"""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import Any, BinaryIO

import mutagen

from segue.audio.comments import has_too_many_id3_fields
from segue.tracks import TrackMetadata, normalise_labels

_LONGEST = 1_000
"""Characters of a text tag that are kept: a longer one is damage."""

_MOST_LABELS = 32
_MOST_VALUES = 64
"""Values of one field that are looked at."""

LIMIT_SECONDS = 1.0
"""Processor time that reading the tags of one file may take."""

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
    a convenience, and no reason to refuse a track. So does one whose tags take longer to read than
    ``LIMIT_SECONDS``; outside of a process's main thread that is not noticed.

    Parameters
    ----------
    source
        The file, or an open one (left at any position). One that cannot be read gives empty
        metadata too; decoding will report it.
    """
    try:
        if _is_overfull(source):
            return TrackMetadata()
        with _limited(LIMIT_SECONDS):
            file = mutagen.File(source)
            tags = None if file is None else file.tags
            return TrackMetadata() if tags is None else _metadata(tags)
    except _TookTooLongError:
        return TrackMetadata()
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
        if _is_overfull(source):
            return ""
        with _limited(LIMIT_SECONDS):
            file = mutagen.File(source)
            return "" if file is None or file.tags is None else _first(file.tags, _COMPOSER)
    except _TookTooLongError:
        return ""
    except Exception:  # parsers of damaged tags fail in ways they do not declare
        return ""


def _is_overfull(source: Path | BinaryIO) -> bool:
    if not isinstance(source, Path):
        return has_too_many_id3_fields(source)
    with source.open("rb") as file:
        return has_too_many_id3_fields(file)


class _TookTooLongError(BaseException):
    """Reading took longer than allowed; not an ``Exception``, which parsers swallow."""


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Break off what uses more processor time than this.

    By a signal, which Python delivers to the main thread alone. Its processes (of the worker, and
    those that decode) do nothing else by this timer.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def break_off(_number: int, _frame: FrameType | None) -> None:
        raise _TookTooLongError

    before = signal.signal(signal.SIGPROF, break_off)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


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
        texts = [_clean(item) for item in islice(values, _MOST_VALUES)]
        if any(texts):
            return [text for text in texts if text]
    return []


def _clean(value: object) -> str:
    if isinstance(value, bytes):
        text = value[: 4 * _LONGEST].decode("utf-8", "replace")
    else:
        text = str(value)[: 4 * _LONGEST]
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
