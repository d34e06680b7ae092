"""How much a request, a track or a clip may hold, the same for every way into Segue.

The API's answers name these numbers, and so do the comments in ``protos/``. What a deployment may
choose is in :mod:`segue.settings` instead.
"""

from __future__ import annotations

from segue.errors import InvalidArgument
from segue.tracks import TrackMetadata

LARGEST_TRACK_ID_BYTES = 256
"""In UTF-8."""

LONGEST_TEXT = 4_096
"""Characters of a title, an artist, an album."""

LONGEST_URI = 16_384
"""Characters: as many as the longest path takes when every byte of it is escaped, and more."""

URI_SCHEMES = ("file", "http", "https")
"""Of audio that clients name."""

MOST_LABELS = 1_000
"""Labels in one list: genres of a track, or one side of a filter."""

MOST_EXCLUDED_TRACKS = 10_000
"""Track ids that a filter leaves out."""

EARLIEST_YEAR, LATEST_YEAR = 1000, 9999

MOST_INGEST_ITEMS = 10_000
"""Tracks in one call of IngestTracks."""

MOST_UPSERTED_TRACKS = 1_000
"""Tracks in one call of UpsertTracks."""

MOST_GIVEN_SCORES = 1_000
"""Collaborative scores that a search brings along."""

DEFAULT_SEARCH_PAGE, LARGEST_SEARCH_PAGE = 10, 100

MOST_SEARCH_ANSWERS = 10_000
"""Answers that the pages of one unmixed search give."""

DEFAULT_LIST_PAGE, LARGEST_LIST_PAGE = 100, 1_000
"""Of tracks, and of dead letters."""

LARGEST_CLIP_BYTES = 32 * 1024 * 1024
"""Of a clip that is sent to be searched by."""

LONGEST_CLIP_SECONDS = 600.0
"""What is used of a clip."""


def checked_track_id(track_id: str, field: str = "track_id") -> str:
    """Return the id if it can name a track.

    Raises
    ------
    InvalidArgument
        When it is empty or longer than ``LARGEST_TRACK_ID_BYTES``; it names ``field``.
    """
    if not track_id:
        raise InvalidArgument(field, "must not be empty")
    # No character takes more than four bytes.
    if len(track_id) * 4 > LARGEST_TRACK_ID_BYTES:
        size = len(track_id.encode("utf-8"))
        if size > LARGEST_TRACK_ID_BYTES:
            raise InvalidArgument(field, f"has {size} bytes, over {LARGEST_TRACK_ID_BYTES}")
    return track_id


def checked_metadata(metadata: TrackMetadata, field: str = "metadata") -> TrackMetadata:
    """Return the metadata if the catalogue can hold it.

    Raises
    ------
    InvalidArgument
        When a text or list is too long, or the year out of range; it names the field in ``field``.
    """
    for name in ("title", "artist", "album"):
        if len(getattr(metadata, name)) > LONGEST_TEXT:
            raise InvalidArgument(f"{field}.{name}", f"is longer than {LONGEST_TEXT} characters")
    for name in ("genres", "moods"):
        if len(getattr(metadata, name)) > MOST_LABELS:
            raise InvalidArgument(f"{field}.{name}", f"holds over {MOST_LABELS} labels")
    year = metadata.year
    if year is not None and not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise InvalidArgument(
            f"{field}.year", f"{year} lies outside [{EARLIEST_YEAR}, {LATEST_YEAR}]"
        )
    return metadata
