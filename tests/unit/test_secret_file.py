"""Secrets in files that nobody else reads."""

from __future__ import annotations

import multiprocessing
import stat
from pathlib import Path

import pytest

from segue.secret_file import SecretFileUnusable, make_secret, read_secret


def test_a_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    make_secret(path)
    secret = read_secret(path)
    assert len(secret) >= 43, "256 bits"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    make_secret(path)
    assert read_secret(path) == secret
    make_secret(tmp_path / "other")
    assert read_secret(tmp_path / "other") != secret
    assert sorted(one.name for one in tmp_path.iterdir()) == ["other", "secret"]


def test_of_two_that_make_it_at_once_both_read_the_same(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert len(set(pool.map(_made, [path, path]))) == 1


def _made(path: Path) -> str:
    make_secret(path)
    return read_secret(path)


def test_a_folder_that_cannot_be_written_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(SecretFileUnusable, match="cannot be written: No such file"):
        make_secret(tmp_path / "nowhere" / "secret")


@pytest.mark.parametrize("content", [b"", b"short\n", b"two words of a token\n", b"\xff" * 40])
def test_what_is_no_secret_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content)
    with pytest.raises(SecretFileUnusable, match=str(path)) as refused:
        read_secret(path)
    assert refused.value.reason == "SECRET_FILE_UNUSABLE"
