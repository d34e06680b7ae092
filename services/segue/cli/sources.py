"""What to ingest: folders of audio, single files, manifests, and objects of a store.

A folder that holds a ``manifest.jsonl`` or ``manifest.csv`` is read by it: its tracks keep their
ids and metadata, and the audio files that it does not name are found by walking, as without one.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from segue.audio.formats import AUDIO_SUFFIXES
from segue.cli.manifest import Manifest, manifest_of, read_manifest
from segue.cli.object_folders import objects_to_ingest
from segue.ingest_jobs import IngestItem
from segue.library import names
from segue.library.left_out import LeftOut, Problem
from segue.library.places import lies_below, path_below, uri_of
from segue.library.walk import Walk
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
    """

    items: list[IngestItem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    left_out: LeftOut = field(default_factory=LeftOut)
    notes: list[str] = field(default_factory=list)


def collect(
    given: Iterable[Path | ObjectName], *, force: bool = False, keep_all: bool = False
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
    """
    sources = Sources(left_out=LeftOut(keep_all=keep_all))
    manifests: dict[str, Manifest | None] = {}
    named: set[str] = set()
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
            else:
                file = path_below(os.path.realpath(path.parent), path.name)
                if file not in named:
                    named.add(file)
                    sources.items.append(IngestItem("", uri_of(file), force=force))
        except OSError as exc:
            failed = exc.filename if isinstance(exc.filename, str) else str(path)
            sources.problems.append(Problem.unreadable(failed, exc))
    _walk(manifests, named, sources, force=force)
    sources.items += objects_to_ingest(objects, sources.left_out, sources.problems, force=force)
    return sources


def _read(path: Path, sources: Sources, named: set[str], *, force: bool) -> Manifest:
    manifest = read_manifest(path, force=force)
    sources.items += manifest.items
    sources.problems += manifest.problems
    named |= manifest.named
    return manifest


def _walk(
    manifests: dict[str, Manifest | None], named: set[str], sources: Sources, *, force: bool
) -> None:
    used = [path_below(root, one.path.name) for root, one in manifests.items() if one is not None]
    walk = Walk(manifests, sources.left_out, used=used)
    found: Counter[str] = Counter()
    known: Counter[str] = Counter()
    for file in walk.files():
        is_named = file.path in named or (file.by_link and os.path.realpath(file.path) in named)
        (known if is_named else found).update(
            root for root in manifests if lies_below(file.path, root)
        )
        if not is_named:
            sources.items.append(IngestItem("", uri_of(file.path), force=force))
    sources.problems += walk.problems
    for root, manifest in manifests.items():
        if manifest is not None:
            sources.notes.append(
                f"{manifest.path} names {len(manifest.items)} tracks; audio files below the folder "
                f"that it does not name: {found[root]}, taken too."
            )
        elif not found[root] + known[root] and not any(
            lies_below(problem.place, root) for problem in walk.problems
        ):
            sources.problems.append(_no_audio(root))


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
