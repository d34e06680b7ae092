"""What a sync knows of files from earlier runs, and what this run learns of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from segue.library.memory import Memory, Remembered
from segue.library.places import lies_below
from segue.library.plan import Stored
from segue.library.walk import AudioFile


class SyncNotes:
    """The memories of all folders as one. What is learnt is kept when it is written."""

    def __init__(self, memories: Sequence[Memory]) -> None:
        self._memories = memories
        self._known: dict[str, Remembered] = {}
        for memory in memories:
            self._known.update(memory.files())
        self._learnt: dict[str, Remembered] = {}
        self._sheets: dict[str, str] = {}
        self._seconds: dict[str, float] = {}

    def earlier(self, path: str) -> Remembered | None:
        """What was known of a path before this run, whatever lies there now."""
        return self._known.get(path)

    def as_it_is(self, file: AudioFile) -> Remembered | None:
        """What is known of a file that has not changed since."""
        known = self._learnt.get(file.path) or self._known.get(file.path)
        return known if known is not None and known.file == file else None

    def sheet_read(self, file: AudioFile, sheet: str) -> None:
        """Note the cue sheet within a file: it is learnt with the file."""
        self._sheets[file.path] = sheet

    def length_read(self, file: AudioFile, seconds: float) -> None:
        """Note how long a file is: it is learnt with the file."""
        self._seconds[file.path] = seconds

    def learn(self, file: AudioFile, sha256: str = "", refusal: str = "") -> None:
        """Note a file as it is now, in the place of what was known of it."""
        before = self._known.get(file.path)
        same = self.as_it_is(file)
        self._learnt[file.path] = Remembered(
            file,
            sha256,
            refusal,
            "" if before is None else before.said,
            self._sheets.get(file.path, None if same is None else same.sheet),
            self._seconds.get(file.path, None if same is None else same.seconds),
        )

    def unlearn(self, path: str) -> None:
        """Leave what was known before as it stands."""
        self._learnt.pop(path, None)

    def accepted(self, file: AudioFile) -> None:
        """Note that the catalogue has a file as it is now."""
        known = self._known.get(file.path)
        if known is not None and known.file == file and known.sha256:
            self._learnt[file.path] = known
        else:
            self.learn(file)

    def told(self, path: str, said: str) -> None:
        """Note that the catalogue knows what is said of a file, if anything of it was learnt."""
        known = self._learnt.get(path)
        if known is not None:
            self._learnt[path] = replace(known, said=said)

    def missing_since(self, gone: Sequence[Stored], *, now: float) -> dict[str, float]:
        """Since when each of the tracks is missing, by id, in seconds since 1970."""
        since: dict[str, float] = {}
        for memory in self._memories:
            mine = [one.track_id for one in gone if lies_below(one.path, memory.root)]
            since.update(memory.missing_since(mine, now=now))
        return since

    def earlier_paths(self) -> Iterable[str]:
        """All paths of which something was known before."""
        return self._known.keys()

    def write(self, *, lost: Iterable[str]) -> None:
        """Keep what was learnt, and forget paths that are lost."""
        gone = list(lost)
        for memory in self._memories:
            memory.remember(
                one for path, one in self._learnt.items() if lies_below(path, memory.root)
            )
            memory.forget(path for path in gone if lies_below(path, memory.root))
        self._known.update(self._learnt)
        self._learnt.clear()
