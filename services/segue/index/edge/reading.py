"""Tracks and passages of the embedded index: those that were read before come from memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeVar
from uuid import UUID

from segue.index.conditions import Conditions, IsTrack
from segue.index.edge.shard import Shard
from segue.index.passages import Place, StoredPassage, segments_by_track
from segue.index.payload import PASSAGE_FIELDS, track_from_payload
from segue.index.schema import AUDIO
from segue.index.slices import slices
from segue.tracks import Segment, Track, Vector
from segue.turns import Pace

READ_SLICE = 32
"""Tracks that are read and parsed at once: about 2 ms."""

PASSAGE_SLICE = 64
"""Passages that are read with their vectors at once: about 0.5 ms."""

PLACE_SLICE = 128
"""Passages whose places are read at once: about 1 ms."""

VECTOR_SLICE = 256
"""Tracks whose song vectors are read at once: about 2 ms."""

TRACKS_KEPT = 65_536
SEGMENTS_KEPT = 262_144
"""Parsed answers kept in memory; the engine's own payloads lie on disk."""

VECTORS_KEPT = 32_768
"""Song vectors kept in memory: what the engine gives of one, number by number, takes longer to
read than to find. Of 128 dimensions they take 20 MB."""

K = TypeVar("K")
T = TypeVar("T")


class Reader:
    """Reads both collections of a space; whoever changes a point has it forgotten here.

    Parameters
    ----------
    tracks, segments
        The collections.
    """

    def __init__(self, tracks: Shard, segments: Shard) -> None:
        self._tracks = tracks
        self._segments = segments
        # By the number of the point: a UUID hashes and compares in Python.
        self._track_of: dict[int, Track] = {}
        self._place_of: dict[int, Place] = {}
        self._vector_of: dict[int, Vector] = {}

    async def tracks(self, ids: Sequence[UUID], *, keep: bool = True) -> list[Track | None]:
        """The track of each point, from memory where it was read before; None: there is none.

        Parameters
        ----------
        keep
            Whether those that are read now are kept in memory.
        """
        kept = self._track_of
        tracks = [kept.get(key.int) for key in ids]
        if all(tracks):  # unlike "None in", it compares no tracks
            return tracks
        missing = [key for key, track in zip(ids, tracks, strict=True) if track is None]
        pace = Pace()
        read: dict[int, Track] = {}
        for piece in slices(missing, READ_SLICE):
            for key, payload in self._tracks.payloads(piece).items():
                read[key.int] = track_from_payload(payload)
                if keep:
                    kept[key.int] = read[key.int]
            await pace.step()
        # Others may have dropped some of them meanwhile.
        tracks = [kept.get(key.int) or read.get(key.int) for key in ids]
        _shrink(kept, TRACKS_KEPT)
        return tracks

    def vectors(self, ids: Sequence[UUID]) -> dict[UUID, Vector]:
        """Song vectors, not to be written to, of those of the tracks that exist; in one go."""
        kept = self._vector_of
        missing = [key for key in ids if key.int not in kept]
        for key, vector in self._tracks.vectors(missing, AUDIO).items():
            vector.flags.writeable = False
            kept[key.int] = vector
        found = {key: kept[key.int] for key in ids if key.int in kept}
        _shrink(kept, VECTORS_KEPT)
        return found

    def places(self, ids: Sequence[UUID]) -> list[Place | None]:
        """Track, start and end of each segment, in one go; None: it is gone."""
        kept = self._place_of
        places = [kept.get(key.int) for key in ids]
        missing = [key for key, place in zip(ids, places, strict=True) if place is None]
        if missing:
            for key, payload in self._segments.payloads(missing, PASSAGE_FIELDS).items():
                place = (payload["track_id"], payload["start_seconds"], payload["end_seconds"])
                kept[key.int] = place
            places = [kept.get(key.int) for key in ids]
            _shrink(kept, SEGMENTS_KEPT)
        return places

    async def passages(
        self, track_ids: Collection[str], pace: Pace
    ) -> Mapping[str, Sequence[Segment]]:
        """All passages with their vectors, by track; nothing for a track without any."""
        if not track_ids:
            return {}
        where = self._segments.filter(Conditions(must=(IsTrack(tuple(track_ids)),)))
        found: list[StoredPassage] = []
        start: UUID | None = None
        while True:
            rows, start = self._segments.page_of_vectors(
                PASSAGE_SLICE, start, where, PASSAGE_FIELDS
            )
            found += [StoredPassage.of(payload, vectors[AUDIO]) for payload, vectors in rows]
            await pace.step()
            if start is None:
                return segments_by_track(found)

    def forget_tracks(self, ids: Iterable[UUID]) -> None:
        """Read these tracks anew when they are asked for."""
        for key in ids:
            self._track_of.pop(key.int, None)
            self._vector_of.pop(key.int, None)

    def forget_segments(self, ids: Iterable[UUID]) -> None:
        """Read the places of these segments anew when they are asked for."""
        for key in ids:
            self._place_of.pop(key.int, None)


def _shrink(kept: dict[K, T], most: int) -> None:
    """Drop the entries read first until at most ``most`` are left."""
    while len(kept) > most:
        del kept[next(iter(kept))]
