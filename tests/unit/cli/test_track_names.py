"""What tracks are called before people."""

from __future__ import annotations

import pytest

from segue.cli.track_names import name_of
from segue.v1 import track_pb2


@pytest.mark.parametrize(
    ("artist", "title", "uri", "file_name", "name"),
    [
        ("Ann", "Song", "file:///m/x.mp3", "", "Ann – Song"),
        ("", "Song", "file:///m/x.mp3", "", "Song"),
        ("Ann", "", "file:///m/x.mp3", "", "Ann – x.mp3"),
        ("", "", "file:///m/F%C3%BCr%20Elise.mp3", "", "Für Elise.mp3"),
        ("", "", "https://host/music/a.mp3?token=***", "", "a.mp3"),
        ("", "", "spool://upload-" + 32 * "a" + "-my_song.mp3", "", "my_song.mp3"),
        ("", "", "spool://upload-" + 32 * "a", "", ""),
        ("", "", "spool://upload-" + 32 * "a" + "-F_r.mp3", "Für.mp3", "Für.mp3"),
        ("Ann", "", "", "Für.mp3", "Ann – Für.mp3"),
        ("", "", "file:///m/now.mp3", "before.mp3", "now.mp3"),
        ("", "", "http://[/x", "", ""),
        ("", "", "", "", ""),
    ],
)
def test_what_a_track_is_called(
    artist: str, title: str, uri: str, file_name: str, name: str
) -> None:
    metadata = track_pb2.TrackMetadata(artist=artist, title=title)
    assert name_of(track_pb2.Track(metadata=metadata, source_uri=uri, file_name=file_name)) == name
