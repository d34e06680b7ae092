"""Reading the tags that music files carry, whatever their format.

Tags are as hostile as audio: hundreds of thousands of fields take the parser minutes. So reading
them is limited in processor time, and what they say in length.
"""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import BinaryIO

from segue.audio.comments import has_too_many_id3_fields
from segue.audio.separators import split_artists, split_genres
from segue.audio.tag_texts import TagTexts, read_tag_texts
from segue.errors import SourceNotReadable, SourceUnavailable
from segue.limits import cleaned_metadata
from segue.notation import year_of
from segue.tracks import TrackMetadata, normalise_labels

_LONGEST = 1_000
"""Characters of a text tag that are kept: a longer one is damage."""

_MOST_LABELS = 32

LIMIT_SECONDS = 1.0
"""Processor time that reading the tags of one file may take."""

_DATES = ("originaldate", "originalyear", "date", "year", "releasedate")
"""The first release goes before the one that the file is of."""

_EXPLICIT = {"1": True, "4": True, "2": False}
"""What iTunes writes: 4 in older files; 0 says nothing."""


def read_tags(source: Path | BinaryIO) -> TrackMetadata:
    """Read what a file's tags say, as :func:`segue.limits.cleaned_metadata` leaves it.

    A file without tags, with damaged tags, or of another kind gives empty metadata: tags are
    a convenience, and no reason to refuse a track. So does one whose tags take longer to read than
    ``LIMIT_SECONDS``; outside of a process's main thread that is not noticed.

    Parameters
    ----------
    source
        The file, or an open one (left at any position). A path that cannot be opened gives empty
        metadata too; decoding will report it.

    Raises
    ------
    SourceUnavailable, SourceNotReadable
        When an open file says so while it is read (:mod:`segue.media.local_files`).
    """
    return cleaned_metadata(_metadata(_texts(source)))


def read_composer(source: Path | BinaryIO) -> str:
    """Read the composer from a file's tags; empty where ``read_tags`` would find nothing.

    Parameters
    ----------
    source
        The file, or an open one (left at any position).
    """
    return _first(_texts(source), "composer")


def _texts(source: Path | BinaryIO) -> TagTexts:
    """Texts of a file's tags; empty where there are none, or where reading them fails."""
    try:
        if isinstance(source, Path):
            with source.open("rb") as file:
                return _limited_texts(file)
        return _limited_texts(source)
    except (SourceNotReadable, SourceUnavailable):
        raise  # what the file lies on fails: that says nothing of its tags
    except _TookTooLongError:
        return {}
    except Exception:  # parsers of damaged tags fail in ways they do not declare
        return {}


def _limited_texts(file: BinaryIO) -> TagTexts:
    if has_too_many_id3_fields(file):
        return {}
    with _limited(LIMIT_SECONDS):
        return read_tag_texts(file)


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


def _metadata(texts: TagTexts) -> TrackMetadata:
    artist, artists = _artists(texts)
    return TrackMetadata(
        title=_first(texts, "title"),
        artist=artist,
        album=_first(texts, "album"),
        genres=_labels(texts, "genre"),
        moods=_labels(texts, "mood"),
        year=_year(texts),
        artists=artists,
        album_artist=_first(texts, "albumartist"),
        isrc=_first(texts, "isrc"),
        musicbrainz_recording_id=_first(texts, "musicbrainztrackid"),
        musicbrainz_release_id=_first(texts, "musicbrainzalbumid"),
        musicbrainz_artist_ids=tuple(_names(texts, "musicbrainzartistid")),
        track_number=_whole(texts, "tracknumber"),
        disc_number=_whole(texts, "discnumber"),
        bpm=_number(texts, "bpm"),
        key=_first(texts, "initialkey"),
        language=_first(texts, "language"),
        explicit=_EXPLICIT.get(_first(texts, "itunesadvisory")),
        track_gain_db=_gain(texts),
    )


def _values(texts: TagTexts, name: str) -> list[str]:
    return [text[:_LONGEST] for text in texts.get(name, ())]


def _first(texts: TagTexts, name: str) -> str:
    return next(iter(_values(texts, name)), "")


def _names(texts: TagTexts, name: str) -> list[str]:
    """Each name: of several values, or of the only one."""
    values = _values(texts, name)
    return split_artists(values[0]) if len(values) == 1 else values


def _artists(texts: TagTexts) -> tuple[str, tuple[str, ...]]:
    """The artists as they are shown together, and each of them."""
    shown = "artist" if "artist" in texts else "albumartist"
    values = _values(texts, shown)
    artists = _names(texts, "artists") or _names(texts, shown)
    return values[0] if len(values) == 1 else "", tuple(artists)


def _labels(texts: TagTexts, name: str) -> tuple[str, ...]:
    values = _values(texts, name)
    return normalise_labels(split_genres(values[0]) if len(values) == 1 else values)[:_MOST_LABELS]


def _year(texts: TagTexts) -> int | None:
    for name in _DATES:
        for text in texts.get(name, ()):
            year = year_of(text)
            if year is not None:
                return year
    return None


def _whole(texts: TagTexts, name: str) -> int | None:
    """The number at the start: of ``3/12`` the first."""
    found = re.match(r"0*(\d{1,9})(?!\d)", _first(texts, name))
    return int(found[1]) if found else None


def _number(texts: TagTexts, name: str) -> float | None:
    found = re.match(r"[+-]?\d{1,9}(?:[.,]\d{1,9})?(?!\d)", _first(texts, name))
    return float(found[0].replace(",", ".")) if found else None


def _gain(texts: TagTexts) -> float | None:
    for name in ("replaygaintrackgain", "rva2"):
        gain = _number(texts, name)
        if gain is not None:
            return gain
    # In 256ths of a dB, to -23 LUFS (RFC 7845, 5.2.1): ReplayGain's level is 5 dB higher.
    above = _number(texts, "r128trackgain")
    return None if above is None else above / 256 + 5
