"""The file of corrections beside the embedded index."""

from __future__ import annotations

from pathlib import Path

import pytest

from segue.errors import IndexUnavailable
from segue.index.edge.corrections import FILE_NAME, CorrectionsOnDisk

CORRECTIONS = {"title": 'Für "Elise"', "artists": ("A", "B"), "year": None, "explicit": False}


async def test_corrections_survive_the_process(tmp_path: Path) -> None:
    first = CorrectionsOnDisk(tmp_path)
    await first.put({"ä'b": CORRECTIONS, "b": {"year": 1999}}, "one-v1")
    second = CorrectionsOnDisk(tmp_path)  # as of another space, while the first is open
    assert await second.get(["ä'b", "nobody"]) == {"ä'b": CORRECTIONS}
    await second.put({"b": {}, "c": {"genres": ()}}, "two-v1")
    assert await first.get(["b", "c"]) == {"b": {}, "c": {"genres": ()}}
    await second.delete(["b", "nobody"])
    await second.delete(["nobody"])
    await first.close()
    await second.close()
    again = CorrectionsOnDisk(tmp_path)
    assert await again.get(["ä'b", "b", "c"]) == {"ä'b": CORRECTIONS, "c": {"genres": ()}}
    assert await again.get([]) == {}
    await again.close()


async def test_many_are_asked_for_at_once(tmp_path: Path) -> None:
    store = CorrectionsOnDisk(tmp_path)
    many = {f"track-{number}": {"year": number} for number in range(1_200)}
    await store.put(many, "one-v1")
    assert await store.get(many.keys() | {"nobody"}) == many
    await store.put({"track-7": {}, "other": {"title": "T"}}, "two-v1")
    pages = [page async for page in store.made_elsewhere("two-v1")]
    del many["track-7"]
    assert {key: one for page in pages for key, one in page.items()} == many
    assert max(map(len, pages)) <= 500
    pages = [page async for page in store.made_elsewhere("one-v1")]
    assert pages == [{"track-7": {}, "other": {"title": "T"}}]
    await store.close()


def test_a_damaged_file_is_told_of(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"no database " * 100)
    with pytest.raises(IndexUnavailable, match=r"corrections\.sqlite failed while opening") as told:
        CorrectionsOnDisk(tmp_path)
    assert "backup" in told.value.next_step


async def test_a_closed_file_is_told_of(tmp_path: Path) -> None:
    store = CorrectionsOnDisk(tmp_path)
    await store.close()
    with pytest.raises(IndexUnavailable, match="reading"):
        await store.get(["a"])
