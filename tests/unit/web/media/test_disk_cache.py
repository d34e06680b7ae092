"""What can be made again is made once, and goes when it is old or there is no room."""

from __future__ import annotations

import asyncio
import os
import time

import pytest

from segue.errors import AudioError
from segue.web.media.disk_cache import DiskCache, WebFolderFull


def writer(content: bytes, made: list[bytes]):
    async def make(path):
        made.append(content)
        path.write_bytes(content)

    return make


def names(folder):
    return sorted(path.read_bytes() for path in folder.iterdir())


async def test_what_several_want_is_made_once(tmp_path):
    cache, made = DiskCache(tmp_path / "new", 1_000), []

    async def slow(path):
        await asyncio.sleep(0.05)
        await writer(b"x", made)(path)

    paths = await asyncio.gather(*(cache.file(("a", 1), ".bin", slow) for _ in range(5)))
    assert len(set(paths)) == 1
    assert paths[0].read_bytes() == b"x"
    assert await cache.file(("a", 1), ".bin", slow) == paths[0]
    assert made == [b"x"]
    assert await cache.file(("a", 2), ".bin", slow) != paths[0]


async def test_who_goes_away_does_not_end_it_for_others(tmp_path):
    cache, begun, go = DiskCache(tmp_path, 1_000), asyncio.Event(), asyncio.Event()

    async def make(path):
        begun.set()
        await go.wait()
        path.write_bytes(b"x")

    first = asyncio.create_task(cache.file(("a",), "", make))
    await begun.wait()
    second = asyncio.create_task(cache.file(("a",), "", make))
    await asyncio.sleep(0)
    first.cancel()
    go.set()
    assert (await second).read_bytes() == b"x"


async def test_what_fails_leaves_nothing_and_is_tried_again(tmp_path):
    cache, made = DiskCache(tmp_path, 1_000), []

    async def fail(path):
        path.write_bytes(b"half")
        raise AudioError("damaged", "AUDIO_UNDECODABLE")

    with pytest.raises(AudioError):
        await cache.file(("a",), "", fail)
    assert names(tmp_path) == []
    await cache.file(("a",), "", writer(b"x", made))
    assert made == [b"x"]


async def test_the_longest_unused_go(tmp_path):
    cache, made = DiskCache(tmp_path, 10), []
    for age, content in ((300, b"aaaa"), (200, b"bbbb")):
        path = await cache.file((content,), "", writer(content, made))
        os.utime(path, (time.time() - age, time.time() - age))
    await cache.file((b"aaaa",), "", writer(b"aaaa", made))  # used again
    await cache.file((b"cccc",), "", writer(b"cccc", made))
    assert names(tmp_path) == [b"aaaa", b"cccc"]
    large = await cache.file((b"large",), "", writer(b"l" * 50, made))
    assert large.exists()
    assert names(tmp_path) == [b"l" * 50]


async def test_what_is_old_goes_and_what_was_given_up(tmp_path):
    cache, made = DiskCache(tmp_path, 1_000, most_seconds=60), []
    old = await cache.file(("old",), "", writer(b"old", made))
    await cache.file(("new",), "", writer(b"new", made))
    abandoned = tmp_path / ".partial-1"
    abandoned.write_bytes(b"half")
    for path in (old, abandoned):
        os.utime(path, (1, 1))
    cache.sweep()
    assert names(tmp_path) == [b"new"]


async def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("in the way")
    cache = DiskCache(tmp_path / "file", 1_000)
    with pytest.raises(WebFolderFull, match="cannot be written") as raised:
        await cache.file(("a",), "", writer(b"x", []))
    assert raised.value.reason == "WEB_FOLDER_UNUSABLE"
