"""Whole tracks out of the pieces of a stream, also of one that broke on the way."""

from __future__ import annotations

from segue.cli.catalogue_export import whole_tracks
from segue.v1 import catalog_service_pb2 as messages
from segue.v1 import track_pb2


def piece(
    track_id: str, *starts: float, first: bool = False, follow: bool = False
) -> messages.TrackVectors:
    made = messages.TrackVectors(values=[1.0] if first else [], segments_follow=follow)
    made.track.track_id = track_id
    made.segments.extend(track_pb2.SegmentVector(start_seconds=start) for start in starts)
    return made


def told(*pieces: messages.TrackVectors) -> list[tuple[str, list[float]]]:
    return [
        (one.track.track_id, [segment.start_seconds for segment in one.segments])
        for one in whole_tracks(pieces)
    ]


def test_pieces_are_put_together() -> None:
    assert told(
        piece("a", first=True),
        piece("b", 0, 1, first=True, follow=True),
        piece("b", 2, 3, follow=True),
        piece("b", 4),
        piece("c", 0, first=True),
    ) == [("a", []), ("b", [0, 1, 2, 3, 4]), ("c", [0])]


def test_a_track_that_began_anew_is_there_once() -> None:
    assert told(
        piece("b", 0, 1, first=True, follow=True),
        piece("b", 2, 3, follow=True),
        piece("b", 0, 1, first=True, follow=True),
        piece("b", 2, 3, follow=True),
        piece("b", 4),
    ) == [("b", [0, 1, 2, 3, 4])]


def test_a_track_that_went_meanwhile_is_not_there() -> None:
    assert told(piece("b", 0, 1, first=True, follow=True), piece("c", 0, first=True)) == [
        ("c", [0])
    ]
