"""Pictures in files of every kind that may hold one."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from mutagen.aiff import AIFF
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC
from mutagen.mp3 import MP3
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

from segue.audio.covers import Cover, embedded_cover

FRONT, BACK = b"\xff\xd8\xfffront", b"\x89PNG\r\n\x1a\nback"


def flac_pictures() -> list[Picture]:
    made = []
    for kind, data in ((4, BACK), (3, FRONT)):
        picture = Picture()
        picture.type, picture.mime, picture.data = kind, "image/jpeg", data
        made.append(picture)
    return made


def with_id3(kind: type) -> Callable[[Path], None]:
    def tag(path: Path) -> None:
        file = kind(path)
        file.add_tags()
        for number, data in ((4, BACK), (3, FRONT)):
            file.tags.add(APIC(3, "image/jpeg", number, str(number), data))
        file.save()

    return tag


def flac(path: Path) -> None:
    file = FLAC(path)
    for picture in flac_pictures():
        file.add_picture(picture)
    file.save()


def ogg(path: Path) -> None:
    file = OggVorbis(path)
    file["metadata_block_picture"] = [
        "no picture", *(base64.b64encode(one.write()).decode() for one in flac_pictures())
    ]  # fmt: skip
    file.save()


@pytest.mark.parametrize(
    ("kind", "tag"),
    [("MP3", with_id3(MP3)), ("WAV", with_id3(WAVE)), ("AIFF", with_id3(AIFF)), ("FLAC", flac),
     ("OGG", ogg)],
)  # fmt: skip
def test_the_front_cover_is_found(tmp_path: Path, kind: str, tag: Callable[[Path], None]) -> None:
    # As kept uploads lie: without a suffix.
    path = tmp_path / "0123abcd"
    soundfile.write(path, np.sin(np.arange(44_100) / 10), 22_050, format=kind)
    assert embedded_cover(path) == Cover()
    tag(path)
    assert embedded_cover(path) == Cover(FRONT, "image/jpeg")


def test_what_is_no_picture_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    soundfile.write(path, np.sin(np.arange(44_100) / 10), 22_050, format="FLAC")
    file = FLAC(path)
    for kind, data in ((3, b"<svg onload='alert(1)'/>"), (3, b""), (0, BACK)):
        picture = Picture()
        picture.type, picture.mime, picture.data = kind, "image/png", data
        file.add_picture(picture)
    file.save()
    assert embedded_cover(path) == Cover(BACK, "image/png")


@pytest.mark.parametrize("content", [b"", b"no audio", b"ID3\x04\0\0\x7f\x7f\x7f\x7f", b"fLaC"])
def test_a_damaged_file_has_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    assert embedded_cover(tmp_path / "a") == Cover()
    assert embedded_cover(tmp_path / "missing") == Cover()
