"""What has to happen for a catalogue to say what a disk says. No I/O but the reading of contents.

A track belongs to the file that holds its content, or to a part of a file where a cue sheet divides
it; what is called a path here may name such a part. So a track whose file is gone, or holds
something else now, first looks for a file that nobody claims and that holds what it knows: then it
has moved. Only then has its file changed, or is it gone.
"""

from __future__ import annotations

import os
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from segue.ingest_jobs import derived_track_id
from segue.library.places import uri_of_place
from segue.library.walk import AudioFile
from segue.media_fragments import divided
from segue.tracks import Provenance, TrackSource


@dataclass(frozen=True, slots=True)
class Seen:
    """A file on the disk.

    Attributes
    ----------
    track_id
        Id that a manifest gives it; empty: none does.
    said_anew
        Whether the manifest says something of it that the catalogue has not heard.
    """

    file: AudioFile
    track_id: str = ""
    said_anew: bool = False


@dataclass(frozen=True, slots=True)
class Stored:
    """A track of the catalogue whose source is a file.

    Attributes
    ----------
    vouched
        Whether what it says of the file is the word of somebody whom the caller has reason to
        trust. What is not is sent, though the content is known: the worker finds out.
    """

    track_id: str
    path: str
    sha256: str
    vouched: bool = True


@dataclass(frozen=True, slots=True)
class ToIngest:
    """A file to ingest under an id."""

    track_id: str
    path: str


@dataclass(frozen=True, slots=True)
class ToMove:
    """A track whose file lies elsewhere now."""

    track_id: str
    old_path: str
    path: str


@dataclass(slots=True)
class Plan:
    """What has to happen.

    Attributes
    ----------
    unchanged
        Number of tracks that are what the disk says.
    said_anew
        Files whose content stands in the catalogue, and of which a manifest says something new, or
        nobody vouches for what stands there.
    gone
        Tracks whose content is nowhere any more.
    replaced
        Tracks of files that are there, but are divided into other tracks now. They go too.
    undecided
        Tracks of which it cannot be told now: their files cannot be read, are being written, or lie
        where nothing can be seen. They stay.
    several_ids
        Files that stand in the catalogue more than once, with their ids. They stay so.
    """

    unchanged: int = 0
    new: list[ToIngest] = field(default_factory=list)
    changed: list[ToIngest] = field(default_factory=list)
    said_anew: list[ToIngest] = field(default_factory=list)
    moved: list[ToMove] = field(default_factory=list)
    gone: list[Stored] = field(default_factory=list)
    replaced: list[Stored] = field(default_factory=list)
    undecided: list[Stored] = field(default_factory=list)
    several_ids: list[tuple[str, list[str]]] = field(default_factory=list)


def ids_of_interest(files: Mapping[str, Seen]) -> set[str]:
    """Ids that files have or would get: the tracks that have them matter wherever they lie."""
    return {seen.track_id or _derived(path) for path, seen in files.items()}


def stored(source: TrackSource, path: str | None, *, of_owner: bool = False) -> Stored:
    """A track of the catalogue, with the path of its source; empty for one that is no file.

    Parameters
    ----------
    of_owner
        Whether the caller is known to be the owner, who does not trust what a guest had ingested.
    """
    vouched = Provenance.is_trusted(source.provenance, by_owner=of_owner)
    return Stored(source.track_id, path or "", source.content_sha256, vouched)


def make_plan(
    files: Mapping[str, Seen],
    tracks: Sequence[Stored],
    others: Mapping[str, Stored],
    *,
    content_of: Callable[[AudioFile, Stored | None], str | None],
    size_of: Callable[[Stored], int | None],
    is_gone: Callable[[str], bool],
) -> Plan:
    """Compare.

    Parameters
    ----------
    files
        By path, or place of a part: what the disk holds.
    tracks
        Those that lie below the folders that were looked at. Only these may be gone.
    others
        Further tracks of the catalogue that have an id of :func:`ids_of_interest`, by id.
    content_of
        SHA-256 of a file; the track, where one says so, may be believed about it. None: it cannot
        be read now.
    size_of
        Bytes that a track's file had, where that is remembered.
    is_gone
        Whether it is certain that nothing lies at a path.
    """
    return _Comparison(files, tracks, others, content_of, size_of, is_gone).plan()


class _Comparison:
    def __init__(
        self,
        files: Mapping[str, Seen],
        tracks: Sequence[Stored],
        others: Mapping[str, Stored],
        content_of: Callable[[AudioFile, Stored | None], str | None],
        size_of: Callable[[Stored], int | None],
        is_gone: Callable[[str], bool],
    ) -> None:
        self._files = files
        self._tracks = tracks
        self._by_id = {**others, **{track.track_id: track for track in tracks}}
        self._content_of = content_of
        self._size_of = size_of
        self._is_gone = is_gone
        self._plan = Plan()
        # The ids under which a file stands, or will stand, in the catalogue.
        self._ids: defaultdict[str, list[str]] = defaultdict(list)
        self._settled: set[str] = set()
        self._moved_to: set[str] = set()

    def plan(self) -> Plan:
        self._follow_manifests()
        missing, displaced = self._keep_what_is_in_place()
        rest = self._divide(self._move([*displaced, *missing]))
        for track in rest:
            if track.path not in self._files:
                (self._plan.gone if self._is_gone(track.path) else self._plan.undecided).append(
                    track
                )
            elif track.path in self._moved_to:
                # Another track's file was laid over it.
                self._plan.gone.append(track)
            else:
                self._plan.changed.append(self._at(track.track_id, track.path))
        for path, seen in self._files.items():
            if path not in self._ids:
                self._plan.new.append(self._at(self._free_id(seen), path))
        self._plan.several_ids = [(path, ids) for path, ids in self._ids.items() if len(ids) > 1]
        return self._plan

    def _at(self, track_id: str, path: str) -> ToIngest:
        self._ids[path].append(track_id)
        self._settled.add(track_id)
        return ToIngest(track_id, path)

    def _follow_manifests(self) -> None:
        """Tracks go where a manifest says that they are, whatever lay there."""
        for path, seen in self._files.items():
            track = self._by_id.get(seen.track_id) if seen.track_id else None
            if track is None or track.path == path:
                continue
            content = self._content_of(seen.file, None)
            if content is None:
                self._ids[path].append(seen.track_id)
                self._settled.add(seen.track_id)
                self._plan.undecided.append(track)
            elif content == track.sha256 and not seen.said_anew:
                self._at(track.track_id, path)
                self._plan.moved.append(ToMove(track.track_id, track.path, path))
            else:
                self._plan.changed.append(self._at(track.track_id, path))

    def _keep_what_is_in_place(self) -> tuple[list[Stored], list[Stored]]:
        """Tracks whose file is missing, and those whose file holds something else."""
        missing: list[Stored] = []
        displaced: list[Stored] = []
        for track in self._tracks:
            if track.track_id in self._settled:
                continue
            seen = self._files.get(track.path)
            if seen is None:
                # A track of ready-made vectors never was what a file holds.
                if track.sha256:
                    missing.append(track)
                else:
                    self._plan.undecided.append(track)
                continue
            content = self._content_of(seen.file, track) if track.sha256 else track.sha256
            if content is None:
                self._ids[track.path].append(track.track_id)
                self._plan.undecided.append(track)
            elif content != track.sha256:
                displaced.append(track)
            else:
                self._at(track.track_id, track.path)
                said_anew = seen.said_anew and seen.track_id in ("", track.track_id)
                if said_anew or not track.vouched:
                    self._plan.said_anew.append(ToIngest(track.track_id, track.path))
                else:
                    self._plan.unchanged += 1
        return missing, displaced

    def _move(self, tracks: Sequence[Stored]) -> list[Stored]:
        """Let tracks find their content elsewhere; those that do not."""
        if not tracks:
            return []
        free = self._by_content(tracks)
        rest: list[Stored] = []
        for track in tracks:
            path = _taken(free.get(track.sha256, deque()), os.path.basename(track.path))
            if path is None:
                rest.append(track)
            else:
                self._at(track.track_id, path)
                self._moved_to.add(path)
                self._plan.moved.append(ToMove(track.track_id, track.path, path))
        return rest

    def _divide(self, tracks: Sequence[Stored]) -> list[Stored]:
        """Let parts of files follow their sheets; those tracks that are no matter of sheets.

        A part whose bounds were corrected is the free part with which it has most in common.
        """
        parts: defaultdict[str, list[str]] = defaultdict(list)
        if any(track.path not in self._files for track in tracks):
            for path in self._files:
                parts[divided(path)[0]].append(path)
        rest: list[Stored] = []
        for track in tracks:
            path, old = divided(track.path)
            if track.path in self._files or path not in parts:
                rest.append(track)
                continue
            overlaps = {
                place: old.overlap_seconds(new)
                for place in parts[path]
                if old is not None
                and place not in self._ids
                and not self._files[place].track_id
                and (new := divided(place)[1]) is not None
            }
            best = max(overlaps, key=overlaps.__getitem__, default=None)
            if best is not None and overlaps[best] > 0:
                self._plan.changed.append(self._at(track.track_id, best))
            else:
                self._plan.replaced.append(track)
        return rest

    def _by_content(self, tracks: Iterable[Stored]) -> dict[str, deque[str]]:
        """Files that no track claims, by content; only those are read that may be of use."""
        sizes = {self._size_of(track) for track in tracks}
        found: dict[str, deque[str]] = {}
        for path, seen in self._files.items():
            if path in self._ids or seen.track_id:
                continue
            if None not in sizes and seen.file.size not in sizes:
                continue
            content = self._content_of(seen.file, None)
            if content is not None:
                found.setdefault(content, deque()).append(path)
        return found

    def _free_id(self, seen: Seen) -> str:
        if seen.track_id:
            return seen.track_id
        derived = _derived(seen.file.path)
        if derived not in self._by_id:
            return derived
        # Its track has moved away: what lies here now is another one.
        file = seen.file
        text = f"{uri_of_place(file.path)}\n{file.size}\n{file.changed_ns}"
        return derived_track_id("file", text)


def _derived(path: str) -> str:
    return derived_track_id("uri", uri_of_place(path))


def _taken(paths: deque[str], name: str) -> str | None:
    """Take the path of a name, or else the first."""
    if not paths:
        return None
    chosen = next((path for path in paths if os.path.basename(path) == name), paths[0])
    paths.remove(chosen)
    return chosen


def too_many_gone(
    gone: Collection[Stored], tracks: Sequence[Stored], *, most_share: float
) -> tuple[int, int] | None:
    """Number of tracks that are gone and of all, where that is more than a share of them."""
    if len(gone) > most_share * len(tracks):
        return len(gone), len(tracks)
    return None
