"""Uploads leave a whole file in the spool, or nothing."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from segue.callers import Caller
from segue.errors import AudioError, QueueUnavailable
from segue.ingest.sources import Sources
from segue.query.uploads import ABANDONED_AFTER_SECONDS, Upload, sweep


async def test_a_finished_upload_is_whole(tmp_path: Path) -> None:
    spool = tmp_path / "new" / "spool"
    async with Upload(spool, "song.mp3", largest_bytes=100) as upload:
        await upload.write(b"one ")
        await upload.write(b"two")
        file = await upload.finish()
    assert file.path.read_bytes() == b"one two"
    assert file.size_bytes == 7
    assert file.content_sha256 == hashlib.sha256(b"one two").hexdigest()
    assert file.uri == f"spool://{file.path.name}"
    assert file.path.name.endswith("-song.mp3")
    assert list(spool.iterdir()) == [file.path]
    file.discard()
    assert not list(spool.iterdir())


async def test_an_upload_that_is_cut_off_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConnectionError):  # noqa: PT012
        async with Upload(tmp_path, "a", largest_bytes=100) as upload:
            await upload.write(b"x")
            raise ConnectionError
    assert not list(tmp_path.iterdir())


async def test_too_many_bytes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AudioError) as caught:  # noqa: PT012
        async with Upload(tmp_path, "a", largest_bytes=3) as upload:
            await upload.write(b"123")
            await upload.write(b"4")
    assert caught.value.reason == "AUDIO_TOO_LARGE"
    assert not list(tmp_path.iterdir())


async def test_no_bytes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AudioError) as caught:
        async with Upload(tmp_path, "a", largest_bytes=3) as upload:
            await upload.finish()
    assert caught.value.reason == "AUDIO_EMPTY"


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "a/b\\c\x00.mp3", "..", ".hidden", "ü" * 300]
)
async def test_no_name_leads_out_of_the_spool(tmp_path: Path, name: str) -> None:
    async with Upload(tmp_path, name, largest_bytes=3) as upload:
        await upload.write(b"1")
        file = await upload.finish()
    assert file.path.parent == tmp_path
    assert file.path.name.isascii()
    assert len(file.path.name) < 200


async def test_a_spool_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(QueueUnavailable, match="cannot be written") as refused:
        Upload(tmp_path / "file" / "spool", "a", largest_bytes=3)
    assert refused.value.reason == "SPOOL_UNWRITABLE"
    assert "SEGUE_SPOOL" in refused.value.next_step


@pytest.mark.parametrize(
    "name",
    ["a.partial", "incoming-1", "upload-2", "-rf", "~", "~root", "CON", "a.mp3.1", ".nfs1", "%2e",
     "lost+found", "*", "spool:", "a\nb", "a\u202eb", "\ud800.mp3"],
)  # fmt: skip
@pytest.mark.parametrize("request_id", ["", "6d6a3a555f435f0c9a590f6d7b8f2c11"])
async def test_no_name_has_a_meaning_of_its_own(tmp_path: Path, name: str, request_id: str) -> None:
    async with Upload(tmp_path, name, largest_bytes=3, request_id=request_id) as upload:
        await upload.write(b"1")
        file = await upload.finish()
    moment = file.path.stat().st_mtime - 2 * ABANDONED_AFTER_SECONDS
    os.utime(file.path, (moment, moment))
    assert sweep(tmp_path) == 0
    assert file.path.read_bytes() == b"1"
    assert file.path.name.startswith("upload-")
    async with Sources(tmp_path).fetch(file.uri, Caller.GUEST) as source:
        assert source.file.read() == b"1"


def test_only_old_leftovers_are_swept(tmp_path: Path) -> None:
    for name, age in (("incoming-1", 2), ("incoming-2", 0), ("upload-1-old.mp3", 2)):
        path = tmp_path / name
        path.touch()
        moment = path.stat().st_mtime - age * ABANDONED_AFTER_SECONDS
        os.utime(path, (moment, moment))
    assert sweep(tmp_path) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["incoming-2", "upload-1-old.mp3"]
    assert sweep(tmp_path / "missing") == 0
