"""What the name of an entry of a music folder says about it. The one place that decides.

Titles begin with dots too (``...And Justice for All``, ``.5 The Gray Chapter``), so a leading dot
alone hides nothing: a name is hidden where one dot stands before a letter (``.git``,
``.Trash-1000``), or before a sign with which programs mark their own files (``.~lock``, ``.#x``).
"""

from __future__ import annotations

import os
import re

from segue.audio.formats import AUDIO_SUFFIXES

SHEET_SUFFIX = ".cue"
MANIFEST_SUFFIXES = frozenset({".csv", ".jsonl", ".ndjson"})
PLAYLIST_SUFFIXES = frozenset({".m3u", ".m3u8", ".xspf", ".jspf"})

# Kept by systems and programs beside what people put there, by their names in lower case: Synology
# and QNAP, archives made on a Mac, ext file systems, Windows.
_SYSTEM_FOLDERS = frozenset(
    {
        "@eadir",
        "#recycle",
        "#snapshot",
        "@recycle",
        "@recently-snapshot",
        "@__thumb",
        "@sharebin",
        "@tmp",
        "__macosx",
        "lost+found",
        "$recycle.bin",
        "system volume information",
    }
)

_UNDECODABLE = frozenset(
    {
        ".3ga", ".aa", ".aax", ".aaxc", ".ac3", ".act", ".aifc", ".alac", ".amr", ".ape",
        ".au", ".awb", ".caf", ".dff", ".dsf", ".dss", ".dts", ".dvf", ".ec3", ".eac3", ".flp",
        ".gsm", ".iff", ".it", ".kar", ".la", ".m4b", ".m4p", ".m4r", ".mid", ".midi", ".mka",
        ".mlp", ".mmf", ".mod", ".mp1", ".mp2", ".mpc", ".mpga", ".msv", ".mtm", ".nsf",
        ".ofr", ".ofs", ".oma", ".opt", ".pac", ".psf", ".ra", ".ram", ".rf64", ".rm", ".rmi",
        ".s3m", ".shn", ".sid", ".snd", ".spc", ".spx", ".tak", ".thd", ".tta", ".vgm", ".voc",
        ".vox", ".w64", ".wax", ".weba", ".webm", ".wma", ".wv", ".wvc", ".xm",
    }
)  # fmt: skip
"""Suffixes of sound that is not decoded, as far as ``AUDIO_SUFFIXES`` does not name them."""

_HIDDEN = re.compile(r"\.(?:[^\W\d_]|[@#~])")
_SUFFIX = re.compile(r"\.[0-9a-z]{1,8}", re.IGNORECASE)


def is_hidden(name: str, *, folder: bool) -> bool:
    """Whether people do not see it; a Mac leaves files ``._x`` beside those that they do see."""
    return bool(_HIDDEN.match(name)) or (not folder and name.startswith("._"))


def is_system_folder(name: str) -> bool:
    """Whether a folder of this name belongs to a system: thumbnails, waste baskets, snapshots."""
    return name.lower() in _SYSTEM_FOLDERS


def is_audio(name: str) -> bool:
    """Whether the name is that of a file that is taken."""
    return suffix_of(name) in AUDIO_SUFFIXES


def resembles_audio(name: str) -> bool:
    """Whether the name is that of sound which is not taken: somebody will miss it."""
    return suffix_of(name) in _UNDECODABLE - AUDIO_SUFFIXES


def is_manifest(name: str) -> bool:
    """Whether the name is that of a list of tracks."""
    return suffix_of(name) in MANIFEST_SUFFIXES


def is_cue_sheet(name: str) -> bool:
    """Whether the name is that of a cue sheet, which may divide a file into tracks."""
    return suffix_of(name) == SHEET_SUFFIX


def is_playlist(name: str) -> bool:
    """Whether the name is that of a list of files for players."""
    return suffix_of(name) in PLAYLIST_SUFFIXES


def may_be_folder(name: str) -> bool:
    """Whether something of this name that cannot be looked at may have been a folder."""
    return not _SUFFIX.fullmatch(os.path.splitext(name)[1])


def suffix_of(name: str) -> str:
    """The suffix in lower case, with its dot; empty where there is none."""
    return os.path.splitext(name)[1].lower()
