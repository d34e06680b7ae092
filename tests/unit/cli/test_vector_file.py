"""Vectors to search by, from files."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from segue.cli.vector_file import read_vector
from segue.errors import InvalidVector, SourceUnavailable

VECTORS = np.array([[1, 0], [0.25, 0.75]], np.float32)


def archive(path: Path, *files: str, **changed: object) -> Path:
    arrays = {
        "files": np.array(files, dtype=np.str_),
        "vectors": VECTORS[: len(files)],
        "space": np.array("bands-v1"),
    } | changed
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return path


def test_the_only_vector_of_an_archive_is_taken_with_its_space(tmp_path: Path) -> None:
    seed = read_vector(archive(tmp_path / "v.npz", "a.mp3"))
    assert list(seed.values) == [1, 0]
    assert seed.space == "bands-v1"


@pytest.mark.parametrize("file", ["m/b.mp3", "b.mp3"])
def test_one_of_several_is_chosen(tmp_path: Path, file: str) -> None:
    path = archive(tmp_path / "v.npz", "m/a.mp3", "m/b.mp3")
    assert list(read_vector(path, file).values) == [0.25, 0.75]


def test_a_single_array_names_no_space(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", VECTORS[:1])
    seed = read_vector(tmp_path / "v.npy")
    assert (list(seed.values), seed.space) == ([1, 0], "")
    with pytest.raises(InvalidVector, match="names no files"):
        read_vector(tmp_path / "v.npy", "a.mp3")


@pytest.mark.parametrize(
    ("files", "file", "told"),
    [
        (("a.mp3", "b.mp3"), None, "holds 2 vectors: its files are a.mp3, b.mp3"),
        (("m/a.mp3", "n/a.mp3"), "a.mp3", "holds 2 vectors of 'a.mp3'"),
        (("a.mp3",), "c.mp3", "holds 0 vectors of 'c.mp3': its files are a.mp3"),
        ((), None, "its files are none"),
    ],
)
def test_which_vector_must_be_clear(
    tmp_path: Path, files: tuple[str, ...], file: str | None, told: str
) -> None:
    with pytest.raises(InvalidVector, match=told) as raised:
        read_vector(archive(tmp_path / "v.npz", *files), file)
    assert "--vector-of" in raised.value.next_step


def test_other_archives_are_refused(tmp_path: Path) -> None:
    for number, changed in enumerate(
        ({"space": None}, {"vectors": VECTORS[0]}, {"vectors": np.array([["x", "y"]])})
    ):
        path = archive(tmp_path / f"{number}.npz", "a.mp3", **changed)
        with pytest.raises(InvalidVector):
            read_vector(path)
    cut = archive(tmp_path / "cut.npz", "a.mp3")
    cut.write_bytes(cut.read_bytes()[:200])
    (tmp_path / "text.npz").write_text("no archive")
    for name in ("cut.npz", "text.npz", "missing.npz", "."):
        with pytest.raises(InvalidVector):
            read_vector(tmp_path / name)


def test_a_failing_share_is_not_taken_for_a_file_of_another_kind() -> None:
    # At address 0 there is nothing to read: the kernel itself answers EIO.
    with pytest.raises(SourceUnavailable, match="Input/output error") as raised:
        read_vector(Path("/proc/self/mem"))
    assert "Try again" in raised.value.next_step


def test_a_damaged_compressed_archive_is_no_failing_share(tmp_path: Path) -> None:
    path = tmp_path / "v.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as written:
        for name in ("files", "vectors", "space"):
            written.writestr(f"{name}.npy", b"\x93NUMPY\x01\x00" + bytes(500))
    damaged = path.read_bytes().replace(b"BZh9", b"BZhx")
    path.write_bytes(damaged)
    with pytest.raises(InvalidVector, match="no archive of segue embed"):
        read_vector(path)
