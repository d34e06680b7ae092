"""From the library of another program to a manifest and a file of scores.

Both are written row by row: what is held in memory of a library is 16 bytes of each file's id.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from segue.cli.whole_file import WholeFile
from segue.errors import InvalidArgument, SourceError
from segue.ingest_jobs import IngestItem, uri_track_id
from segue.library.left_out import PATHS_KEPT, Problem
from segue.library.places import path_below, path_of, uri_of
from segue.library.players.tracks import LibraryTrack
from segue.library.spellings import file_spelt
from segue.limits import TEXT_BYTES, checked_uri, cleaned_metadata
from segue.ranking.scores_file import HEADER
from segue.texts import cleaned, cut
from segue.tracks import TrackMetadata

_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\|//")


class LibraryFileMissing(SourceError):
    """A file that a library names is not where it says."""

    next_step = (
        "Where this machine has the music elsewhere, say so: --map /their/folder=/folder/here. "
        "Otherwise let the program scan its library again."
    )


@dataclass(frozen=True, slots=True)
class Paths:
    """Where the files of a library are on this machine.

    Attributes
    ----------
    folder
        Where relative paths begin.
    moved
        Folders there, and here.
    check
        Whether a file must be there.
    """

    folder: str
    moved: Sequence[tuple[str, str]] = ()
    check: bool = True

    def here(self, path: str) -> str:
        """Absolute path on this machine of a path of the library.

        Raises
        ------
        LibraryFileMissing
            When there is none.
        """
        if "\0" in path:  # of a broken database
            raise LibraryFileMissing(f"{path!r} is no path")
        place = self._moved(path)
        if _WINDOWS.match(place):
            raise LibraryFileMissing(f"{path!r} is a path of another machine")
        place = path_below(self.folder, place)
        if not self.check:
            return place
        found = file_spelt(place)
        if found is None or not Path(found).is_file():
            raise LibraryFileMissing(f"no such file: {place!r}")
        return found

    def _moved(self, path: str) -> str:
        for theirs, ours in self.moved:
            start = theirs.rstrip("/\\")
            windows = bool(_WINDOWS.match(theirs))
            if windows:
                # Windows takes both slashes, and does not tell letters by their case.
                plain, start = path.replace("\\", "/"), start.replace("\\", "/")
                same = plain.lower().startswith(start.lower())
            else:
                plain, same = path, path.startswith(start)
            rest = plain[len(start) :]
            if same and (not rest or rest[0] == "/"):
                return path_below(ours, rest.lstrip("/"))
        return path


@dataclass(slots=True)
class Converted:
    """What became of a library.

    Attributes
    ----------
    tracks
        Files in the manifest.
    likings
        Rows of the scores.
    listeners
        Rows of the scores by listener.
    no_files
        Entries that are no files of music: addresses, videos, podcasts in a cloud.
    repeated
        Entries whose file another entry names too.
    missing
        Files that are not there, counted.
    problems
        Of those the first ones, or all.
    """

    tracks: int = 0
    likings: int = 0
    listeners: dict[str, int] = field(default_factory=dict)
    no_files: int = 0
    repeated: int = 0
    missing: int = 0
    problems: list[Problem] = field(default_factory=list)


def convert(
    tracks: Iterable[LibraryTrack],
    paths: Paths,
    *,
    manifest: Path | None,
    scores: Path | None,
    listener: str | None,
    overwrite: bool = False,
    keep_all: bool = False,
) -> Converted:
    """Write a manifest and scores; neither appears before both are whole.

    Parameters
    ----------
    listener
        Of a library with accounts, the only one to heed; else whose likings they are. None: all,
        and nobody's in particular.
    overwrite
        Replace what stands at the targets.
    keep_all
        Keep every problem, however many they are.

    Raises
    ------
    SegueError
        When the library breaks off, or a target cannot be written.
    """
    converted = Converted()
    seen: set[bytes] = set()
    with ExitStack() as open_files:
        wholes = [
            None if target is None else open_files.enter_context(WholeFile(target, overwrite))
            for target in (manifest, scores)
        ]
        lines, rows = (None if one is None else one.file for one in wholes)
        if rows is not None:
            csv.writer(rows, lineterminator="\n").writerow(HEADER)
        for track in tracks:
            if not track.path:
                converted.no_files += 1
                continue
            try:
                item = _item(track, paths)
            except (SourceError, InvalidArgument) as exc:
                converted.missing += 1
                if keep_all or len(converted.problems) < PATHS_KEPT:
                    converted.problems.append(Problem.of(track.path, exc))
                continue
            track_id = uri_track_id(item.uri)
            mark = bytes.fromhex(track_id.rpartition("-")[2])
            if mark in seen:
                converted.repeated += 1
                continue
            seen.add(mark)
            converted.tracks += 1
            if lines is not None:
                lines.write(json.dumps(_line(item)) + "\n")
            _score(track, track_id, rows, listener, converted)
        for whole in wholes:
            if whole is not None:
                whole.finish()
    return converted


def _item(track: LibraryTrack, paths: Paths) -> IngestItem:
    uri = uri_of(paths.here(track.path))
    metadata = track.metadata
    if metadata != TrackMetadata():
        metadata = cleaned_metadata(metadata)
    return IngestItem("", checked_uri(uri), metadata)


def _line(item: IngestItem) -> dict[str, object]:
    """A line of a manifest that is read as what it says: paths lose spaces at their ends there."""
    path = path_of(item.uri) or ""
    plain = path == path.strip() and "://" not in path
    place = {"path": path} if plain else {"uri": item.uri}
    return {**place, **item.metadata.given()}


def _score(
    track: LibraryTrack,
    track_id: str,
    rows: TextIO | None,
    listener: str | None,
    converted: Converted,
) -> None:
    for liking in track.likings:
        if listener is not None and liking.listener not in ("", listener):
            continue
        score = liking.score()
        if score is None:
            continue
        user = cut(cleaned(liking.listener or listener or ""), TEXT_BYTES["user_id"])
        converted.likings += 1
        converted.listeners[user] = converted.listeners.get(user, 0) + 1
        if rows is not None:
            csv.writer(rows, lineterminator="\n").writerow([user, track_id, round(score, 4)])
