"""The file of corrections beside the embedded index."""

from __future__ import annotations

from pathlib import Path

import pytest

from segue.errors import IndexUnavailable
from segue.index.edge.corrections import FILE_NAME, CorrectionsOnDisk

CORRECTIONS = {"title": 'Für "Elise"', "artists": ("A", "B"), "year": None, "explicit": False}


async def test_corrections_survive_the_process(tmp_path: Path) -> None:
    first = CorrectionsOnDisk(tmp_path)
    await first.put({"ä'b": CORRECTIONS, "b": {"year": 1999}})
    second = CorrectionsOnDisk(tmp_path)  # as of another space, while the first is open
    assert await second.get(["ä'b", "nobody"]) == {"ä'b": CORRECTIONS}
    await second.put({"b": {}, "c": {"genres": ()}})
    assert await first.get(["b", "c"]) == {"c": {"genres": ()}}
    await first.close()
    await second.close()
    again = CorrectionsOnDisk(tmp_path)
    assert await again.get(["ä'b", "b", "c"]) == {"ä'b": CORRECTIONS, "c": {"genres": ()}}
    assert await again.get([]) == {}
    await again.close()


async def test_many_are_asked_for_at_once(tmp_path: Path) -> None:
    store = CorrectionsOnDisk(tmp_path)
    many = {f"track-{number}": {"year": number} for number in range(1_200)}
    await store.put(many)
    assert await store.get(many.keys() | {"nobody"}) == many
    await store.close()


def test_a_damaged_file_is_told_of(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"no database " * 100)
    with pytest.raises(IndexUnavailable, match=r"corrections\.sqlite failed while opening"):
        CorrectionsOnDisk(tmp_path)


async def test_a_closed_file_is_told_of(tmp_path: Path) -> None:
    store = CorrectionsOnDisk(tmp_path)
    await store.close()
    with pytest.raises(IndexUnavailable, match="reading"):
        await store.get(["a"])
