"""Bringing a catalogue to what folders of this machine say."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from segue.cli.client import SegueClient
from segue.cli.file_lengths import FileLengths
from segue.cli.job_follower import JobFollower
from segue.cli.manifest import manifest_of, read_manifest
from segue.cli.pages import pages
from segue.cli.sender import Sender
from segue.cli.stack_address import StackAddress
from segue.cli.sync_result import SyncResult
from segue.errors import AUDIO_REASONS, SegueError
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
from segue.library.left_out import LeftOut, Problem, Reason
from segue.library.memory import Memory, Remembered
from segue.library.places import lies_below, place_of, uri_of_place
from segue.library.plan import (
    Plan,
    Seen,
    Stored,
    ToIngest,
    ToMove,
    ids_of_interest,
    make_plan,
    stored,
    too_many_gone,
)
from segue.library.walk import AudioFile, Walk
from segue.limits import MOST_DELETED_TRACKS, MOST_MOVED_TRACKS
from segue.media_fragments import Part, divided, part_digest
from segue.v1 import catalog_service_pb2, track_pb2
from segue.wire.tracks import source_from_message

T = TypeVar("T")


class TooManyGone(SegueError):
    """More tracks would be deleted than a person is likely to have meant."""

    reason = "SYNC_TOO_MANY_GONE"
    next_step = (
        "Check that all disks are mounted. See what is missing with --dry-run; if it is meant, "
        "allow more with --max-gone."
    )


class RootEmpty(SegueError):
    """A folder holds no audio, or is not there, but the catalogue has tracks from it."""

    reason = "SYNC_ROOT_EMPTY"
    next_step = (
        "Check that the disk is mounted. An empty folder never deletes; tracks that are to go "
        "although nothing is left can be deleted by hand: segue delete."
    )


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """What the caller chooses.

    Attributes
    ----------
    most_gone
        Largest share of a folder's tracks that may be deleted in one run.
    grace_seconds
        How long a track must have been missing before it is deleted.
    retry
        Send also what the service refused before and what has not changed since.
    keep_all
        Keep the path of everything that is left out.
    """

    most_gone: float = 0.1
    grace_seconds: float = 0.0
    dry_run: bool = False
    retry: bool = False
    keep_all: bool = False
    retry_seconds: float = 60.0


class Synchroniser:
    """Brings the catalogue of a stack to what folders say.

    Parameters
    ----------
    roots
        Folders; links in their own paths are resolved.
    memory_folder
        Where is remembered what makes the next run quick.
    """

    def __init__(
        self,
        stack: StackAddress,
        roots: Sequence[Path],
        options: SyncOptions,
        *,
        memory_folder: Path,
        service: str,
    ) -> None:
        self._stack = stack
        self._roots = list(dict.fromkeys(os.path.realpath(root) for root in roots))
        self._options = options
        self._memory_folder = memory_folder
        self._service = service

    def run(self) -> SyncResult:
        """Look once, and do what is to be done.

        Raises
        ------
        SegueError
            ``SYNC_ROOT_EMPTY`` or ``SYNC_TOO_MANY_GONE`` before anything was changed; what the
            stack refuses, or that it does not answer.
        """
        with contextlib.ExitStack() as held:
            memories = [
                held.enter_context(Memory(self._memory_folder, self._service, root))
                for root in self._roots
            ]
            follower = JobFollower(
                self._stack, retry_seconds=self._options.retry_seconds, quiet=self._options.keep_all
            )
            client = held.enter_context(self._stack.client(follower.patience))
            lengths = held.enter_context(FileLengths())
            return _Run(self._roots, memories, self._options, follower, client, lengths).result()


class _Run:
    def __init__(
        self,
        roots: list[str],
        memories: list[Memory],
        options: SyncOptions,
        follower: JobFollower,
        client: SegueClient,
        lengths: FileLengths,
    ) -> None:
        self._roots = roots
        self._memories = memories
        self._options = options
        self._follower = follower
        self._client = client
        self._lengths = lengths
        self._result = SyncResult(
            left_out=LeftOut(keep_all=options.keep_all),
            ingest=follower.result,
            dry_run=options.dry_run,
        )
        self._known: dict[str, Remembered] = {}
        for memory in memories:
            self._known.update(memory.files())
        self._learnt: dict[str, Remembered] = {}
        self._given: dict[str, IngestItem] = {}
        self._parts: dict[str, list[Part]] = {}
        self._said: dict[str, str] = {}
        self._unknown: list[str] = []
        self._sheets: dict[str, str] = {}
        self._seconds: dict[str, float] = {}
        self._whole: dict[str, AudioFile] = {}
        self._unsettled: set[str] = set()
        self._began = time.monotonic()

    def result(self) -> SyncResult:
        files = self._look()
        tracks, others = self._listed(files)
        self._leave_unsettled(files, tracks)
        plan = make_plan(
            files,
            tracks,
            others,
            content_of=self._content,
            size_of=self._size,
            is_gone=self._is_gone,
        )
        self._result.plan = plan
        self._hold_back_refused(plan, files)
        self._wait_for_grace(plan)
        self._check(plan, files, tracks)
        if not self._options.dry_run:
            self._apply(plan, files)
        self._result.seconds = round(time.monotonic() - self._began, 3)
        return self._result

    def _look(self) -> dict[str, Seen]:
        """What lies on the disk, with what manifests say of it."""
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

    def _as_it_was(self, file: AudioFile) -> Remembered | None:
        """What is remembered of a file that has not changed since."""
        known = self._learnt.get(file.path) or self._known.get(file.path)
        return known if known is not None and known.file == file else None

    def _length(self, file: AudioFile) -> float:
        known = self._as_it_was(file)
        seconds = None if known is None else known.seconds
        if seconds is None:
            seconds = self._lengths.seconds_of(file)
        self._seconds[file.path] = seconds
        return seconds

    def _embedded(self, file: AudioFile) -> tuple[DividedTrack, ...]:
        known = self._as_it_was(file)
        if known is not None and known.sheet is not None:
            return read_back(known.sheet)
        tracks = read_embedded(file, self._length)
        self._sheets[file.path] = written(tracks)
        return tracks

    def _leave_unsettled(self, files: dict[str, Seen], tracks: Sequence[Stored]) -> None:
        """Leave files as they stand whose sheets are broken now, and were not before."""
        for track in tracks:
            path, part = divided(track.path)
            if part is not None and path in self._unsettled:
                self._unknown.append(path)
                files.pop(path, None)

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
        known = self._known.get(file.path)
        return Seen(file, item.track_id, known is None or known.said != said)

    def _listed(self, files: Mapping[str, Seen]) -> tuple[list[Stored], dict[str, Stored]]:
        """Tracks of the catalogue below the roots, and others whose ids matter."""
        interesting = ids_of_interest(files)
        tracks: list[Stored] = []
        others: dict[str, Stored] = {}
        request = catalog_service_pb2.ListTracksRequest(view=track_pb2.TRACK_VIEW_SOURCE)
        for answer in pages(self._client, "ListTracks", request):
            for message in answer.tracks:
                source = source_from_message(message)
                path = place_of(source.source_uri)
                track = stored(source, path)
                if path is not None and any(lies_below(path, root) for root in self._roots):
                    tracks.append(track)
                elif track.track_id in interesting:
                    others[track.track_id] = track
        return tracks, others

    def _content(self, file: AudioFile, track: Stored | None) -> str | None:
        known = self._learnt.get(file.path) or self._known.get(file.path)
        if known is not None and known.file == file and not known.refusal:
            if known.sha256:
                return known.sha256
            if track is not None:
                self._learn(file, track.sha256)
                return track.sha256
        path, part = divided(file.path)
        if part is None:
            content = hash_file(file, self._result.problems.append)
        else:
            whole = self._content(self._whole[path], None)
            content = None if whole is None else part_digest(whole, part)
        if content is not None:
            self._learn(file, content)
        return content

    def _learn(self, file: AudioFile, sha256: str = "", refusal: str = "") -> None:
        before = self._known.get(file.path)
        same = self._as_it_was(file)
        self._learnt[file.path] = Remembered(
            file,
            sha256,
            refusal,
            "" if before is None else before.said,
            self._sheets.get(file.path, None if same is None else same.sheet),
            self._seconds.get(file.path, None if same is None else same.seconds),
        )

    def _size(self, track: Stored) -> int | None:
        known = self._known.get(track.path)
        return known.file.size if known is not None and known.sha256 == track.sha256 else None

    def _is_gone(self, place: str) -> bool:
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

    def _hold_back_refused(self, plan: Plan, files: Mapping[str, Seen]) -> None:
        if self._options.retry:
            return
        for kind in (plan.new, plan.changed):
            for work in list(kind):
                known = self._known.get(work.path)
                if known is None or not known.refusal or known.file != files[work.path].file:
                    continue
                kind.remove(work)
                # Its content was read to compare it; that it is refused stays known.
                self._learnt.pop(work.path, None)
                reason, _, message = known.refusal.partition(": ")
                self._result.refused_before.append(
                    Problem(
                        work.path,
                        reason,
                        f"{message} (refused before, and unchanged since)",
                        f"{AUDIO_REASONS.get(reason, '')} To send it again: --retry.".strip(),
                    )
                )

    def _wait_for_grace(self, plan: Plan) -> None:
        if self._options.dry_run:
            return
        now = time.time()
        since: dict[str, float] = {}
        for memory in self._memories:
            mine = [one.track_id for one in plan.gone if lies_below(one.path, memory.root)]
            since.update(memory.missing_since(mine, now=now))
        due = [one for one in plan.gone if now - since[one.track_id] >= self._options.grace_seconds]
        chosen = {one.track_id for one in due}
        self._result.waiting = [one for one in plan.gone if one.track_id not in chosen]
        plan.gone = due

    def _check(self, plan: Plan, files: Mapping[str, Seen], tracks: Sequence[Stored]) -> None:
        moved = {move.track_id for move in plan.moved}
        for root in self._roots:
            mine = [track for track in tracks if lies_below(track.path, root)]
            stay = any(track.track_id not in moved for track in mine)
            seen = any(lies_below(path, root) for path in [*files, *self._unsettled])
            if not Path(root).is_dir() or (stay and not seen):
                raise RootEmpty(
                    f"{root!r} holds no audio that could be read, or is not there; the catalogue "
                    f"has {len(mine)} tracks from it. Nothing was changed"
                )
            gone = [track for track in plan.gone if lies_below(track.path, root)]
            many = too_many_gone(gone, mine, most_share=self._options.most_gone)
            if many is not None and not self._options.dry_run:
                raise TooManyGone(
                    f"{many[0]} of the {many[1]} tracks from {root!r} are gone, more than "
                    f"{self._options.most_gone:.0%}. Nothing was changed; the first of them: "
                    f"{gone[0].path!r}"
                )

    def _apply(self, plan: Plan, files: Mapping[str, Seen]) -> None:
        """Move first, so that no content is ever without a track; then delete, then ingest."""
        for moves in _batches(plan.moved, MOST_MOVED_TRACKS):
            self._client.catalog(
                "MoveTracks",
                catalog_service_pb2.MoveTracksRequest(
                    moves=[
                        catalog_service_pb2.TrackMove(
                            track_id=move.track_id, source_uri=uri_of_place(move.path)
                        )
                        for move in moves
                    ]
                ),
            )
        for gone in _batches([*plan.gone, *plan.replaced], MOST_DELETED_TRACKS):
            self._client.catalog(
                "DeleteTracks",
                catalog_service_pb2.DeleteTracksRequest(track_ids=[one.track_id for one in gone]),
            )
        told = [move.path for move in plan.moved if self._was_told(move)]
        self._remember(files, told)
        work = [*plan.new, *plan.changed, *plan.said_anew]
        if work:
            self._ingest(work, files)

    def _was_told(self, move: ToMove) -> bool:
        """Whether the same was said of a file that moved where it lay before."""
        known = self._known.get(move.old_path)
        return known is not None and known.said == self._said.get(move.path)

    def _ingest(self, work: Sequence[ToIngest], files: Mapping[str, Seen]) -> None:
        items = [self._item(one) for one in work]
        with self._follower.keeping_what_was_accepted():
            Sender(self._follower, upload=False).send(self._client, items)
            self._follower.follow(self._client)
        paths = {one.track_id: one.path for one in work}
        settled: list[str] = []
        for track in self._follower.result.tracks:
            path = paths.get(track.track_id)
            if path is None:
                continue
            if track.state in ("indexed", "skipped"):
                settled.append(path)
                known, file = self._known.get(path), files[path].file
                if known is not None and known.file == file and known.sha256:
                    self._learnt[path] = known
                else:
                    self._learn(file)
            elif track.state == "dead" and track.reason in AUDIO_REASONS:
                self._learn(files[path].file, refusal=f"{track.reason}: {track.message}")
        self._remember(files, settled)

    def _item(self, work: ToIngest) -> IngestItem:
        given = self._given.get(work.path)
        item = IngestItem(work.track_id, uri_of_place(work.path))
        if given is None:
            return item
        return replace(item, metadata=given.metadata, replace_given=given.replace_given)

    def _remember(self, files: Mapping[str, Seen], heard: Iterable[str]) -> None:
        """Keep what was learnt; of the paths ``heard``, the service knows what manifests say."""
        for path in heard:
            known = self._learnt.get(path)
            if known is not None and path in self._said:
                self._learnt[path] = replace(known, said=self._said[path])
        for whole in self._whole.values():
            same = self._as_it_was(whole)
            self._learn(whole, "" if same is None else same.sha256)
        lost = [
            place
            for place in self._known
            if place not in files
            and place not in self._whole
            and divided(place)[0] not in self._unsettled
        ]
        for memory in self._memories:
            memory.remember(
                one for path, one in self._learnt.items() if lies_below(path, memory.root)
            )
            memory.forget(path for path in lost if lies_below(path, memory.root))
        self._known.update(self._learnt)
        self._learnt.clear()


def _batches(entries: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for first in range(0, len(entries), size):
        yield entries[first : first + size]
