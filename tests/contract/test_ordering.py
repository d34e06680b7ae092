"""The catalogue in an order, as every index adapter gives it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from segue.errors import InvalidPageToken
from segue.index import ordering, payload
from segue.index.exact import ExactIndex
from segue.index.port import TrackIndex
from segue.layers import MetadataLayers, with_layers
from segue.track_order import ORDERED_BY, TrackOrder
from segue.tracks import (
    EmbeddedTrack,
    LabelMatch,
    NumberRange,
    Track,
    TrackFilter,
    TrackMetadata,
    track_point_id,
)

Catalogue = Callable[..., list[EmbeddedTrack]]
SPACE = "test-v1"
DIMENSION = 16
ORDERS = [TrackOrder(by, descending) for by in ORDERED_BY for descending in (False, True)]

TITLES = (
    "1999", "99 Luftballons", "Ágætis byrjun", "agape", "air", "Air II", "Élan vital",
    "Symphonie fantastique", "Symphony No. 10: I. Adagio", "Symphony No. 9: I. Allegro",
    "symphony no. 9: II. SCHERZO", "Zebra", "÷", "Земля", "Я", "夜", "夜に駆ける",
)  # fmt: skip
"""In their order."""


def titled(number: int, title: str, **said: object) -> EmbeddedTrack:
    vector = np.eye(1, DIMENSION, dtype=np.float32)[0]
    metadata = TrackMetadata(title, **said)  # type: ignore[arg-type]
    return EmbeddedTrack(Track(f"t{number:03}", metadata), SPACE, vector)


async def all_pages(
    index: TrackIndex, order: TrackOrder, size: int, where: TrackFilter = TrackFilter()
) -> list[str]:
    """Ids on pages of so many; none but the last is shorter."""
    ids: list[str] = []
    after = None
    while True:
        page, after = await index.list_tracks(limit=size, after=after, where=where, order=order)
        ids += [track.track_id for track in page]
        if after is None:
            return ids
        assert len(page) == size


@pytest.mark.parametrize("pieces", [3, 256])
async def test_every_order_is_that_of_the_oracle(
    index: TrackIndex,
    oracle: ExactIndex,
    catalogue: Catalogue,
    pieces: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ordering, "ENTRIES_AT_ONCE", pieces)
    tracks = catalogue(50)
    await index.upsert(tracks)
    await oracle.upsert(tracks)
    filters = (
        TrackFilter(),
        TrackFilter(genres=LabelMatch(any_of=("jazz",))),
        TrackFilter(year=NumberRange(1992, 1995)),
        TrackFilter(only_track_ids=()),
    )
    for order, where in itertools.product(ORDERS, filters):
        right, _ = await oracle.list_tracks(limit=99, where=where, order=order)
        assert len(right) == await oracle.count(where)
        for size in (1, 7, 50):
            paged = await all_pages(index, order, size, where)
            assert paged == [one.track_id for one in right], order
    for order in ORDERS:
        right, _ = await oracle.list_sources(limit=99, order=order)
        sources, after = await index.list_sources(limit=9, order=order)
        further, _ = await index.list_sources(limit=99, after=after, order=order)
        assert [*sources, *further] == right
        found, after = await index.find("title 1", limit=4, order=order)
        further_found, _ = await index.find("title 1", limit=99, after=after, order=order)
        right_found, _ = await oracle.find("title 1", limit=99, order=order)
        assert [*found, *further_found] == right_found


async def test_texts_stand_as_people_look_for_them(index: TrackIndex) -> None:
    mixed = [titled(number * 7 % len(TITLES), title) for number, title in enumerate(TITLES)]
    await index.upsert(mixed)
    title_of = {one.track.track_id: one.track.metadata.title for one in mixed}
    for size in (1, 4, 99):
        rising = await all_pages(index, TrackOrder("title"), size)
        assert tuple(title_of[key] for key in rising) == TITLES
        falling = await all_pages(index, TrackOrder("title", descending=True), size)
        assert falling == rising[::-1]


async def test_titles_that_begin_alike_stand_by_what_follows(
    index: TrackIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alike in the letters of no number, of one, of two and of all of them."""
    monkeypatch.setattr(ordering, "ENTRIES_AT_ONCE", 4)
    beginnings = ("", "recordin", "recording number", "recording of a long evening")
    titles = [f"{beginnings[n % 4]}{n * 37 % 11:02}" for n in range(44)]
    titles += ["recording of a long evening", "recordin", "recording", "r"]
    await index.upsert([titled(number, title) for number, title in enumerate(titles)])
    keys = {f"t{number:03}": title for number, title in enumerate(titles)}
    by_point = sorted(keys, key=track_point_id)
    for descending in (False, True):
        right = sorted(by_point, key=keys.__getitem__, reverse=descending)
        for size in (1, 3, 10, 99):
            assert await all_pages(index, TrackOrder("title", descending), size) == right


async def test_ties_stand_by_their_points_and_what_says_nothing_last(index: TrackIndex) -> None:
    tracks = [titled(number, "One", artist="Ann" if number % 2 else "") for number in range(12)]
    await index.upsert(tracks)
    by_point = sorted((one.track.track_id for one in tracks), key=track_point_id)
    right = [key for key in by_point if int(key[1:]) % 2]
    right += [key for key in by_point if not int(key[1:]) % 2]
    for descending in (False, True):
        for size in (1, 5, 12):
            assert await all_pages(index, TrackOrder("artist", descending), size) == right


async def test_pages_go_on_when_tracks_change(index: TrackIndex) -> None:
    tracks = [titled(number, f"Symphony {number:02}") for number in range(20)]
    await index.upsert(tracks)
    order = TrackOrder("title")
    first, after = await index.list_tracks(limit=5, order=order)
    assert [one.track_id for one in first] == [f"t{number:03}" for number in range(5)]
    # What the next page begins with goes, as does one that was shown; one comes before, one behind.
    await index.delete(["t005", "t001"])
    await index.upsert([titled(90, "Symphony 03 b"), titled(91, "Symphony 07 b")])
    await index.correct("t010", {"title": "Adagio"})
    rest, following = await index.list_tracks(limit=99, after=after, order=order)
    assert following is None
    numbers = [6, 7, 91, 8, 9, *range(11, 20)]
    assert [one.track_id for one in rest] == [f"t{number:03}" for number in numbers]
    assert (await all_pages(index, order, 99))[0] == "t010"


async def test_what_is_corrected_and_moved_stands_elsewhere(index: TrackIndex) -> None:
    now = datetime(2026, 5, 1, tzinfo=UTC)

    def ingested(number: int, title: str, moment: datetime, **said: object) -> EmbeddedTrack:
        one = titled(number, title, **said)
        track = replace(one.track, source_uri="file:///m/b.mp3", ingested_at=moment)
        return replace(one, track=with_layers(track, MetadataLayers(given=track.metadata)))

    await index.upsert(
        [ingested(1, "", now), ingested(2, "c", now - timedelta(seconds=1), album="Y")]
    )
    assert await all_pages(index, TrackOrder("title"), 9) == ["t001", "t002"]
    await index.move({"t001": "file:///m/d.mp3"})
    assert await all_pages(index, TrackOrder("title"), 9) == ["t002", "t001"]
    await index.correct("t001", {"album": "X"})
    assert await all_pages(index, TrackOrder("album"), 9) == ["t001", "t002"]
    await index.correct("t001", {}, ["album"])
    assert await all_pages(index, TrackOrder("album"), 9) == ["t002", "t001"]
    assert await all_pages(index, TrackOrder("ingested_at"), 9) == ["t002", "t001"]


async def test_tracks_of_earlier_versions_are_ordered_once_their_words_are_made(
    index: TrackIndex, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    if isinstance(index, ExactIndex):
        pytest.skip("it stores no orders")
    tracks = catalogue(12)
    with monkeypatch.context() as earlier:
        earlier.setattr(payload, "words_payload", lambda _track: {"words": [], "words_rule": "1"})
        earlier.setattr(payload, "_ingested_payload", lambda _track: {})
        await index.upsert(tracks)
    listed = [one.track_id for one in (await index.list_tracks(limit=99))[0]]
    for by in ("title", "ingested_at"):
        assert await all_pages(index, TrackOrder(by), 5) == listed
    filled, after = await index.fill_words(limit=99)
    assert (filled, after) == (12, None)
    oracle = ExactIndex(space=SPACE, dimension=DIMENSION)
    await oracle.upsert([replace(one, genre_vector=None) for one in tracks])
    for by in ("title", "ingested_at"):
        right, _ = await oracle.list_tracks(limit=99, order=TrackOrder(by))
        assert await all_pages(index, TrackOrder(by), 5) == [one.track_id for one in right]


async def test_cursors_are_good_for_an_order_alone(index: TrackIndex, catalogue: Catalogue) -> None:
    await index.upsert(catalogue(5))
    _, plain = await index.list_tracks(limit=2)
    for cursor in (plain, "[]", '[1, "", "x"]', '["x", "", "y"]', "{}"):
        with pytest.raises(InvalidPageToken):
            await index.list_tracks(limit=2, after=cursor, order=TrackOrder("year"))
