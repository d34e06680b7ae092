"""Encoding by FFmpeg, and tags by mutagen."""

from __future__ import annotations

from pathlib import Path

import mutagen
import numpy as np
from mutagen.easymp4 import EasyMP4Tags

from segue.trainer.corpus.external_programs import run_program
from segue.trainer.corpus.manifest import Entry
from segue.trainer.corpus.production import Stereo

_CODECS: dict[str, tuple[str, ...]] = {
    "wav": ("-c:a", "pcm_s16le"),
    "flac": ("-c:a", "flac", "-sample_fmt", "s16", "-compression_level", "5"),
    "mp3": ("-c:a", "libmp3lame"),
    "ogg": ("-c:a", "libvorbis"),
    "m4a": ("-c:a", "aac"),
}
_LOSSLESS = ("wav", "flac")
_EXACT = ("-map_metadata", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact")


def encode(audio: Stereo, rate_hz: int, path: Path, *, kbit: int = 128, mono: bool = False) -> None:
    """Write stereo audio in the format that the path's suffix names; the file appears at once.

    ``kbit`` is the bit rate of the lossy formats.
    """
    form = path.suffix[1:]
    arguments = ["ffmpeg", "-v", "error", "-y", "-f", "f32le", "-ar", str(rate_hz), "-ac", "2"]
    arguments += ["-i", "pipe:0", "-threads", "1", *_CODECS[form], *_EXACT]
    if mono:
        arguments += ["-ac", "1"]
    if form not in _LOSSLESS:
        arguments += ["-b:a", f"{kbit}k"]
    partial = path.with_name(f".{path.stem}.partial{path.suffix}")
    run_program([*arguments, str(partial)], given=np.ascontiguousarray(audio, "<f4").tobytes())
    partial.replace(path)


def through_codec(audio: Stereo, rate_hz: int, codec: str, kbit: int) -> Stereo:
    """What a lossy codec (``mp3`` or ``ogg``) leaves of the audio; same shape."""
    form = ["-f", "f32le", "-ar", str(rate_hz), "-ac", "2"]
    start = ["ffmpeg", "-v", "error", "-threads", "1"]
    packed = run_program(
        [*start, *form, "-i", "pipe:0", *_CODECS[codec], "-b:a", f"{kbit}k", "-f", codec, "pipe:1"],
        given=np.ascontiguousarray(audio, "<f4").tobytes(),
    )
    raw = run_program([*start, "-i", "pipe:0", *form, "pipe:1"], given=packed)
    decoded = np.frombuffer(raw, "<f4").reshape(-1, 2)[: len(audio)]
    result = np.zeros_like(audio)
    result[: len(decoded)] = np.clip(decoded, -1, 1)
    return result


def write_tags(path: Path, entry: Entry) -> None:
    """Title, artist, album, genres, year and moods in the tags of MP3, Ogg, FLAC or M4A.

    Moods are written to the ID3 frame TMOO, the Vorbis comment MOOD, or the MP4 free form MOOD.
    """
    EasyMP4Tags.RegisterFreeformKey("mood", "MOOD")  # type: ignore[no-untyped-call]
    file = mutagen.File(path, easy=True)
    if file.tags is None:
        file.add_tags()
    file.update(
        title=entry.title,
        artist=entry.artist,
        album=entry.album,
        genre=list(entry.genres),
        date=str(entry.year),
        mood=list(entry.moods),
    )
    file.save()
