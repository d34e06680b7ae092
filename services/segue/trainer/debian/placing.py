"""Which split each recording falls into, and its line in a manifest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from segue.trainer.data.track import NO_MUSIC, Split, TrainingTrack
from segue.trainer.debian.groups import artist_names, group_name, joined
from segue.trainer.debian.packages import PackageList
from segue.trainer.debian.unpacking import LeftOut, Recording, Sound


@dataclass(frozen=True, slots=True)
class Placed:
    """A recording of the corpus with its place in it.

    Attributes
    ----------
    group
        What a split keeps together, as the manifest names it.
    split
        As ``segue train`` makes it of the group; None for the development set.
    """

    recording: Recording
    group: str
    split: Split | None

    def to_json(self) -> str:
        """A line of a manifest, without its end."""
        recording = self.recording
        fields = {"track_id": recording.track_id, "path": f"audio/{recording.track_id}"}
        fields |= {
            "package_path" if name == "path" else name: value
            for name, value in asdict(recording).items()
        }
        fields |= {"group": self.group, "split": self.split or "test"}
        return json.dumps(fields, ensure_ascii=False)


def sound_line(sound: Sound) -> str:
    """A line of a manifest for what is no music, without its end: packages are its artists."""
    fields = {
        "track_id": sound.track_id,
        "path": f"sounds/{sound.track_id}",
        "artist": sound.package,
        "genres": [NO_MUSIC],
        "duration_seconds": sound.duration_seconds,
    }
    return json.dumps(fields, ensure_ascii=False)


def place(
    recordings: Sequence[Recording], listed: PackageList, copies: Sequence[LeftOut] = ()
) -> tuple[list[Placed], list[LeftOut]]:
    """Put recordings into groups and splits; leave out what shares an artist with development.

    Parameters
    ----------
    copies
        What was left out already. A copy in another package shows that the two share an artist,
        though neither may name them.
    """
    linked = {package.name: artist_names(*package.linked_artists) for package in listed.packages}
    artists: dict[str, set[str]] = {}
    for recording in recordings:
        names = artists.setdefault(recording.package, set(linked.get(recording.package, ())))
        names |= artist_names(recording.artist, recording.composer)
    for copy in copies:
        for package in {copy.package, copy.copied_package} & artists.keys():
            artists[package].add(f"copies in {copy.package} and {copy.copied_package}")
    groups = joined(artists)
    apart = groups.get(listed.development)
    placed, left_out = [], []
    for recording in recordings:
        group = groups[recording.package]
        name = group_name(group, listed.split_seed)
        if recording.package == listed.development:
            placed.append(Placed(recording, name, None))
        elif group == apart:
            reason = "DEVELOPMENT_ARTIST"
            detail = f"an artist of {recording.package} is also in {listed.development}"
            left_out.append(LeftOut(recording.package, recording.path, reason, detail))
        else:
            track = TrainingTrack(recording.track_id, Path(), group=f"group\x1f{name}")
            placed.append(Placed(recording, name, track.split))
    return placed, left_out
