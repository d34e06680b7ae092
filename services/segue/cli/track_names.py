"""What a track is called before people: artist and title, else the name of its file."""

from __future__ import annotations

from segue.file_names import file_name_of
from segue.v1 import track_pb2


def title_of(track: track_pb2.Track) -> str:
    """The title; the file's name where there is none; empty when neither is known."""
    return track.metadata.title or file_name_of(track.source_uri, track.file_name)


def name_of(track: track_pb2.Track) -> str:
    """``artist – title``, as far as they are known (:func:`title_of`)."""
    return " – ".join(filter(None, (track.metadata.artist, title_of(track))))
