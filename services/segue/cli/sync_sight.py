"""What lies in folders, and what manifests and cue sheets say of it, as a sync sees it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from segue.cli.file_lengths import FileLengths
from segue.cli.job_follower import JobFollower
from segue.cli.manifest import manifest_of, read_manifest
from segue.cli.sync_notes import SyncNotes
from segue.cli.sync_result import SyncResult
from segue.ingest_jobs import IngestItem
from segue.library.contents import hash_file
from segue.library.divisions import (
    DividedTrack,
    Divisions,
    divide,
    read_back,
    read_embedded,
    written,
)
from segue.library.left_out import Problem, Reason
from segue.library.places import lies_below, place_of, uri_of_place
from segue.library.plan import Seen, Stored, ToIngest, ToMove
from segue.library.walk import AudioFile, Walk
from segue.media_fragments import Part, divided, part_digest


class SyncSight:
    """One look at folders. What is left out or cannot be read goes into the result.

    Parameters
    ----------
    follower
        Takes what is to be said of broken sheets, and which files are divided.
    """

    def __init__(
        self,
        roots: Sequence[str],
        notes: SyncNotes,
        result: SyncResult,
        follower: JobFollower,
        lengths: FileLengths,
    ) -> None:
        self._roots = roots
        self._notes = notes
        self._result = result
        self._follower = follower
        self._lengths = lengths
        self._given: dict[str, IngestItem] = {}
        self._parts: dict[str, list[Part]] = {}
        self._said: dict[str, str] = {}
        self._unknown: list[str] = []
        self._whole: dict[str, AudioFile] = {}
        self._unsettled: set[str] = set()

    @property
    def unsettled(self) -> Iterable[str]:
        """Paths of files whose sheets are broken."""
        return self._unsettled

    def files(self) -> dict[str, Seen]:
        """What lies on the disk, by path, with what is said of it."""
        used: list[str] = []
        for root in self._roots:
            try:
                path = manifest_of(Path(root)) if Path(root).is_dir() else None
                if path is None:
                    continue
                used.append(os.path.realpath(path))
                manifest = read_manifest(path)
            except OSError as exc:
                # Without it files would come in under other ids.
                self._unknown.append(root)
                self._result.problems.append(Problem.unreadable(root, exc))
                continue
            self._result.problems += manifest.problems
            for item in manifest.items:
                self._give(item)
            for place in manifest.named - self._given.keys() - self._parts.keys():
                # A file whose line is bad waits for its correction.
                self._unknown.append(place)
        closed = set(self._unknown)
        walk = Walk(self._roots, self._result.left_out, used=used)
        found = {
            file.path: file
            for file in walk.files()
            if not any(lies_below(file.path, place) for place in closed)
        }
        self._unknown += walk.unknown
        self._result.problems += walk.problems
        files: dict[str, Seen] = {}
        divisions = self._divided(walk.sheets, found)
        for file in found.values():
            if file.path in divisions.files:
                for track in divisions.files[file.path].tracks:
                    uri = uri_of_place(f"{file.path}{track.part.fragment}")
                    self._give(IngestItem("", uri, track.metadata))
            parts = self._parts_of(file)
            if not parts:
                files[file.path] = self._seen(file)
                continue
            self._whole[file.path] = file
            for part in parts:
                one = replace(file, path=f"{file.path}{part.fragment}")
                files[one.path] = self._seen(one)
        return files

    def leave_unsettled(self, files: dict[str, Seen], tracks: Sequence[Stored]) -> None:
        """Leave files as they stand whose sheets are broken now, and were not before."""
        for track in tracks:
            path, part = divided(track.path)
            if part is not None and path in self._unsettled:
                self._unknown.append(path)
                files.pop(path, None)

    def content(self, file: AudioFile, track: Stored | None) -> str | None:
        """SHA-256 of a file, read only when it is not known; None, when it cannot be read.

        Parameters
        ----------
        track
            What the catalogue has at its path: as it was, if the file has not changed.
        """
        known = self._notes.as_it_is(file)
        if known is not None and not known.refusal:
            if known.sha256:
                return known.sha256
            if track is not None:
                self._notes.learn(file, track.sha256)
                return track.sha256
        path, part = divided(file.path)
        if part is None:
            content = hash_file(file, self._result.problems.append)
        else:
            whole = self.content(self._whole[path], None)
            content = None if whole is None else part_digest(whole, part)
        if content is not None:
            self._notes.learn(file, content)
        return content

    def size(self, track: Stored) -> int | None:
        """Size of the file that a track came from, as far as it is known; in bytes."""
        known = self._notes.earlier(track.path)
        return known.file.size if known is not None and known.sha256 == track.sha256 else None

    def is_gone(self, place: str) -> bool:
        """Whether it is certain that nothing lies at a place any more."""
        path, _ = divided(place)
        if any(lies_below(path, place) for place in self._unknown):
            return False
        try:
            os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            return True
        except (OSError, ValueError):
            return False
        return False

    def was_told(self, move: ToMove) -> bool:
        """Whether the same was said of a file that moved where it lay before."""
        known = self._notes.earlier(move.old_path)
        return known is not None and known.said == self._said.get(move.path)

    def item(self, work: ToIngest) -> IngestItem:
        """What is to be sent of a file, with what is said of it."""
        given = self._given.get(work.path)
        item = IngestItem(work.track_id, uri_of_place(work.path))
        if given is None:
            return item
        return replace(item, metadata=given.metadata, replace_given=given.replace_given)

    def remember(self, files: Mapping[str, Seen], heard: Iterable[str]) -> None:
        """Keep what was learnt; of the paths ``heard``, the service knows what manifests say."""
        for path in heard:
            if path in self._said:
                self._notes.told(path, self._said[path])
        for whole in self._whole.values():
            same = self._notes.as_it_is(whole)
            self._notes.learn(whole, "" if same is None else same.sha256)
        self._notes.write(
            lost=[
                place
                for place in self._notes.earlier_paths()
                if place not in files
                and place not in self._whole
                and divided(place)[0] not in self._unsettled
            ]
        )

    def _give(self, item: IngestItem) -> None:
        """Note what is said of a file of this machine, or of a part of one."""
        place = place_of(item.uri)
        if place is None:
            return
        path, part = divided(place)
        for name in dict.fromkeys((path, os.path.realpath(path))):
            if part is None:
                self._given[name] = item
            else:
                self._given[f"{name}{part.fragment}"] = item
                self._parts.setdefault(name, []).append(part)

    def _parts_of(self, file: AudioFile) -> Sequence[Part]:
        """Parts of a file that are tracks; none of one that is a track itself."""
        return self._parts.get(file.path) or (
            self._parts.get(os.path.realpath(file.path), []) if file.by_link else []
        )

    def _divided(self, sheets: Sequence[str], found: Mapping[str, AudioFile]) -> Divisions:
        """Files that cue sheets divide; those that manifests name are what these say."""
        files = {
            path: file
            for path, file in found.items()
            if self._given_for(file) is None and not self._parts_of(file)
        }
        made = divide(sheets, files, seconds_of=self._length, embedded_in=self._embedded)
        for sheet in made.unused:
            self._result.left_out.add(sheet, Reason.SHEET_UNUSED)
        for problem in made.problems:
            self._follower.note(
                problem.reason, f"{problem.place}: {problem.message}. {problem.next_step}"
            )
        self._unsettled = made.unsettled
        self._follower.result.divided = list(made.files.values())
        return made

    def _length(self, file: AudioFile) -> float:
        known = self._notes.as_it_is(file)
        seconds = None if known is None else known.seconds
        if seconds is None:
            seconds = self._lengths.seconds_of(file)
        self._notes.length_read(file, seconds)
        return seconds

    def _embedded(self, file: AudioFile) -> tuple[DividedTrack, ...]:
        known = self._notes.as_it_is(file)
        if known is not None and known.sheet is not None:
            return read_back(known.sheet)
        tracks = read_embedded(file, self._length)
        self._notes.sheet_read(file, written(tracks))
        return tracks

    def _given_for(self, file: AudioFile) -> IngestItem | None:
        item = self._given.get(file.path)
        if item is None and file.by_link:
            path, part = divided(file.path)
            item = self._given.get(os.path.realpath(path) + ("" if part is None else part.fragment))
        return item

    def _seen(self, file: AudioFile) -> Seen:
        item = self._given_for(file)
        if item is None:
            return Seen(file)
        said = hashlib.sha256(repr(item.metadata).encode("utf-8", "surrogatepass")).hexdigest()
        self._given[file.path], self._said[file.path] = item, said
        known = self._notes.earlier(file.path)
        return Seen(file, item.track_id, known is None or known.said != said)
