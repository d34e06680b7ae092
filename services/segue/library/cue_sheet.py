"""Cue sheets: where in a long file each track begins, and what it is called.

The language of CDRWIN's user guide, appendix A, as other programs write it. Of what it knows, that
is read which says where tracks are and what they are called.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from segue.audio.separators import split_genres
from segue.errors import SourceError
from segue.library.sheet_encoding import decoded_sheet
from segue.limits import cleaned_metadata
from segue.notation import year_of
from segue.tracks import TrackMetadata

LARGEST_SHEET_BYTES = 512 * 1024
"""A sheet of 99 tracks has some 15 KB."""

MOST_SHEET_TRACKS = 999
"""Also the most files that a sheet may name."""

LATEST_SECONDS = 1_000_000.0
"""Before which a track begins: later places have no name (:mod:`segue.media_fragments`)."""

_FRAMES_PER_SECOND = 75
_TIME = re.compile(r"(\d{1,4}):(\d{1,2}):(\d{1,2})\Z")
_GAIN = re.compile(r"[+-]?\d{1,3}(?:\.\d+)?")
_LONGEST_TEXT = 1_000


class CueSheetBroken(SourceError):
    """A cue sheet that does not say where its tracks are."""

    reason = "CUE_SHEET_BROKEN"
    next_step = "Correct the sheet or remove it; until then its file is one track."


@dataclass(slots=True)
class SheetTrack:
    """A track of a sheet.

    Attributes
    ----------
    start_seconds
        Where it begins in its file (INDEX 01); None: the sheet does not say.
    is_audio
        Whether it is sound; a CD may hold data in a track of its own.
    """

    number: int
    is_audio: bool = True
    title: str = ""
    performer: str = ""
    isrc: str = ""
    gain: str = ""
    start_seconds: float | None = None


@dataclass(slots=True)
class SheetFile:
    """A file that a sheet names, with the tracks that begin in it, in order."""

    name: str
    tracks: list[SheetTrack] = field(default_factory=list)


@dataclass(slots=True)
class CueSheet:
    """What a sheet says.

    Attributes
    ----------
    title, performer
        Of the album.
    remarks
        What stands behind ``REM DATE``, ``REM GENRE`` and the like, by name.
    """

    files: list[SheetFile] = field(default_factory=list)
    title: str = ""
    performer: str = ""
    remarks: dict[str, str] = field(default_factory=dict)

    def metadata(self, track: SheetTrack | None) -> TrackMetadata:
        """What it says of one of its tracks; of None: what it says of all of them."""
        told = track or SheetTrack(0)
        return cleaned_metadata(
            TrackMetadata(
                title=told.title,
                artist=told.performer or self.performer,
                album=self.title,
                genres=tuple(split_genres(self.remarks.get("GENRE", ""))),
                year=year_of(self.remarks.get("DATE", "")),
                album_artist=self.performer,
                isrc=told.isrc,
                track_number=told.number or None,
                disc_number=_whole(self.remarks.get("DISCNUMBER", "")),
                track_gain_db=_gain(told.gain),
            )
        )


def read_sheet(content: bytes) -> CueSheet:
    """Read a sheet, whatever its encoding.

    Raises
    ------
    CueSheetBroken
        When it is too large, or as :func:`parse_sheet`.
    """
    if len(content) > LARGEST_SHEET_BYTES:
        raise CueSheetBroken(f"it has over {LARGEST_SHEET_BYTES} bytes, more than any cue sheet")
    return parse_sheet(decoded_sheet(content))


def parse_sheet(text: str) -> CueSheet:
    """Read the text of a sheet.

    Raises
    ------
    CueSheetBroken
        When it names no track, when a track has no place, one before the track in front of it, or
        one that is no time, and when there are over ``MOST_SHEET_TRACKS`` of tracks or files.
    """
    reader = _Reader()
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            reader.read(line.strip())
        except ValueError as exc:
            raise CueSheetBroken(f"line {number}: {exc}") from exc
    return reader.finished()


def check_order(sheet: CueSheet) -> None:
    """See that each track of a file begins behind the one in front of it.

    Raises
    ------
    CueSheetBroken
        When one does not, or begins after ``LATEST_SECONDS``.
    """
    for file in sheet.files:
        before = -1.0
        for track in file.tracks:
            start = track.start_seconds
            if start is None:
                raise CueSheetBroken(f"track {track.number} has no INDEX 01")
            if start >= LATEST_SECONDS:
                raise CueSheetBroken(f"track {track.number} begins at {start:.0f} s")
            if start <= before:
                raise CueSheetBroken(
                    f"track {track.number} begins at {start:.2f} s, not behind the track before it "
                    f"({before:.2f} s)"
                )
            before = start


class _Reader:
    def __init__(self) -> None:
        self._sheet = CueSheet()
        self._track: SheetTrack | None = None
        self._tracks: list[SheetTrack] = []

    def read(self, line: str) -> None:
        command, _, rest = line.partition(" ")
        read = _COMMANDS.get(command.upper())
        if read is not None:
            read(self, rest.strip())

    def finished(self) -> CueSheet:
        if not self._tracks:
            raise CueSheetBroken("it names no track")
        for track in self._tracks:
            if track.start_seconds is None and track.is_audio:
                raise CueSheetBroken(f"track {track.number} has no INDEX 01")
        check_order(self._sheet)
        return self._sheet

    def file(self, rest: str) -> None:
        name = _quoted(rest) if '"' in rest else rest.rpartition(" ")[0] or rest
        if not name:
            raise ValueError("FILE names no file")
        if len(self._sheet.files) >= MOST_SHEET_TRACKS:
            raise ValueError(f"more than {MOST_SHEET_TRACKS} files")
        self._sheet.files.append(SheetFile(name))

    def track(self, rest: str) -> None:
        number, _, kind = rest.partition(" ")
        if not re.fullmatch(r"\d{1,3}", number):
            raise ValueError(f"TRACK {rest[:40]!r} has no number")
        if len(self._tracks) >= MOST_SHEET_TRACKS:
            raise ValueError(f"more than {MOST_SHEET_TRACKS} tracks")
        self._track = SheetTrack(int(number), kind.strip().upper() in ("", "AUDIO"))
        self._tracks.append(self._track)

    def index(self, rest: str) -> None:
        number, _, time = rest.partition(" ")
        if not number.isdecimal() or int(number) != 1:
            return  # the pause before a track belongs to the one in front of it
        if self._track is None:
            raise ValueError("INDEX before the first TRACK")
        if self._track.start_seconds is not None:
            raise ValueError(f"track {self._track.number} has a second INDEX 01")
        if not self._sheet.files:
            raise ValueError("INDEX before the first FILE")
        self._track.start_seconds = _seconds(time.strip())
        # Between a track's number and its start another file may begin.
        self._sheet.files[-1].tracks.append(self._track)

    def title(self, rest: str) -> None:
        (self._track or self._sheet).title = _quoted(rest)

    def performer(self, rest: str) -> None:
        (self._track or self._sheet).performer = _quoted(rest)

    def isrc(self, rest: str) -> None:
        if self._track is not None:
            self._track.isrc = _quoted(rest)

    def remark(self, rest: str) -> None:
        name, _, value = rest.partition(" ")
        if self._track is None:
            self._sheet.remarks.setdefault(name.upper(), _quoted(value.strip()))
        elif name.upper() == "REPLAYGAIN_TRACK_GAIN":
            self._track.gain = _quoted(value.strip())


_COMMANDS = {
    "FILE": _Reader.file,
    "TRACK": _Reader.track,
    "INDEX": _Reader.index,
    "TITLE": _Reader.title,
    "PERFORMER": _Reader.performer,
    "ISRC": _Reader.isrc,
    "REM": _Reader.remark,
}


def _quoted(text: str) -> str:
    """What stands between the first quotation mark and the last, or all where there is none."""
    first, last = text.find('"'), text.rfind('"')
    inner = text[first + 1 : last] if first < last else text.replace('"', "")
    return inner.strip()[:_LONGEST_TEXT]


def _seconds(time: str) -> float:
    found = _TIME.match(time)
    minutes, seconds, frames = map(int, found.groups()) if found else (0, 60, 0)
    if seconds >= 60 or frames >= _FRAMES_PER_SECOND:
        raise ValueError(f"{time[:40]!r} is not minutes:seconds:frames")
    return 60 * minutes + seconds + frames / _FRAMES_PER_SECOND


def _whole(text: str) -> int | None:
    found = re.match(r"\d{1,3}", text)
    return int(found[0]) if found else None


def _gain(text: str) -> float | None:
    found = _GAIN.match(text)
    return float(found[0]) if found else None
