"""Which files of a package are music: folders say it, then length.

An audio file is music when it is a regular file (packages link to the same file under several
names) of 20 seconds or more, unless the folder nearest to it that tells says that it holds sounds:
``music`` or ``songs`` tell one thing, ``sounds``, ``sfx`` or ``speech`` the other, and other names
tell nothing. What a package calls otherwise stands in the list of packages, and so does what is
to be learnt from as neither: music in a folder of sounds that is too short or too partial to be a
recording. Modules for trackers and MIDI are left out: they are scores, and sound differently on
every player.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Literal, TypeAlias

from segue.audio.formats import AUDIO_SUFFIXES
from segue.trainer.debian.packages import Package

SHORTEST_SECONDS = 20.0
"""Of music."""

SHORTEST_SOUND_SECONDS = 3.1
"""Of what is no music: a chunk of a model, and something to spare."""

Kind: TypeAlias = Literal["music", "sound", "neither"]

_MUSIC = frozenset({"music", "musics", "tunes", "songs"})
_SOUND = frozenset(
    {
        "ambience", "ambient", "effects", "sfx", "sound", "soundfx", "sounds", "speech", "voice",
        "voices", "wav",
    }
)  # fmt: skip


def is_audio(path: str) -> bool:
    """Whether a path in a package has the suffix of an audio file."""
    return PurePosixPath(path).suffix.lower() in AUDIO_SUFFIXES


def kind_of(path: str, package: Package) -> Kind:
    """What a path in a package is taken for, whatever the file's length."""
    listed: tuple[tuple[Kind, tuple[str, ...]], ...] = (
        ("neither", package.neither),
        ("sound", package.not_music),
        ("music", package.music),
    )
    for kind, globs in listed:
        if any(fnmatchcase(path, glob) for glob in globs):
            return kind
    for folder in reversed(PurePosixPath(path).parts[:-1]):
        words = set(re.split(r"[^a-z]+", folder.lower()))
        if words & _MUSIC:
            return "music"
        if words & _SOUND:
            return "sound"
    return "music"
