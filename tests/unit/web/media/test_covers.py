"""Pictures are made once for each size, outside of the process, and what is wrong is remembered."""

from __future__ import annotations

import asyncio
import io
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from PIL import Image

from segue.errors import NotFound
from segue.web.backend import CallRefused, QueryUnavailable
from segue.web.media import covers as module
from segue.web.media.covers import READ_AT_ONCE, Covers, Picture
from segue.web.media.disk_cache import DiskCache
from segue.web.media.pictures import SIDES


def png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (400, 300), "red").save(file, "PNG")
    return file.getvalue()


def size_of(path: Path) -> tuple[int, int]:
    return Image.open(io.BytesIO(path.read_bytes())).size


class Source:
    """A picture, and how often it was read."""

    def __init__(self, content: bytes = b"", refused: str = "") -> None:
        self.content, self.refused = content, refused
        self.read, self.reading, self.most = 0, 0, 0

    def picture(self, etag: str = "a") -> Picture:
        async def read() -> bytes:
            self.read += 1
            self.reading += 1
            self.most = max(self.most, self.reading)
            await asyncio.sleep(0)
            self.reading -= 1
            if self.refused:
                code = grpc.StatusCode.NOT_FOUND
                raise CallRefused("no", code=code, reason=self.refused, next_step="none")
            return self.content

        return Picture(etag, read)


@pytest.fixture
async def covers(tmp_path: Path) -> AsyncIterator[Covers]:
    made = Covers(DiskCache(tmp_path / "cache", 64 * 1024 * 1024))
    yield made
    await made.close()


async def test_each_size_is_made_once_and_outlives_the_process(
    covers: Covers, tmp_path: Path
) -> None:
    source = Source(png())
    files = await asyncio.gather(*(covers.file(source.picture(), 96) for _ in range(5)))
    assert len(set(files)) == source.read == 1
    assert size_of(files[0]) == (96, 72)
    assert size_of(await covers.file(source.picture(), 192)) == (192, 144)
    again = Covers(DiskCache(tmp_path / "cache", 64 * 1024 * 1024))
    assert await again.file(source.picture(), 96) == files[0]
    assert source.read == 2


async def test_few_are_in_memory_at_the_same_time(covers: Covers) -> None:
    source = Source(png())
    await asyncio.gather(*(covers.file(source.picture(str(n)), 96) for n in range(20)))
    assert source.read == 20
    assert source.most <= READ_AT_ONCE


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (Source(b"\xff\xd8\xffnoise"), "COVER_UNREADABLE"),
        (Source(refused="COVER_NOT_FOUND"), "COVER_NOT_FOUND"),
    ],
)
async def test_a_file_without_a_picture_is_read_once(
    covers: Covers, source: Source, reason: str
) -> None:
    for side in (96, 192, 96):
        with pytest.raises(NotFound) as refused:
            await covers.file(source.picture(), side)
        assert refused.value.reason == reason
    assert source.read == 1
    assert await covers.file(Source(png()).picture("another"), 96)


async def test_what_may_pass_is_not_remembered(covers: Covers) -> None:
    source = Source(refused="TOO_MANY_READS")
    for _ in range(2):
        with pytest.raises(CallRefused):
            await covers.file(source.picture(), 96)
    assert source.read == 2


async def test_a_reading_that_hangs_is_given_up(
    covers: Covers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "READ_SECONDS", 0.05)
    hanging = Picture("hangs", asyncio.Event().wait)  # type: ignore[arg-type]
    asked = [covers.file(hanging, side) for side in SIDES]
    for told in await asyncio.gather(*asked, return_exceptions=True):
        assert isinstance(told, QueryUnavailable)
    assert await covers.file(Source(png()).picture(), 96)


def hang(content: bytes, side: int) -> bytes:
    time.sleep(600)
    return content


def take_memory(content: bytes, side: int) -> bytes:
    return bytes(8 << 30)


def die(content: bytes, side: int) -> bytes:
    os._exit(1)


@pytest.mark.parametrize(
    ("work", "seconds", "times_read"), [(hang, 0.2, 2), (take_memory, 60.0, 1), (die, 60.0, 1)]
)
async def test_a_picture_that_takes_too_much_ends_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work, seconds: float, times_read: int
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(module, "SECONDS", seconds)
        covers = Covers(DiskCache(tmp_path / "cache", 64 * 1024 * 1024))
    source = Source(png())
    try:
        with monkeypatch.context() as patched:
            patched.setattr(module, "scaled", work)
            for _ in range(2):
                with pytest.raises(NotFound) as refused:
                    await covers.file(source.picture(), 96)
                assert refused.value.reason == "COVER_UNREADABLE"
        assert source.read == times_read
        if seconds > 1:
            assert await covers.file(Source(png()).picture("another"), 96)
    finally:
        await covers.close()
