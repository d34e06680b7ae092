"""Which split each recording falls into, and its line in a manifest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from segue.trainer.data.track import NO_MUSIC, Split, TrainingTrack
from segue.trainer.debian.groups import artist_names, group_name, joined
from segue.trainer.debian.packages import PackageList
from segue.trainer.debian.unpacking import LeftOut, Recording


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
        return json.dumps(self._fields("audio"), ensure_ascii=False)

    def to_sound_json(self) -> str:
        """A line of a manifest for what is no music; a package stands for an unknown artist."""
        fields = self._fields("sounds") | {
            "artist": self.recording.artist or self.recording.package,
            "genres": [NO_MUSIC],
        }
        return json.dumps(fields, ensure_ascii=False)

    def _fields(self, folder: str) -> dict[str, Any]:
        recording = self.recording
        fields: dict[str, Any] = {
            "track_id": recording.track_id,
            "path": f"{folder}/{recording.track_id}",
        }
        fields |= {
            "package_path" if name == "path" else name: value
            for name, value in asdict(recording).items()
        }
        return fields | {"group": self.group, "split": self.split or "test"}


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
            placed.append(Placed(recording, name, _split_of(name)))
    return placed, left_out


def place_sounds(
    sounds: Sequence[Recording],
    placed: Sequence[Placed],
    listed: PackageList,
    left_out: Sequence[LeftOut] = (),
) -> list[Placed]:
    """Put what is no music where the music of its package is, so that both are held out together.

    None is taken of packages for development or testing, nor of those that share an artist with
    the former. A package without music that was kept goes with the music that its own is a copy
    of, and is a group of its own where there is none.

    Parameters
    ----------
    placed, left_out
        The music, and what of it was left out.
    """
    places = {item.recording.package: (item.group, item.split) for item in placed}
    apart = {item.package for item in left_out if item.reason == "DEVELOPMENT_ARTIST"}
    apart.add(listed.development)
    copies = {
        item.package: places[item.copied_package]
        for item in left_out
        if item.package not in places and item.copied_package in places
    }
    taken = []
    for sound in sounds:
        own = group_name(sound.package, listed.split_seed)
        known = places.get(sound.package) or copies.get(sound.package)
        group, split = known or (own, _split_of(own))
        if sound.package not in apart and split in ("train", "validation"):
            taken.append(Placed(sound, group, split))
    return taken


def _split_of(group: str) -> Split:
    return TrainingTrack("", Path(), group=f"group\x1f{group}").split
