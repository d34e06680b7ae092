"""Catalogues of one place never see each other's tracks, though ids and spaces are the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import numpy as np

from segue.index.port import TrackIndex
from segue.index.queries import IndexQuery
from segue.layers import MetadataLayers, with_layers
from segue.tracks import EmbeddedTrack, Granularity, Segment, Track, TrackMetadata

Open = Callable[..., Awaitable[TrackIndex]]
SPACE = "test-v1"
DIMENSION = 16


def stored(track_id: str, axis: int, genre: str, *, space: str = SPACE) -> EmbeddedTrack:
    """A track along one axis, with one passage."""
    vector = np.eye(DIMENSION, dtype=np.float32)[axis]
    given = TrackMetadata(title=f"{genre} {track_id}", artist="Ann", genres=(genre,))
    shares = np.array([1, 0, 0, 0], np.float32)
    return EmbeddedTrack(
        with_layers(
            Track(track_id, source_uri=f"file:///{genre}/{track_id}"),
            MetadataLayers(given=given),
        ),
        space,
        vector,
        genre_vector=shares,
        segments=[Segment(0, 0.0, 10.0, vector)],
    )


async def titles(index: TrackIndex, axis: int, granularity: Granularity) -> list[str]:
    """Titles of what is like an axis, best first."""
    vector = np.eye(DIMENSION, dtype=np.float32)[axis]
    found = await index.search(vector, limit=9, granularity=granularity)
    return [one.track.metadata.title for one in found]


async def both(spaces: Open) -> tuple[TrackIndex, TrackIndex]:
    """Two catalogues with two ids each, of which they have one in common."""
    own, other = await spaces(SPACE), await spaces(SPACE, "archive")
    await own.upsert([stored("a", 0, "jazz"), stored("b", 1, "jazz")])
    await other.upsert([stored("a", 1, "metal"), stored("c", 0, "metal")])
    return own, other


async def test_each_knows_its_name(spaces: Open) -> None:
    own, other = await both(spaces)
    assert (own.catalogue, other.catalogue) == ("", "archive")
    assert own.space == other.space


async def test_what_is_read_of_one_is_its_own(spaces: Open) -> None:
    own, other = await both(spaces)
    for granularity in (Granularity.TRACKS, Granularity.PASSAGES):
        assert await titles(own, 0, granularity) == ["jazz a", "jazz b"]
        assert await titles(other, 0, granularity) == ["metal c", "metal a"]
    # The vector of a stored track is that of this catalogue's.
    (found,) = await other.search_many([IndexQuery(None, 9, track_id="a")])
    assert [one.track.metadata.title for one in found] == ["metal c"]
    for index, names, genre in ((own, {"a", "b"}, "jazz"), (other, {"a", "c"}, "metal")):
        listed, _ = await index.list_tracks(limit=9)
        assert {track.track_id for track in listed} == names
        words, _ = await index.find("a", limit=9)
        assert {track.metadata.title for track in words} == {f"{genre} {name}" for name in names}
        assert (await index.find("jazz metal", limit=9))[0] == []
        facets = await index.facets()
        assert [(facet.label, facet.tracks) for facet in facets["genres"]] == [(genre, 2)]
        assert (await index.existing(["a", "b", "c"])) == names
        assert {track.source_uri for track in (await index.get(["a", "b", "c"])).values()} == {
            f"file:///{genre}/{name}" for name in names
        }
        assert (await index.info()).tracks == 2
        assert {track.track.track_id async for track in index.embedded()} == names


async def test_what_is_changed_in_one_stays_there(spaces: Open) -> None:
    own, other = await both(spaces)
    await own.correct("a", {"title": "Corrected"})
    assert await other.move({"a": "file:///moved"}) == {"a"}
    assert await own.delete(["b", "c"]) == 1
    assert (await other.get(["a"]))["a"].metadata.title == "metal a"
    assert (await own.get(["a"]))["a"].source_uri == "file:///jazz/a"
    assert await other.existing(["a", "c"]) == {"a", "c"}
    # A correction holds for the same id in other spaces of its catalogue, and in no other one.
    later = "later-v1"
    own_later, other_later = await spaces(later), await spaces(later, "archive")
    for index, genre in ((own_later, "jazz"), (other_later, "metal")):
        await index.upsert([stored("a", 0, genre, space=later)])
    assert (await own_later.get(["a"]))["a"].metadata.title == "Corrected"
    assert (await other_later.get(["a"]))["a"].metadata.title == "metal a"


async def test_copies_are_looked_for_within_one(spaces: Open) -> None:
    own, other = await both(spaces)
    assert sorted(await own.recordings.due(9)) == ["a", "b"]
    track = (await own.get(["a"]))["a"]
    assert await own.recordings.assign({"a": "group"}, [track])
    assert await own.recordings.sizes() == {"group": 1}
    assert await other.recordings.sizes() == {}
    assert sorted(await other.recordings.due(9)) == ["a", "c"]
    assert (await other.get(["a"]))["a"].recording == ""
    assert (await own.get(["a"]))["a"] == replace(track, recording="group")
