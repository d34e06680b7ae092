"""Long files that cue sheets divide into tracks.

A sheet divides only files of its own folder and below it, and only those that were found there
anyway: what it says of other places is not followed. Programs write the names of files as they were
called before they were compressed, or on another machine; so a name is looked for without its
folders, without regard to case, with the suffix of any audio file, and at last under the name of
the sheet itself.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PureWindowsPath
from typing import Any

from segue.errors import SegueError
from segue.library.cue_sheet import (
    LARGEST_SHEET_BYTES,
    CueSheet,
    CueSheetBroken,
    SheetFile,
    SheetTrack,
    read_sheet,
)
from segue.library.embedded_sheets import embedded_sheet, may_hold_sheet
from segue.library.left_out import NotAFile, Problem
from segue.library.names import is_audio
from segue.library.walk import AudioFile
from segue.media_fragments import Part, divided
from segue.notation import text_key
from segue.tracks import TrackMetadata

HIDDEN_SECONDS = 20.0
"""Audio before the first track that is a track itself; what is shorter is a pause."""


@dataclass(frozen=True, slots=True)
class DividedTrack:
    """A part of a file, and what the sheet says of it."""

    part: Part
    metadata: TrackMetadata


@dataclass(frozen=True, slots=True)
class Division:
    """A file that is several tracks.

    Attributes
    ----------
    sheet
        Path of the sheet; that of the file itself where the sheet stands in it.
    """

    path: str
    sheet: str
    tracks: tuple[DividedTrack, ...]


@dataclass(slots=True)
class Divisions:
    """What came of the sheets of some folders.

    Attributes
    ----------
    files
        By path of the file.
    unused
        Sheets that divide nothing: their files are tracks already, or not there.
    problems
        Sheets that are broken.
    unsettled
        Files whose sheets are broken: nobody knows what is in them.
    """

    files: dict[str, Division] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unsettled: set[str] = field(default_factory=set)


def divide(
    sheets: Sequence[str],
    files: Mapping[str, AudioFile],
    *,
    seconds_of: Callable[[AudioFile], float],
    embedded_in: Callable[[AudioFile], tuple[DividedTrack, ...]] | None = None,
) -> Divisions:
    """Divide files by the sheets beside them, else by those within them.

    Parameters
    ----------
    sheets
        Paths of cue sheets.
    files
        What may be divided, by path.
    seconds_of
        Length of a file; infinite where it is not known for certain.
    embedded_in
        Tracks by the sheet within a file; empty: there is none. Raises ``SegueError`` for a broken
        one. None: nothing is remembered, so the files are looked into.
    """
    made = Divisions()
    folders = _Folders(files if sheets else ())
    for sheet in sorted(sheets):
        _divide_by(sheet, folders, files, seconds_of, made)
    look = embedded_in or (lambda file: read_embedded(file, seconds_of))
    for path, file in files.items():
        if path in made.files or not may_hold_sheet(path):
            continue
        try:
            tracks = look(file)
        except SegueError as exc:
            made.problems.append(Problem.of(path, exc))
            made.unsettled.add(path)
            continue
        if tracks:
            made.files[path] = Division(path, path, tracks)
    made.unsettled -= made.files.keys()
    return made


def read_embedded(
    file: AudioFile, seconds_of: Callable[[AudioFile], float]
) -> tuple[DividedTrack, ...]:
    """Tracks by the sheet within a file; empty where there is none, or the file is not readable.

    Raises
    ------
    CueSheetBroken
        When there is one that does not fit the file.
    """
    try:
        with open(file.path, "rb") as opened:
            sheet = embedded_sheet(opened)
    except OSError:
        return ()  # whoever takes the file will say so
    if sheet is None or len(sheet.files) != 1:
        return ()
    return _tracks(sheet, sheet.files[0], file, seconds_of)


def written(tracks: Iterable[DividedTrack]) -> str:
    """The tracks of a file as a text, to be remembered; empty where there are none."""
    told = [[track.part.fragment, track.metadata.given()] for track in tracks]
    return json.dumps(told) if told else ""


def read_back(text: str) -> tuple[DividedTrack, ...]:
    """What :func:`written` wrote."""
    if not text:
        return ()
    tracks = []
    for fragment, given in json.loads(text):
        fields: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in given.items()
        }
        tracks.append(DividedTrack(divided(fragment)[1] or Part(0.0), TrackMetadata(**fields)))
    return tuple(tracks)


def _divide_by(
    path: str,
    folders: _Folders,
    files: Mapping[str, AudioFile],
    seconds_of: Callable[[AudioFile], float],
    made: Divisions,
) -> None:
    try:
        sheet = read_sheet(_content(path))
    except OSError as exc:
        made.problems.append(Problem.unreadable(path, exc))
        made.unsettled.update(folders.namesakes(path))
        return
    except (CueSheetBroken, NotAFile) as exc:
        made.problems.append(Problem.of(path, exc))
        made.unsettled.update(folders.namesakes(path))
        return
    divides = False
    for part in sheet.files:
        found = folders.find(path, part.name, alone=len(sheet.files) == 1)
        if found is None or found in made.files:
            continue
        try:
            tracks = _tracks(sheet, part, files[found], seconds_of)
        except CueSheetBroken as exc:
            made.problems.append(Problem.of(path, exc))
            made.unsettled.add(found)
            divides = True
            continue
        if tracks:
            made.files[found] = Division(found, path, tracks)
            divides = True
    if not divides:
        made.unused.append(path)


def _content(path: str) -> bytes:
    # Opening a pipe would wait for somebody to write into it.
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise NotAFile(f"{path!r} is not a regular file")
    with open(path, "rb") as opened:
        return opened.read(LARGEST_SHEET_BYTES + 1)


def _tracks(
    sheet: CueSheet, told: SheetFile, file: AudioFile, seconds_of: Callable[[AudioFile], float]
) -> tuple[DividedTrack, ...]:
    """Tracks of a file by a sheet; empty where it is one track as it is.

    The pause before a track belongs to the one in front of it, as CD players count it.
    """
    found = list(_spans(told))
    if len(found) < 2:
        return ()
    last, seconds = found[-1][0].start_seconds, seconds_of(file)
    if last >= seconds:
        raise CueSheetBroken(
            f"a track begins at {last:.2f} s, behind the end of its file ({seconds:.2f} s)"
        )
    return tuple(DividedTrack(part, sheet.metadata(track)) for part, track in found)


def _spans(file: SheetFile) -> Iterator[tuple[Part, SheetTrack | None]]:
    starts = [track.start_seconds or 0.0 for track in file.tracks]
    if starts and starts[0] >= HIDDEN_SECONDS:
        yield Part(0.0, starts[0]), None
    for track, start, end in zip(file.tracks, starts, [*starts[1:], None], strict=True):
        if track.is_audio:
            yield Part(start, end), track


class _Folder:
    """Files of one folder by their names, as sheets name them."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.by_name: dict[str, str] = {}
        self.by_stem: dict[str, list[str]] = {}
        for path in paths:
            name = os.path.basename(path)
            self.by_name.setdefault(text_key(name), path)
            self.by_stem.setdefault(text_key(os.path.splitext(name)[0]), []).append(path)


class _Folders:
    """Files by folder; the names of those that sheets lead to are brought into one form."""

    def __init__(self, files: Iterable[str]) -> None:
        self._paths: dict[str, list[str]] = {}
        self._read: dict[str, _Folder] = {}
        for path in files:
            self._paths.setdefault(os.path.dirname(path), []).append(path)

    def find(self, sheet: str, name: str, *, alone: bool) -> str | None:
        """File that a sheet names; the sheet's namesake, where it names one file alone."""
        folder = os.path.dirname(sheet)
        # Windows takes both slashes, and what else a name holds is the same for both.
        words = PureWindowsPath(name)
        places = [os.path.join(folder, words.name)]
        if not words.drive and not words.root and ".." not in words.parts:
            places.insert(0, os.path.join(folder, *words.parts))
        for place in places:
            found = self._at(place)
            if found is not None:
                return found
        namesakes = self.namesakes(sheet) if alone else []
        return namesakes[0] if len(namesakes) == 1 else None

    def namesakes(self, sheet: str) -> list[str]:
        """Files that are called as a sheet is: by ``album.cue`` or ``album.flac.cue``."""
        folder, name = os.path.split(sheet)
        stem = os.path.splitext(name)[0]
        if is_audio(stem):
            stem = os.path.splitext(stem)[0]
        return self._folder(folder).by_stem.get(text_key(stem), [])

    def _at(self, place: str) -> str | None:
        folder, name = os.path.split(place)
        read = self._folder(folder)
        exact = read.by_name.get(text_key(name))
        if exact is not None:
            return exact
        same_stem = read.by_stem.get(text_key(os.path.splitext(name)[0]), [])
        return same_stem[0] if len(same_stem) == 1 else None

    def _folder(self, folder: str) -> _Folder:
        # Sheets may name any number of folders that are not there: nothing of those is kept.
        if folder not in self._paths:
            return _Folder(())
        if folder not in self._read:
            self._read[folder] = _Folder(self._paths[folder])
        return self._read[folder]
