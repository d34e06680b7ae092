"""Files of this machine: bounded, regular, and where the caller may read."""

from __future__ import annotations

import hashlib
import io
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import pytest
import soundfile

from segue.audio.decoding import decode_stream
from segue.audio.tags import read_tags
from segue.errors import AudioError, SegueError, SourceForbidden, SourceUnavailable
from segue.media.local_files import KnownHashes, open_file, open_unread

LARGEST = 1024


def refusal(path: Path, roots: list[Path] | None = None) -> SegueError:
    with pytest.raises(SegueError) as caught:
        open_file(path, roots=roots, largest_bytes=LARGEST)
    return caught.value


def test_a_file_is_given_with_its_hash(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"audio")
    file, digest = open_file(tmp_path / "a", roots=[tmp_path], largest_bytes=LARGEST)
    with file:
        assert file.read() == b"audio"
    assert digest == hashlib.sha256(b"audio").hexdigest()


def test_a_file_is_hashed_again_only_when_it_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"audio")
    known = KnownHashes()
    # As seen a minute from now, the file has been at rest.
    later = time.time_ns() + 60 * 10**9
    monkeypatch.setattr(time, "time_ns", lambda: later)

    def digest() -> str:
        file, told = open_file(path, roots=None, largest_bytes=LARGEST, known=known)
        with file:
            assert file.tell() == 0
        return told

    first = digest()
    assert known.of(path.stat()) == first == digest()
    times = path.stat()
    path.write_bytes(b"other")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert digest() == hashlib.sha256(b"other").hexdigest()


def test_a_file_that_was_just_changed_is_hashed_again(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"audio")
    known = KnownHashes()
    open_file(tmp_path / "a", roots=None, largest_bytes=LARGEST, known=known)[0].close()
    assert known.of((tmp_path / "a").stat()) is None


@pytest.mark.parametrize("size", [LARGEST + 1, 1 << 40])
def test_what_is_too_large_is_refused_unread_also_when_it_is_hollow(
    tmp_path: Path, size: int
) -> None:
    with (tmp_path / "hollow").open("wb") as file:
        file.truncate(size)
    refused = refusal(tmp_path / "hollow")
    assert refused.reason == "AUDIO_TOO_LARGE"
    assert str(size) in str(refused)


@pytest.mark.parametrize(
    "path", ["/proc/self/pagemap", "/proc/self/mem", "/proc/kmsg", "/proc/self/environ"]
)
def test_files_that_the_kernel_makes_up_hold_nothing(path: str) -> None:
    refused = refusal(Path(path))
    assert isinstance(refused, SegueError)
    assert refused.reason in ("AUDIO_EMPTY", "SOURCE_NOT_READABLE")


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "/proc", "/"])
def test_what_is_no_regular_file_is_refused(path: str) -> None:
    assert refusal(Path(path)).reason == "SOURCE_NOT_FOUND"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "not a regular file" in str(refusal(tmp_path / "pipe"))


def test_a_large_file_that_is_no_audio_is_not_read_to_its_end(tmp_path: Path) -> None:
    with (tmp_path / "hollow").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(AudioError) as refused:
        open_file(tmp_path / "hollow", roots=None, largest_bytes=1 << 41)
    assert refused.value.reason == "AUDIO_NOT_AUDIO"


def test_a_link_is_followed_to_where_the_caller_may_read_and_nowhere_else(tmp_path: Path) -> None:
    inside, outside = tmp_path / "music", tmp_path / "private"
    for folder in (inside, outside):
        folder.mkdir()
        (folder / "a").write_bytes(b"audio")
    (inside / "good").symlink_to(inside / "a")
    (inside / "bad").symlink_to(outside / "a")
    (inside / "up").symlink_to(tmp_path)
    (inside / "gone").symlink_to(outside / "b")
    open_file(inside / "good", roots=[inside], largest_bytes=LARGEST)[0].close()
    open_file(inside / "bad", roots=None, largest_bytes=LARGEST)[0].close()
    for name in ("bad", "up/private/a", "../private/a"):
        assert isinstance(refusal(inside / name, [inside]), SourceForbidden)
    assert refusal(inside / "gone", [inside]).reason == "SOURCE_NOT_FOUND"


def test_a_root_may_be_a_link_itself(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "a").write_bytes(b"audio")
    (tmp_path / "music").symlink_to(tmp_path / "disk")
    roots = [tmp_path / "music"]
    open_file(tmp_path / "music" / "a", roots=roots, largest_bytes=LARGEST)[0].close()


def test_a_file_that_becomes_a_link_after_it_was_opened_gains_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = tmp_path / "music"
    inside.mkdir()
    (tmp_path / "secret").write_bytes(b"secret")
    (inside / "a").write_bytes(b"audio")
    system_open = os.open

    def open_and_swap(path: str | Path, flags: int) -> int:
        opened = system_open(path, flags)
        if Path(path) == inside / "a":
            (inside / "a").rename(inside / "b")
            (inside / "a").symlink_to(tmp_path / "secret")
        return opened

    monkeypatch.setattr(os, "open", open_and_swap)
    file, _ = open_file(inside / "a", roots=[inside], largest_bytes=LARGEST)
    with file:
        assert file.read() == b"audio"
    assert (inside / "a").read_bytes() == b"secret", "the swap was made"


def test_a_file_that_grows_while_it_is_read_is_not_read_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes(b"x")
    system_open = os.open

    def open_and_grow(path: str | Path, flags: int) -> int:
        opened = system_open(path, flags)
        if not flags & os.O_PATH:
            with (tmp_path / "a").open("ab") as file:
                file.write(b"x" * LARGEST)
        return opened

    monkeypatch.setattr(os, "open", open_and_grow)
    assert refusal(tmp_path / "a").reason == "AUDIO_TOO_LARGE"
    assert (tmp_path / "a").stat().st_size > LARGEST, "it grew"


@pytest.mark.parametrize("read", [lambda file: file.read(), lambda file: file.read(100)])
def test_what_fails_while_it_is_read_fails_for_a_while(read: Callable[[BinaryIO], bytes]) -> None:
    # At address 0 there is nothing to read: the kernel itself answers EIO.
    file, _ = open_unread(Path("/proc/self/mem"), roots=None)
    with file, pytest.raises(SourceUnavailable, match="Input/output error"):
        read(file)


def test_a_failing_share_is_not_taken_for_missing_or_broken_tags() -> None:
    file, _ = open_unread(Path("/proc/self/mem"), roots=None)
    with file, pytest.raises(SourceUnavailable):
        read_tags(file)


def test_a_failing_share_is_not_taken_for_damaged_audio() -> None:
    file, _ = open_unread(Path("/proc/self/mem"), roots=None)
    with file, pytest.raises(SourceUnavailable):
        list(decode_stream(file, 22_050))


class _FailingShare(io.RawIOBase):
    """A file that is read up to some byte and no further."""

    def __init__(self, content: bytes, fails_at: int) -> None:
        self._inner = io.BytesIO(content)
        self._fails_at = fails_at

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._inner.seek(offset, whence)

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._inner.tell() >= self._fails_at:
            raise SourceUnavailable("the share went stale")
        return self._inner.readinto(buffer)


@pytest.mark.parametrize("kind", ["FLAC", "MP3", "OGG", "WAV"])
def test_a_share_that_fails_within_the_audio_is_told_as_such(kind: str) -> None:
    noise = np.random.default_rng(1).standard_normal(22_050 * 30) / 10
    written = io.BytesIO()
    soundfile.write(written, noise, 22_050, format=kind)
    content = written.getvalue()
    file = cast("BinaryIO", io.BufferedReader(_FailingShare(content, len(content) // 2)))
    with pytest.raises(SourceUnavailable, match="went stale"):
        list(decode_stream(file, 22_050))
