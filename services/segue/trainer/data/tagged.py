"""A plain folder of audio, with what its tags say."""

from __future__ import annotations

from pathlib import Path

from segue.audio.formats import AUDIO_SUFFIXES
from segue.audio.tags import read_tags
from segue.notation import text_key
from segue.trainer.data.track import Grouping, TrainingTrack, group_of


def read_tagged(folder: Path, *, group_by: Grouping = "artist") -> list[TrainingTrack]:
    """Tracks of every audio file below ``folder``, hidden ones aside.

    The path below the folder is the track's id. Artist, album, genres and moods come from the
    file's tags; a file without tags has none of them and is a group of its own.

    Parameters
    ----------
    group_by
        What the split keeps together.
    """
    tracks = []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in AUDIO_SUFFIXES or path.name.startswith("."):
            continue
        track_id = path.relative_to(folder).as_posix()
        tags = read_tags(path)
        artist = text_key(tags.artist)
        tracks.append(
            TrainingTrack(
                track_id=track_id,
                path=path,
                artist=artist,
                album=tags.album,
                genres=tags.genres,
                moods=tags.moods,
                group=group_of(group_by, track_id, artist, tags.album),
            )
        )
    return tracks
