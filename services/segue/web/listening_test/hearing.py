"""Which tracks the page can play."""

from __future__ import annotations

from segue.library.places import path_of
from segue.v1 import track_pb2


def can_be_heard(track: track_pb2.Track) -> bool:
    """Whether the audio of a track is where a stack reads it: a kept upload, or a file of its own.

    Whether the file is still there is not looked at.
    """
    if track.audio == track_pb2.TRACK_AUDIO_AT_SOURCE:
        return path_of(track.source_uri) is not None
    return track.audio == track_pb2.TRACK_AUDIO_KEPT
