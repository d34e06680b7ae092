"""What to ingest: folders of audio, single files, manifests, playlists, and objects of a store.

A folder that holds a ``manifest.jsonl`` or ``manifest.csv`` is read by it: its tracks keep their
ids and metadata, and the audio files that it does not name are found by walking, as without one.
A file that a cue sheet divides is several tracks, unless a manifest names it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from segue.audio.formats import AUDIO_SUFFIXES
from segue.cli.file_lengths import FileLengths
from segue.cli.manifest import Manifest, manifest_of, read_manifest
from segue.cli.object_folders import objects_to_ingest
from segue.errors import SourceError
from segue.ingest_jobs import IngestItem
from segue.library import names
from segue.library.divisions import Division, divide
from segue.library.left_out import LeftOut, Problem, Reason
from segue.library.places import lies_below, path_below, path_of, uri_of
from segue.library.playlist import read_playlist
from segue.library.walk import AudioFile, Walk
from segue.object_names import ObjectName


@dataclass(slots=True)
class Sources:
    """Tracks to ingest, and what was wrong with the rest.

    Attributes
    ----------
    left_out
        Entries of folders that are not taken though nothing is wrong with them.
    notes
        What was decided without being asked for, a sentence each.
    divided
        Files that are several tracks by their cue sheets.
    unheeded_sheets
        Cue sheets whose files are one track each nevertheless, and why.
    """

    items: list[IngestItem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    left_out: LeftOut = field(default_factory=LeftOut)
    notes: list[str] = field(default_factory=list)
    divided: list[Division] = field(default_factory=list)
    unheeded_sheets: list[Problem] = field(default_factory=list)


def collect(
    given: Iterable[Path | ObjectName],
    *,
    force: bool = False,
    keep_all: bool = False,
    whole: bool = False,
) -> Sources:
    """All tracks in manifests, among single files and objects, and below folders.

    Parameters
    ----------
    given
        Paths, and names in object stores. The tracks come in a stable order.
    force
        Mark every track to be embedded again even when unchanged.
    keep_all
        Keep the path of everything that is left out, however much it is.
    whole
        Let every file be one track, also where a cue sheet divides it.
    """
    sources = Sources(left_out=LeftOut(keep_all=keep_all))
    manifests: dict[str, Manifest | None] = {}
    named: set[str] = set()
    sheets: list[str] = []
    objects = []
    for path in given:
        if isinstance(path, ObjectName):
            objects.append(path)
            continue
        try:
            if path.is_dir():
                folder = os.path.realpath(path)
                if folder not in manifests:
                    of_folder = manifest_of(path)
                    manifests[folder] = (
                        None if of_folder is None else _read(of_folder, sources, named, force=force)
                    )
            elif not path.is_file():
                sources.problems.append(_missing(str(path)))
            elif names.is_manifest(path.name):
                _read(path, sources, named, force=force)
            elif names.is_playlist(path.name):
                _read_playlist(path, sources, named, force=force)
            elif names.is_cue_sheet(path.name):
                sheets.append(path_below(os.path.realpath(path.parent), path.name))
            else:
                file = path_below(os.path.realpath(path.parent), path.name)
                if file not in named:
                    named.add(file)
                    sources.items.append(IngestItem("", uri_of(file), force=force))
        except OSError as exc:
            failed = exc.filename if isinstance(exc.filename, str) else str(path)
            sources.problems.append(Problem.unreadable(failed, exc))
    with FileLengths() as lengths:
        taking = _Taking(sources, named, lengths, force=force, whole=whole)
        taking.by_sheets(sheets)
        taking.by_walk(manifests)
    sources.items += objects_to_ingest(objects, sources.left_out, sources.problems, force=force)
    return sources


def _read(path: Path, sources: Sources, named: set[str], *, force: bool) -> Manifest:
    manifest = read_manifest(path, force=force)
    sources.items += manifest.items
    sources.problems += manifest.problems
    named |= manifest.named
    return manifest


def _read_playlist(path: Path, sources: Sources, named: set[str], *, force: bool) -> None:
    try:
        playlist = read_playlist(path)
    except SourceError as exc:
        sources.problems.append(Problem.of(str(path), exc))
        return
    sources.problems += playlist.problems
    for uri in playlist.uris:
        file = path_of(uri)
        if file in named:
            continue
        if file is not None:
            named.add(file)
        sources.items.append(IngestItem("", uri, force=force))
    if not playlist.uris and not playlist.problems:
        empty = PlaylistEmpty(f"{str(path)!r} names nothing")
        sources.problems.append(Problem.of(str(path), empty))


class _Taking:
    """Takes files, and the tracks of those that are several."""

    def __init__(
        self, sources: Sources, named: set[str], lengths: FileLengths, *, force: bool, whole: bool
    ) -> None:
        self._sources = sources
        self._named = named
        self._lengths = lengths
        self._force = force
        self._keep_whole = whole

    def by_sheets(self, sheets: Iterable[str]) -> None:
        """Take the tracks of sheets that were named themselves."""
        for sheet in dict.fromkeys(sheets):
            # What else lies beside it was not named, so it is not told either.
            walk = Walk([os.path.split(sheet)[0]], LeftOut())
            files = {file.path: file for file in walk.files() if file.path not in self._named}
            made = divide(
                [sheet], files, seconds_of=self._lengths.seconds_of, embedded_in=lambda _: ()
            )
            self._sources.problems += made.problems
            if made.unused:
                problem = SheetDividesNothing(f"{sheet!r} divides no file beside it into tracks")
                self._sources.problems.append(Problem.of(sheet, problem))
            for division in made.files.values():
                self._named.add(division.path)
                self._tracks(division)

    def by_walk(self, manifests: Mapping[str, Manifest | None]) -> None:
        """Take what lies below folders and was not named."""
        sources = self._sources
        used = [
            path_below(root, one.path.name) for root, one in manifests.items() if one is not None
        ]
        walk = Walk(manifests, sources.left_out, used=used)
        found: Counter[str] = Counter()
        known: Counter[str] = Counter()
        files: dict[str, AudioFile] = {}
        for file in walk.files():
            is_named = self._is_named(file)
            (known if is_named else found).update(
                root for root in manifests if lies_below(file.path, root)
            )
            if not is_named:
                files[file.path] = file
        self._files(files, walk.sheets)
        sources.problems += walk.problems
        for root, manifest in manifests.items():
            if manifest is not None:
                sources.notes.append(
                    f"{manifest.path} names {len(manifest.items)} tracks; audio files below the "
                    f"folder that it does not name: {found[root]}, taken too."
                )
            elif not found[root] + known[root] and not any(
                lies_below(problem.place, root) for problem in walk.problems
            ):
                sources.problems.append(_no_audio(root))

    def _is_named(self, file: AudioFile) -> bool:
        return file.path in self._named or (
            file.by_link and os.path.realpath(file.path) in self._named
        )

    def _files(self, files: Mapping[str, AudioFile], sheets: Sequence[str]) -> None:
        made = divide(sheets, files, seconds_of=self._lengths.seconds_of)
        for path in files:
            if path in made.files:
                self._tracks(made.files[path])
            else:
                self._sources.items.append(IngestItem("", uri_of(path), force=self._force))
        for sheet in made.unused:
            self._sources.left_out.add(sheet, Reason.SHEET_UNUSED)
        self._sources.unheeded_sheets += made.problems

    def _tracks(self, division: Division) -> None:
        sources, uri = self._sources, uri_of(division.path)
        if self._keep_whole:
            sources.items.append(IngestItem("", uri, force=self._force))
            unheeded = SheetNotHeeded(f"{division.path!r} is sent whole, as one track")
            sources.unheeded_sheets.append(Problem.of(division.sheet, unheeded))
            return
        sources.divided.append(division)
        sources.items += (
            IngestItem("", uri + track.part.fragment, track.metadata, self._force)
            for track in division.tracks
        )


class SheetNotHeeded(SourceError):
    """A cue sheet whose file is sent by its bytes."""

    reason = "CUE_SHEET_NOT_HEEDED"
    next_step = (
        "For one track each, let the service read the file itself: run the command as its owner on "
        "its machine, with --no-upload."
    )


class PlaylistEmpty(SourceError):
    """A playlist that lists nothing."""

    reason = "PLAYLIST_EMPTY"
    next_step = "Export the playlist again, or name the audio files themselves."


class SheetDividesNothing(SourceError):
    """A cue sheet was named, but it leads to no tracks."""

    reason = "CUE_SHEET_UNUSED"
    next_step = "Name the files themselves: each is one track, or lies elsewhere."


def _no_audio(folder: str) -> Problem:
    kinds = " ".join(sorted(AUDIO_SUFFIXES))
    return Problem(
        folder,
        "SOURCE_NOT_FOUND",
        "the folder holds no audio files",
        f"Name a folder with files of these kinds: {kinds}",
    )


def _missing(path: str) -> Problem:
    return Problem(path, "SOURCE_NOT_FOUND", "no such file or folder", "Check the path.")
