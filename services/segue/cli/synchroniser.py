"""Bringing a catalogue to what folders of this machine say."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from segue.cli.client import SegueClient
from segue.cli.earlier_refusals import EarlierRefusals
from segue.cli.file_lengths import FileLengths
from segue.cli.job_follower import JobFollower
from segue.cli.pages import pages
from segue.cli.sender import Sender
from segue.cli.stack_address import StackAddress
from segue.cli.sync_notes import SyncNotes
from segue.cli.sync_result import SyncResult
from segue.cli.sync_sight import SyncSight
from segue.errors import AUDIO_REASONS, SegueError
from segue.library.left_out import LeftOut
from segue.library.memory import Memory
from segue.library.places import lies_below, place_of, uri_of_place
from segue.library.plan import (
    Plan,
    Seen,
    Stored,
    ToIngest,
    ids_of_interest,
    make_plan,
    stored,
    too_many_gone,
)
from segue.limits import MOST_DELETED_TRACKS, MOST_MOVED_TRACKS
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
            run = _Run(
                self._roots,
                memories,
                self._options,
                follower,
                client,
                lengths,
                of_owner=bool(self._stack.token),
                # The owner's to see; and their times are those of the service's clock.
                asks_letters=bool(self._stack.token) and self._stack.on_this_machine,
            )
            return run.result()


class _Run:
    def __init__(
        self,
        roots: list[str],
        memories: list[Memory],
        options: SyncOptions,
        follower: JobFollower,
        client: SegueClient,
        lengths: FileLengths,
        *,
        of_owner: bool,
        asks_letters: bool,
    ) -> None:
        self._roots = roots
        self._of_owner = of_owner
        self._options = options
        self._follower = follower
        self._client = client
        self._result = SyncResult(
            left_out=LeftOut(keep_all=options.keep_all),
            ingest=follower.result,
            dry_run=options.dry_run,
        )
        self._notes = SyncNotes(memories)
        self._refusals = EarlierRefusals(self._notes, client if asks_letters else None)
        self._sight = SyncSight(roots, self._notes, self._result, follower, lengths)
        self._began = time.monotonic()

    def result(self) -> SyncResult:
        files = self._sight.files()
        tracks, others = self._listed(files)
        self._sight.leave_unsettled(files, tracks)
        plan = make_plan(
            files,
            tracks,
            others,
            content_of=self._sight.content,
            size_of=self._sight.size,
            is_gone=self._sight.is_gone,
        )
        self._result.plan = plan
        self._hold_back_refused(plan, files)
        self._wait_for_grace(plan)
        self._check(plan, files, tracks)
        if not self._options.dry_run:
            self._apply(plan, files)
        self._result.seconds = round(time.monotonic() - self._began, 3)
        return self._result

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
                track = stored(source, path, of_owner=self._of_owner)
                if path is not None and any(lies_below(path, root) for root in self._roots):
                    tracks.append(track)
                elif track.track_id in interesting:
                    others[track.track_id] = track
        return tracks, others

    def _hold_back_refused(self, plan: Plan, files: Mapping[str, Seen]) -> None:
        if self._options.retry:
            return
        work = [files[one.path].file for one in (*plan.new, *plan.changed)]
        refused = self._refusals.of(work)
        self._result.refused_before = list(refused.values())
        plan.new = [one for one in plan.new if one.path not in refused]
        plan.changed = [one for one in plan.changed if one.path not in refused]
        for path in refused:
            # Its content was read to compare it; that it is refused stays known.
            self._notes.unlearn(path)

    def _wait_for_grace(self, plan: Plan) -> None:
        if self._options.dry_run:
            return
        now = time.time()
        since = self._notes.missing_since(plan.gone, now=now)
        due = [one for one in plan.gone if now - since[one.track_id] >= self._options.grace_seconds]
        chosen = {one.track_id for one in due}
        self._result.waiting = [one for one in plan.gone if one.track_id not in chosen]
        plan.gone = due

    def _check(self, plan: Plan, files: Mapping[str, Seen], tracks: Sequence[Stored]) -> None:
        moved = {move.track_id for move in plan.moved}
        for root in self._roots:
            mine = [track for track in tracks if lies_below(track.path, root)]
            stay = any(track.track_id not in moved for track in mine)
            seen = any(lies_below(path, root) for path in [*files, *self._sight.unsettled])
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
        told = [move.path for move in plan.moved if self._sight.was_told(move)]
        self._sight.remember(files, told)
        work = [*plan.new, *plan.changed, *plan.said_anew]
        if work:
            self._ingest(work, files)

    def _ingest(self, work: Sequence[ToIngest], files: Mapping[str, Seen]) -> None:
        items = [self._sight.item(one) for one in work]
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
                self._notes.accepted(files[path].file)
            elif track.state == "dead" and track.reason in AUDIO_REASONS:
                self._notes.learn(files[path].file, refusal=f"{track.reason}: {track.message}")
        self._sight.remember(files, settled)


def _batches(entries: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for first in range(0, len(entries), size):
        yield entries[first : first + size]
