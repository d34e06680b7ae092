"""The kinds of audio files that Segue takes: one list, for whoever looks for music in a folder."""

from __future__ import annotations

AUDIO_SUFFIXES = frozenset(
    {
        ".aac", ".aif", ".aiff", ".au", ".flac", ".m4a", ".mp3", ".mp4", ".oga", ".ogg", ".opus",
        ".wav",
    }
)  # fmt: skip
"""Endings of names of audio files, lower case, with the dot. What a file is, its bytes say."""
