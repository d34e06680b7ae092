"""Folders of object stores as sources: what in them is taken, by the rules for folders of disks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache

from segue.errors import SegueError
from segue.ingest_jobs import IngestItem
from segue.library import names
from segue.library.left_out import FormatNotTaken, LeftOut, Problem, Reason
from segue.media.object_store import ObjectStore, StoreAccess
from segue.object_names import ObjectName


def objects_to_ingest(
    given: Iterable[ObjectName], left_out: LeftOut, problems: list[Problem], *, force: bool
) -> Iterator[IngestItem]:
    """Objects as tracks to ingest, each once; a folder stands for the audio below it.

    The store is asked with the credentials of this command's own environment.

    Parameters
    ----------
    left_out
        Told of what is left out though nothing is wrong with it.
    problems
        Takes what cannot be listed, and sound that is not decoded.
    force
        Mark every track to be embedded again even when unchanged.
    """

    @cache
    def store() -> ObjectStore:
        return ObjectStore(StoreAccess.from_environment())

    for name in dict.fromkeys(_objects(given, store, left_out, problems)):
        yield IngestItem("", str(name), force=force)
    if store.cache_info().currsize:
        store().close()


def _objects(
    given: Iterable[ObjectName],
    store: Callable[[], ObjectStore],
    left_out: LeftOut,
    problems: list[Problem],
) -> Iterator[ObjectName]:
    for name in given:
        if not name.is_folder:
            yield name
            continue
        found = False
        try:
            for entry in store().list_below(name):
                if _is_taken(entry, name, left_out, problems):
                    found = True
                    yield entry
        except SegueError as exc:
            problems.append(Problem.of(str(name), exc))
            continue
        if not found:
            problems.append(
                Problem(
                    str(name),
                    "SOURCE_NOT_FOUND",
                    "no object below it is audio",
                    "Check bucket and folder; keys are compared letter by letter.",
                )
            )


def _is_taken(
    entry: ObjectName, folder: ObjectName, left_out: LeftOut, problems: list[Problem]
) -> bool:
    *folders, last = entry.key.removeprefix(folder.key).split("/")
    if not last:
        return False  # what consoles put there to show a folder that is empty
    if names.is_hidden(last, folder=False) or any(
        names.is_hidden(one, folder=True) for one in folders
    ):
        left_out.add(str(entry), Reason.HIDDEN)
    elif any(map(names.is_system_folder, folders)):
        left_out.add(str(entry), Reason.SYSTEM_FOLDER)
    elif names.is_audio(last):
        return True
    elif names.resembles_audio(last):
        kind = names.suffix_of(last)
        problem = FormatNotTaken(f"files of the kind {kind} are not decoded")
        problems.append(Problem.of(str(entry), problem))
    else:
        left_out.add(str(entry), Reason.NOT_AUDIO)
    return False
