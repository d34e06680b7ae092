"""Media types of audio files, by their bytes, and which of them browsers play."""

from __future__ import annotations

from typing import BinaryIO

from segue.audio.containers import identify
from segue.audio.formats import Container
from segue.errors import AudioError

_MEDIA_TYPES = {
    Container.MP3: "audio/mpeg",
    Container.FLAC: "audio/flac",
    Container.OGG: "audio/ogg",
    Container.WAV: "audio/wav",
    Container.AIFF: "audio/aiff",
    Container.MP4: "audio/mp4",
    Container.AAC: "audio/aac",
    Container.MATROSKA: "audio/x-matroska",
    Container.ASF: "audio/x-ms-wma",
    Container.AMR: "audio/amr",
    Container.AC3: "audio/ac3",
    Container.WAVPACK: "audio/x-wavpack",
}
UNKNOWN_MEDIA = "application/octet-stream"

_PLAYED = {
    Container.MP3.value: {"mp3"},
    Container.FLAC.value: {"flac"},
    Container.OGG.value: {"vorbis", "opus", "flac"},
    Container.WAV.value: {"pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_f32le"},
    Container.MP4.value: {"aac", "mp3", "flac"},
}
"""What the browsers of these years play in every system, by container and codec. Not bare AAC: how
long it lasts they guess, and a place in it too."""


def media_type_of(file: BinaryIO) -> str:
    """Media type by the first bytes of an open file, which is left at its start."""
    try:
        container, _ = identify(file)
    except AudioError:
        return UNKNOWN_MEDIA
    finally:
        file.seek(0)
    return _MEDIA_TYPES.get(container, UNKNOWN_MEDIA)


def browsers_play(container: str, codec: str) -> bool:
    """Whether browsers play a codec in a container, both by FFmpeg's names."""
    return codec in _PLAYED.get(container, ())
