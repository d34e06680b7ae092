"""Finding tracks by words, as every index adapter does it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from segue.errors import InvalidPageToken
from segue.index import payload
from segue.index.exact import ExactIndex
from segue.index.port import TrackIndex
from segue.layers import MetadataLayers
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

NAMES = {
    "bach": TrackMetadata("Air", "J. S. Bach", "Suite No. 3 in D", year=1731),
    "beethoven": TrackMetadata("Symphony No. 5", "Beethoven", "Symphonien 5 & 7", year=1808),
    "bjork": TrackMetadata("Jóga", "Björk", "Homogenic", year=1997),
    "crue": TrackMetadata("Home Sweet Home", "Mötley Crüe", "Theatre of Pain", year=1985),
    "several": TrackMetadata("Duet", artists=("Ada", "Łucja Øst"), album_artist="Various"),
    "strasse": TrackMetadata("Über die Straße", "B'z"),
    "yoasobi": TrackMetadata("夜に駆ける", "YOASOBI", "THE BOOK"),
    "zemfira": TrackMetadata("Хочешь?", "Земфира"),
    "divide": TrackMetadata("÷"),
}

QUERIES = {
    "beet symph": {"beethoven"},
    "5 BEETHOVEN": {"beethoven"},
    "bjork": {"bjork"},
    "BJO\u0308RK jo": {"bjork"},
    "motley": {"crue"},
    "home": {"crue"},
    "hom": {"crue", "bjork"},
    "lucja ost": {"several"},
    "various duet": {"several"},
    "strasse": {"strasse"},
    "uber STRAẞE": {"strasse"},
    "bz": {"strasse"},
    "駆ける": {"yoasobi"},
    "夜 book": {"yoasobi"},
    "земф хоч": {"zemfira"},
    "÷": {"divide"},
    "b": {"bach", "beethoven", "bjork", "strasse", "yoasobi"},
    "no": {"bach", "beethoven"},
    "no d": {"bach"},
    "eethoven": set(),
    "beethoven mozart": set(),
    "": set(NAMES),
    " \u3000 ": set(NAMES),
}


def track(track_id: str, metadata: TrackMetadata, source_uri: str = "") -> EmbeddedTrack:
    vector = np.eye(1, DIMENSION, dtype=np.float32)[0]
    return EmbeddedTrack(Track(track_id, metadata, source_uri=source_uri), SPACE, vector)


async def found(index: TrackIndex, words: str, **asked: object) -> set[str]:
    tracks, following = await index.find(words, limit=100, **asked)  # type: ignore[arg-type]
    assert following is None
    return {one.track_id for one in tracks}


async def test_words_find_tracks(index: TrackIndex) -> None:
    await index.upsert([track(name, metadata) for name, metadata in NAMES.items()])
    answers = {words: await found(index, words) for words in QUERIES}
    assert answers == QUERIES
    recent = TrackFilter(year=NumberRange(minimum=1900))
    assert await found(index, "hom", where=recent) == {"crue", "bjork"}
    assert await found(index, "b", where=recent) == {"bjork"}
    by_ada = TrackFilter(artists=LabelMatch(any_of=("ada",)))
    assert await found(index, "", where=by_ada) == {"several"}
    assert await found(index, "duet", where=TrackFilter(only_track_ids=())) == set()
    assert await found(index, "hom", where=TrackFilter(exclude_track_ids=("crue",))) == {"bjork"}


async def test_pages_of_a_find_are_in_the_order_of_the_list(
    index: TrackIndex, oracle: ExactIndex, catalogue: Catalogue
) -> None:
    tracks = catalogue(60)
    await index.upsert(tracks)
    await oracle.upsert(tracks)
    for words in ("", "title", "t", "title 1", "1 albu", "bjo", "ada title", "3 a", "nobody"):
        right, _ = await oracle.find(words, limit=100)
        assert right == sorted(right, key=lambda one: track_point_id(one.track_id))
        paged, after = await index.find(words, limit=7)
        while after is not None:
            page, after = await index.find(words, limit=7, after=after)
            paged += page
        assert paged == right
    assert (await index.find("", limit=100))[0] == (await index.list_tracks(limit=100))[0]


async def test_paging_through_a_find_goes_on_when_tracks_change(
    index: TrackIndex, catalogue: Catalogue
) -> None:
    tracks = catalogue(40)
    await index.upsert(tracks)
    first, after = await index.find("title", limit=10)
    assert after is not None
    listed, _ = await index.list_tracks(limit=100)
    gone = {listed[10].track_id, first[0].track_id}
    await index.delete(sorted(gone))
    await index.correct(listed[11].track_id, {"title": "Renamed"})
    rest, following = await index.find("title", limit=100, after=after)
    assert following is None
    assert [one.track_id for one in rest] == [one.track_id for one in listed[12:]]


async def test_words_follow_what_changes(index: TrackIndex) -> None:
    await index.upsert([track("a", TrackMetadata("Before", "Ann")), track("b", TrackMetadata("B"))])
    await index.correct("a", {"title": "Later"})
    assert (await found(index, "before"), await found(index, "ann later")) == (set(), {"a"})
    await index.describe("a", MetadataLayers(TrackMetadata("Tagged", "Bob")))
    assert (await found(index, "ann"), await found(index, "bob lat")) == (set(), {"a"})
    await index.correct("a", {}, ["title"])
    assert (await found(index, "later"), await found(index, "tagged")) == (set(), {"a"})
    await index.upsert([track("b", TrackMetadata("Anew"))])
    assert (await found(index, "b"), await found(index, "anew")) == ({"a"}, {"b"})
    await index.delete(["b"])
    assert await found(index, "anew") == set()


async def test_what_has_no_title_is_found_by_its_file(index: TrackIndex) -> None:
    await index.upsert(
        [
            track("a", TrackMetadata(artist="Ann"), "file:///secret/Für%20Elise.mp3"),
            track("b", TrackMetadata("Named"), "file:///secret/named.mp3"),
        ]
    )
    assert await found(index, "ann fur elise") == {"a"}
    assert await found(index, "mp3") == {"a"}
    assert await found(index, "secret") == set()
    await index.move({"a": "file:///other/Wut.ogg", "b": "file:///other/moved.mp3"})
    assert (await found(index, "elise"), await found(index, "ann wut")) == (set(), {"a"})
    assert (await found(index, "moved"), await found(index, "named")) == (set(), {"b"})
    assert (await index.get(["a"]))["a"].source_uri == "file:///other/Wut.ogg"


async def test_words_of_earlier_versions_are_filled_in(
    index: TrackIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    if isinstance(index, ExactIndex):
        pytest.skip("it stores no words")
    names = [f"old-{number}" for number in range(9)]
    with monkeypatch.context() as earlier:
        earlier.setattr(payload, "words_payload", lambda track: {})
        await index.upsert([track(name, TrackMetadata(name)) for name in names])
    await index.upsert([track("new", TrackMetadata("Old one"))])
    assert await found(index, "old") == {"new"}
    await index.correct("old-3", {"title": "Older"})
    assert await found(index, "old") == {"new", "old-3"}
    before = await index.get([*names, "new"])

    filled, after = await index.fill_words(limit=3)
    assert (filled, after is None) == (3, False)
    assert len(await found(index, "old")) == 5
    while after is not None:
        more, after = await index.fill_words(limit=3, after=after)
        filled += more
    assert filled == 8
    assert await found(index, "old") == {"new", *names}
    assert await found(index, "old 3") == set()
    assert await index.fill_words(limit=3) == (0, None)
    assert await index.get([*names, "new"]) == before


async def test_words_made_by_another_rule_are_made_anew(
    index: TrackIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    if isinstance(index, ExactIndex):
        pytest.skip("it stores no words")
    with monkeypatch.context() as earlier:
        earlier.setattr(
            payload, "words_payload", lambda track: {"words": ["strange"], "words_rule": "0"}
        )
        await index.upsert([track("a", TrackMetadata("Title"))])
    assert (await found(index, "strange"), await found(index, "title")) == ({"a"}, set())
    assert await index.fill_words(limit=3) == (1, None)
    assert (await found(index, "strange"), await found(index, "title")) == (set(), {"a"})


async def test_a_find_takes_no_foreign_cursor(index: TrackIndex) -> None:
    await index.upsert([track("a", TrackMetadata("A"))])
    with pytest.raises(InvalidPageToken):
        await index.find("a", limit=1, after="elsewhere")
