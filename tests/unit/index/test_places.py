"""Where catalogues lie: the default one where it always did, others apart from it."""

from __future__ import annotations

from pathlib import Path

from segue.index.by_url import open_index
from segue.index.schema import SEGMENTS, TRACKS, collection_name, name_in
from segue.settings import IndexSettings
from segue.tracks import EmbeddedTrack, Track


def test_names_on_a_server_are_those_of_before_in_the_default_catalogue() -> None:
    assert collection_name(TRACKS, "segue-v1") == "tracks.segue-v1"
    assert name_in("", "corrections") == "corrections"


def test_no_two_collections_have_one_name() -> None:
    catalogues = ("", "x", "x-tracks", "tracks", "corrections")
    spaces = ("s-v1", "x.tracks.s-v1", "catalogue.x.tracks.s-v1")
    names = [
        collection_name(kind, space, catalogue)
        for kind in (TRACKS, SEGMENTS)
        for space in spaces
        for catalogue in catalogues
    ]
    names += [
        name_in(catalogue, name)
        for name in ("corrections", TRACKS, SEGMENTS)
        for catalogue in catalogues
    ]
    assert len(set(names)) == len(names)
    assert name_in("x", TRACKS) == "catalogue.x.tracks"


async def test_catalogues_on_disk_are_there_when_they_are_opened_again(tmp_path: Path) -> None:
    settings = IndexSettings(index_url=f"edge://{tmp_path}/index")
    for catalogue in ("", "archive"):
        index = await open_index(settings, space="s-v1", dimension=4, catalogue=catalogue)
        name = catalogue or "own"
        await index.upsert([EmbeddedTrack(Track(name), "s-v1", [1, 0, 0, 0], segments=[])])
        await index.close()
    for catalogue in ("", "archive"):
        index = await open_index(settings, space="s-v1", dimension=4, catalogue=catalogue)
        assert index.catalogue == catalogue
        assert await index.existing(["own", "archive"]) == {catalogue or "own"}
        await index.close()
    assert (tmp_path / "index" / "tracks.s-v1").is_dir()
    assert (tmp_path / "index" / "catalogues" / "archive" / "tracks.s-v1").is_dir()
    assert [path.name for path in (tmp_path / "index" / "catalogues").iterdir()] == ["archive"]
