"""What the pages of a search have shown: its cursor, which holds while the catalogue changes.

Every page orders the catalogue anew, as it is then, and drops what was shown before: whatever is
added, changed or deleted between two pages, no track is repeated, and none that stays is missed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from segue.errors import InvalidPageToken
from segue.tracks import Track

MARK_BYTES = 5
"""Of what stands for a track: with 1,000 shown and 2,000 candidates, two of a million pages take a
track for one that was shown."""

CLOCKS_APART = timedelta(milliseconds=500)
"""By which the clocks of machines may differ: what was stored by one that is ahead is no newer than
the search for that."""

_TIME_BYTES = 6


@dataclass(frozen=True)
class Shown:
    """Tracks on the pages before, in their order.

    Attributes
    ----------
    began
        When the first page was asked for, in whole milliseconds, UTC.
    """

    began: datetime
    marks: tuple[bytes, ...] = ()

    @classmethod
    def nothing(cls, now: datetime) -> Shown:
        """Before the first page."""
        return cls(datetime.fromtimestamp(int(now.timestamp() * 1000) / 1000, UTC))

    @classmethod
    def read(cls, cursor: bytes) -> Shown:
        """Read what :meth:`cursor` wrote.

        Raises
        ------
        InvalidPageToken
            When it is nothing that was written.
        """
        time, marks = cursor[:_TIME_BYTES], cursor[_TIME_BYTES:]
        try:
            began = datetime.fromtimestamp(int.from_bytes(time, "big") / 1000, UTC)
        except (ValueError, OverflowError, OSError) as exc:
            raise InvalidPageToken("page_token holds no time of a first page") from exc
        if len(time) < _TIME_BYTES or not marks or len(marks) % MARK_BYTES:
            raise InvalidPageToken("page_token does not say what was shown before")
        starts = range(0, len(marks), MARK_BYTES)
        return cls(began, tuple(marks[start : start + MARK_BYTES] for start in starts))

    def cursor(self) -> bytes:
        """What the token of the next page holds."""
        return self._time + b"".join(self.marks)

    def then(self, track_ids: Sequence[str]) -> Shown:
        """These, and the tracks of one more page."""
        return Shown(self.began, (*self.marks, *self._marks(track_ids)))

    def __len__(self) -> int:
        return len(self.marks)

    def place(self, track_id: str) -> int | None:
        """Where a track was shown, counted from 0; None: it was not."""
        if not self.marks:
            return None
        (mark,) = self._marks((track_id,))
        return self._places.get(mark)

    def is_older_than(self, track: Track) -> bool:
        """Whether a track was stored after the first page was asked for.

        A correction of its metadata changes nothing about that.
        """
        return (
            bool(self.marks)
            and track.ingested_at is not None
            and track.ingested_at > self.began + CLOCKS_APART
        )

    @cached_property
    def _time(self) -> bytes:
        return round(self.began.timestamp() * 1000).to_bytes(_TIME_BYTES, "big")

    @cached_property
    def _places(self) -> dict[bytes, int]:
        return {mark: place for place, mark in enumerate(self.marks)}

    def _marks(self, track_ids: Sequence[str]) -> list[bytes]:
        # Another time makes other marks: two tracks that share one do so in a single search.
        salt = self._time
        return [
            hashlib.blake2b(
                one.encode("utf-8", "surrogatepass"), digest_size=MARK_BYTES, salt=salt
            ).digest()
            for one in track_ids
        ]
