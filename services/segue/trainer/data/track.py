"""A track of a training set, and the split (training, validation or test) that it falls into."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from segue.errors import InvalidRequest

Split: TypeAlias = Literal["train", "validation", "test"]

Grouping: TypeAlias = Literal["artist", "album", "track"]
"""What a split keeps together."""

NO_MUSIC = "no music"
"""Genre of a track that is none: what a network that can tell says no genre of."""


@dataclass(frozen=True, slots=True)
class TrainingTrack:
    """One recording of a training set.

    Attributes
    ----------
    path
        Path of the audio file.
    artist
        Normal form of the artist's name; empty when unknown.
    album
        Title of the album; empty when unknown.
    style
        What the corpus generator accompanied the track with; empty for other music.
    group
        Tracks of one group fall into one split. Empty: the artist is the group, or
        the track itself when the artist is unknown.
    held_out
        The track is reserved for testing.
    published
        Part of the split that the data set's authors put the track in, where theirs is wanted.
    """

    track_id: str
    path: Path
    artist: str = ""
    album: str = ""
    genres: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()
    style: str = ""
    group: str = ""
    held_out: bool = False
    published: Split | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """Its genres and moods."""
        return self.genres + self.moods

    @property
    def group_key(self) -> str:
        """Name of what falls into one split together."""
        return self.group or group_of("artist", self.track_id, self.artist)

    @property
    def split(self) -> Split:
        """Part of the split: as reserved or published, otherwise 80/10/10 by a hash of the group.

        The hash is SHA-256, so a track stays where it is when others come or go.
        """
        if self.held_out:
            return "test"
        if self.published is not None:
            return self.published
        tenth = int.from_bytes(hashlib.sha256(self.group_key.encode()).digest()[:8], "big") % 10
        return "validation" if tenth == 8 else "test" if tenth == 9 else "train"


def group_of(by: Grouping, track_id: str, artist: str = "", album: str = "") -> str:
    """Name of the group of a track; one that lacks an artist or album is a group of its own.

    Parameters
    ----------
    by
        What to keep together. Albums of one title by two artists are two albums.
    track_id, artist, album
        As the track has them; ``artist`` in its normal form.
    """
    if by == "album" and album:
        return f"album\x1f{artist}\x1f{' '.join(album.casefold().split())}"
    if by == "artist" and artist:
        return f"artist\x1f{artist}"
    return f"track\x1f{track_id}"


class InvalidTrainingData(InvalidRequest):
    """A data set cannot be read as what it was said or seems to be."""

    reason = "TRAINING_DATA_INVALID"

    def __init__(self, message: str, next_step: str) -> None:
        super().__init__(message, next_step=next_step)
