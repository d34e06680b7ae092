"""Walking folders of music: every file that is taken, once, and word of all that is not.

A folder is known by device and inode, whatever leads to it, and so is a file of several names.
Links are followed when all folders have been walked, so that what lies there itself is counted
under its own name, and a link to it is not. What only a link leads to is named by the link.
"""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from segue.library import names
from segue.library.left_out import (
    BrokenLink,
    FormatNotTaken,
    LeftOut,
    NotAFile,
    Problem,
    Reason,
)
from segue.library.places import lies_below


@dataclass(frozen=True, slots=True)
class AudioFile:
    """A file as it was found; equal in all but its path: nobody has changed it.

    Attributes
    ----------
    path
        Of a part of a file that is a track, its place (:func:`segue.library.places.place_of`).
    size
        In bytes.
    changed_ns
        Time of its last change, in nanoseconds since 1970.
    by_link
        Whether a link is, or leads to, its path.
    """

    path: str
    size: int
    changed_ns: int
    inode: int
    by_link: bool = field(default=False, compare=False)

    @classmethod
    def of(cls, path: str, status: os.stat_result, *, by_link: bool = False) -> AudioFile:
        """The file that the system describes."""
        return cls(path, status.st_size, status.st_mtime_ns, status.st_ino, by_link)


class Walk:
    """One walk through folders.

    Parameters
    ----------
    roots
        Folders without links in their paths; taken whatever they are called.
    left_out
        Told of what is left out though nothing is wrong with it.
    used
        Paths of files that are used otherwise, such as the folders' manifests.

    Attributes
    ----------
    problems
        What looked like audio, or may have held some, and was not taken.
    sheets
        Paths of the cue sheets.
    unknown
        Paths at and below which nothing is known: of those, nothing can be said to be gone.
    """

    def __init__(
        self, roots: Iterable[str], left_out: LeftOut, *, used: Collection[str] = ()
    ) -> None:
        self.problems: list[Problem] = []
        self.unknown: list[str] = []
        self.sheets: list[str] = []
        self._roots = list(roots)
        self._left_out = left_out
        self._used = frozenset(used)
        self._folders: set[tuple[int, int | str]] = set()
        self._files: set[tuple[int, int | str]] = set()
        self._links: deque[str] = deque()

    def files(self) -> Iterator[AudioFile]:
        """The files, folder by folder, each in the order of the names; linked ones at the end."""
        for root in self._roots:
            yield from self._below(root, by_link=False)
        while self._links:
            yield from self._behind(self._links.popleft())

    def _below(self, top: str, *, by_link: bool) -> Iterator[AudioFile]:
        pending = [top]
        while pending:
            folder = pending.pop()
            try:
                if not self._is_new(self._folders, folder, os.stat(folder)):
                    self._left_out.add(folder, Reason.COUNTED_ALREADY)
                    continue
                with os.scandir(folder) as entries:
                    # A million entries are kept by name and kind only.
                    found = sorted((entry.name, _kind(entry)) for entry in entries)
            except OSError as exc:
                self._unreadable(folder, exc)
                continue
            folders = []
            for name, kind in found:
                path = os.path.join(folder, name)
                if self._is_left_out(path, name, folder=kind == _FOLDER):
                    continue
                if kind == _FOLDER:
                    folders.append(path)
                elif kind == _LINK:
                    self._links.append(path)
                else:
                    yield from self._file(path, name, by_link=by_link)
            pending += reversed(folders)

    def _file(self, path: str, name: str, *, by_link: bool) -> Iterator[AudioFile]:
        if not self._is_taken(path, name):
            return
        try:
            status = os.stat(path)
        except OSError as exc:
            self._unreadable(path, exc)
            return
        if not stat.S_ISREG(status.st_mode):
            self.problems.append(Problem.of(path, NotAFile(f"{path!r} is not a regular file")))
        elif status.st_nlink > 1 and not self._is_new(self._files, path, status):
            self._left_out.add(path, Reason.COUNTED_ALREADY)
        else:
            yield AudioFile.of(path, status, by_link=by_link)

    def _behind(self, link: str) -> Iterator[AudioFile]:
        """What a link leads to, unless that has been counted."""
        name = os.path.basename(link)
        try:
            status = os.stat(link)
        except OSError as exc:
            self._broken(link, name, exc)
            return
        target = os.path.realpath(link)
        if stat.S_ISDIR(status.st_mode):
            # A link into the folders around would take in what nobody named.
            if any(lies_below(root, target) for root in self._roots):
                self._left_out.add(link, Reason.LINK_LOOP)
            elif not self._is_left_out(link, name, folder=True):
                yield from self._below(link, by_link=True)
        elif not self._is_taken(link, name):
            return
        elif not stat.S_ISREG(status.st_mode):
            self.problems.append(Problem.of(link, NotAFile(f"{link!r} is not a regular file")))
        elif self._was_walked(target) or not self._is_new(self._files, link, status):
            self._left_out.add(link, Reason.COUNTED_ALREADY)
        else:
            yield AudioFile.of(link, status, by_link=True)

    def _was_walked(self, target: str) -> bool:
        """Whether a file was met where it lies, in a folder that was walked."""
        folder, name = os.path.split(target)
        try:
            walked = _identity(folder, os.stat(folder)) in self._folders
        except OSError:
            return False
        return walked and names.is_audio(name) and not names.is_hidden(name, folder=False)

    def _is_left_out(self, path: str, name: str, *, folder: bool) -> bool:
        if names.is_hidden(name, folder=folder):
            self._left_out.add(path, Reason.HIDDEN)
        elif folder and names.is_system_folder(name):
            self._left_out.add(path, Reason.SYSTEM_FOLDER)
        else:
            return False
        return True

    def _is_taken(self, path: str, name: str) -> bool:
        if names.is_audio(name):
            return True
        if names.resembles_audio(name):
            problem = FormatNotTaken(f"files of the kind {names.suffix_of(name)} are not decoded")
            self.problems.append(Problem.of(path, problem))
        elif names.is_cue_sheet(name):
            self.sheets.append(path)
        elif path not in self._used:
            playlist = names.is_playlist(name)
            self._left_out.add(path, Reason.PLAYLIST if playlist else Reason.NOT_AUDIO)
        return False

    def _broken(self, link: str, name: str, failure: OSError) -> None:
        if names.is_audio(name) or names.resembles_audio(name) or names.may_be_folder(name):
            self.unknown.append(link)
            said = failure.strerror or str(failure)
            self.problems.append(
                Problem.of(link, BrokenLink(f"the link {link!r} leads nowhere: {said}"))
            )
        else:
            self._left_out.add(link, Reason.NOT_AUDIO)

    def _unreadable(self, path: str, failure: OSError) -> None:
        self.unknown.append(path)
        self.problems.append(Problem.unreadable(path, failure))

    @staticmethod
    def _is_new(known: set[tuple[int, int | str]], path: str, status: os.stat_result) -> bool:
        identity = _identity(path, status)
        if identity in known:
            return False
        known.add(identity)
        return True


_FOLDER, _LINK, _OTHER = range(3)


def _kind(entry: os.DirEntry[str]) -> int:
    try:
        if entry.is_symlink():
            return _LINK
        return _FOLDER if entry.is_dir(follow_symlinks=False) else _OTHER
    except OSError:
        return _OTHER  # a bad entry costs only itself


def _identity(path: str, status: os.stat_result) -> tuple[int, int | str]:
    # Some network and user-space file systems number nothing.
    return status.st_dev, status.st_ino or os.path.realpath(path)
