"""From catalogue files into a stack's catalogue, without embedding anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from segue.cli.client import RemoteError, SegueClient
from segue.cli.progress_bar import tracks_bar
from segue.errors import InvalidRequest, InvalidVector, SpaceMismatch
from segue.exchange.reading import CatalogueFile, UnusableRow, UsableRow, open_catalogue
from segue.limits import MOST_UPSERTED_TRACKS
from segue.v1 import catalog_service_pb2 as messages
from segue.wire.tracks import embedded_track_to_message

REQUEST_BYTES = 1024 * 1024
"""Of one request, unless one track alone is larger: others wait for no more than that."""

_OF_ROWS = frozenset({InvalidRequest.reason, InvalidVector.reason, "REQUEST_TOO_LARGE"})
"""Refusals that are about a track, and not about the import."""


@dataclass(frozen=True, slots=True)
class LeftOutRow:
    """A row that was not imported, and why."""

    file: str
    row: int
    track_id: str
    reason: str
    message: str


@dataclass(slots=True)
class Imported:
    """What became of an import.

    Attributes
    ----------
    tracks
        Rows that stand in the catalogue now as the file says.
    existing
        With ``only_new``, rows whose tracks were there and stayed as they were.
    not_read
        Columns of the files that are not known here.
    """

    space: str
    rows: int = 0
    tracks: int = 0
    existing: int = 0
    left_out: list[LeftOutRow] = field(default_factory=list)
    not_read: list[str] = field(default_factory=list)

    def reasons(self) -> Counter[str]:
        """Number of rows left out, by reason."""
        return Counter(row.reason for row in self.left_out)


def import_catalogue(client: SegueClient, source: Path, *, only_new: bool, quiet: bool) -> Imported:
    """Store what a file, or the parts of a folder, hold; what is stored already is stored again.

    Raises
    ------
    CatalogueFileUnusable
        When a file cannot be used. What was read of it before that is imported.
    SpaceMismatch
        When its vectors are of another embedding space than the stack's.
    """
    files = open_catalogue(source)
    with ExitStack() as opened, tracks_bar(hidden=quiet) as progress:
        for file in files:
            opened.callback(file.close)
        result = Imported(files[0].space, rows=sum(file.rows for file in files))
        result.not_read = sorted({name for file in files for name in file.not_read})
        _check_space(source, result.space, client.status().space)
        bar = progress.add_task("import", total=result.rows)
        for file in files:
            batch = _Batch(client, file, result, only_new=only_new)
            for row in file.read():
                if isinstance(row, UnusableRow):
                    batch.leave_out(row.number, row.track_id, row.reason, row.message)
                else:
                    batch.add(row)
                progress.advance(bar)
            batch.send()
    return result


def _check_space(source: Path, space: str, live: str) -> None:
    if live and live != space:
        raise SpaceMismatch(
            f"{source} holds vectors of {space}, but this stack serves {live}",
            next_step="Import into a stack with the model that made them (segue up --model), or "
            "have the music embedded by this one: segue sync, segue ingest.",
        )


class _Batch:
    """Rows on their way into one request."""

    def __init__(
        self, client: SegueClient, file: CatalogueFile, result: Imported, *, only_new: bool
    ) -> None:
        self._client = client
        self._file = file
        self._result = result
        self._only_new = only_new
        self._rows: dict[str, tuple[int, messages.TrackVectors]] = {}
        self._size = 0

    def add(self, row: UsableRow) -> None:
        """Add a row; what is full is sent before."""
        track_id = row.embedded.track.track_id
        message = embedded_track_to_message(row.embedded)
        size = message.ByteSize()
        full = self._size + size > REQUEST_BYTES or len(self._rows) == MOST_UPSERTED_TRACKS
        # A track that a file holds twice is stored twice: the last row counts.
        if self._rows and (full or track_id in self._rows):
            self.send()
        self._rows[track_id] = (row.number, message)
        self._size += size

    def send(self) -> None:
        """Send what is there."""
        rows, self._rows, self._size = list(self._rows.values()), {}, 0
        if rows:
            self._store(rows)

    def leave_out(self, number: int, track_id: str, reason: str, message: str) -> None:
        """Note a row that is not imported."""
        self._result.left_out.append(
            LeftOutRow(str(self._file.path), number, track_id, reason, message)
        )

    def _store(self, rows: Sequence[tuple[int, messages.TrackVectors]]) -> None:
        request = messages.UpsertTracksRequest(
            tracks=[message for _, message in rows],
            embedding_space=self._file.space,
            only_new=self._only_new,
        )
        try:
            answer = self._client.catalog("UpsertTracks", request)
        except RemoteError as exc:
            if exc.reason == SpaceMismatch.reason:
                raise SpaceMismatch(str(exc), next_step=exc.next_step) from exc
            if exc.reason not in _OF_ROWS:
                raise
            if len(rows) == 1:
                number, message = rows[0]
                self.leave_out(number, message.track.track_id, exc.reason, str(exc))
                return
            # One row spoils its request: halve until it stands alone.
            middle = len(rows) // 2
            self._store(rows[:middle])
            self._store(rows[middle:])
            return
        self._result.tracks += answer.upserted
        self._result.existing += len(answer.existing_track_ids)
