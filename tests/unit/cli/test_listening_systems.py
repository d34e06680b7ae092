"""What a listening test compares: which tracks count, and neighbours by vectors in a file."""

from __future__ import annotations

import numpy as np
import pytest

from segue.cli.listening_systems import compared, hearable, places_of
from segue.cli.vector_file import NamedVectors, read_vectors
from segue.errors import InvalidVector
from segue.v1 import track_pb2

TRACKS = [
    track_pb2.Track(track_id="one", source_uri="file:///music/a%20b.mp3"),
    track_pb2.Track(track_id="two", source_uri="spool://upload-" + 32 * "0" + "-two.flac"),
    track_pb2.Track(track_id="three"),
    track_pb2.Track(track_id="part", source_uri="file:///music/a%20b.mp3#t=10,20"),
]


def test_only_tracks_that_can_be_heard_and_have_an_artist_count():
    kept, at_source = track_pb2.TRACK_AUDIO_KEPT, track_pb2.TRACK_AUDIO_AT_SOURCE
    tracks = [
        track_pb2.Track(track_id=name, recording="r", audio=audio, source_uri=uri)
        for name, audio, uri in (
            ("named", kept, "kept://a"),
            ("nobody", kept, "kept://b"),
            ("file", at_source, "file:///music/a.mp3"),
            ("gone", track_pb2.TRACK_AUDIO_GONE, "spool://a"),
            ("at a shop", at_source, "https://music.example/a.mp3"),
            ("in a bucket", at_source, "s3://bucket/a.mp3"),
            ("vectors", track_pb2.TRACK_AUDIO_UNSPECIFIED, ""),
        )
    ]
    for track in tracks:
        if track.track_id != "nobody":
            track.metadata.artist = "Ann feat.  BOB"
            track.metadata.artists.extend(["Ann", "Bob"])
    found, file = hearable(tracks)
    assert (found.track_id, found.recording, file.track_id) == ("named", "r", "file")
    assert found.artists == {"ann", "bob", "ann feat. bob"}


def test_files_are_known_by_their_path_their_id_or_a_name_that_is_theirs_alone():
    names = ["/music/a b.mp3", "elsewhere/two.flac", "three", "unknown.mp3"]
    assert places_of(names, TRACKS) == {"one": 0, "two": 1, "three": 2}
    twice = [*names, "again/two.flac"]
    assert "two" not in places_of(twice, TRACKS)


def test_neighbours_are_nearest_by_their_angle():
    vectors = np.array([[3, 0], [0, 0.1], [5, 1]], np.float32)
    nearest = compared(NamedVectors(["/music/a b.mp3", "two.flac", "three"], vectors, "s"), TRACKS)
    assert list(nearest("one")) == ["one", "three", "two"]
    assert list(nearest("two")) == ["two", "three", "one"]
    assert list(nearest("part")) == []


def test_vectors_are_read_with_their_names(tmp_path):
    path = tmp_path / "vectors.npz"
    vectors = np.eye(2, dtype=np.float32)
    np.savez(path, files=np.array(["a", "b"]), vectors=vectors, space=np.array("mfcc"))
    found = read_vectors(path)
    assert (found.names, found.space) == (["a", "b"], "mfcc")
    assert found.vectors == pytest.approx(vectors)


def test_what_holds_no_named_vectors_is_refused(tmp_path):
    array = tmp_path / "array.npy"
    np.save(array, np.eye(2))
    with pytest.raises(InvalidVector, match="names no files"):
        read_vectors(array)
    other = tmp_path / "other.npz"
    np.savez(other, vectors=np.eye(2))
    with pytest.raises(InvalidVector, match="has no array 'files'"):
        read_vectors(other)
    broken = tmp_path / "broken.npz"
    np.savez(broken, files=np.array(["a"]), vectors=np.array([[np.nan]]), space=np.array("s"))
    with pytest.raises(InvalidVector, match="not finite"):
        read_vectors(broken)
