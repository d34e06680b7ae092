"""Rounds of a search, without an engine. Numbers of the tests are exact: none is computed with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from segue.index.conditions import Conditions, IsTrack
from segue.index.queries import IndexQuery
from segue.index.rounds import Hit, PassageSearch, SongSearch
from segue.index.schema import AUDIO, GENRE, SEGMENTS, TRACKS
from segue.tracks import Granularity, Track, TrackFilter, Vector

VECTOR = np.ones(3, np.float32)


def test_songs_are_asked_for_past_their_ties() -> None:
    search: SongSearch[str] = SongSearch(IndexQuery(VECTOR, 2), VECTOR)
    request = search.request()
    assert (request.kind, request.using, request.limit) == (TRACKS, AUDIO, 3)
    search.add([Hit("c", 0.5), Hit("b", 0.5), Hit("d", 0.5)])
    assert not search.done
    assert search.request().limit > 3
    search.add([Hit("c", 0.5), Hit("b", 0.5), Hit("d", 0.5), Hit("a", 0.5), Hit("z", 0.1)])
    assert search.done
    found = search.neighbours([Track(hit.key) for hit in search.found])
    assert [one.track.track_id for one in found] == ["a", "b"]


def test_what_was_not_asked_for_is_cut_off_and_what_is_gone_left_out() -> None:
    search: SongSearch[str] = SongSearch(IndexQuery(VECTOR, 2), VECTOR)
    search.add([Hit("a", 1.0000001, VECTOR), Hit("b", 0.5), Hit("c", 0.4)])
    assert [hit.key for hit in search.found] == ["a", "b"]
    (found,) = search.neighbours([Track("a"), None])
    assert (found.similarity, found.vector) == (1.0, VECTOR)


def test_distances_in_the_genre_space_become_similarities() -> None:
    asked = IndexQuery(None, 3, track_id="s", granularity=Granularity.GENRES, with_vectors=True)
    search: SongSearch[str] = SongSearch(asked, None)
    request = search.request()
    assert (request.using, request.vector, request.track_id) == (GENRE, None, "s")
    assert request.with_vectors
    # Beyond the largest distance of two shares nothing is less similar, and ids decide.
    search.add([Hit("a", 0.0), Hit("c", 7.0), Hit("b", 8.0)])
    found = search.neighbours([Track(hit.key) for hit in search.found])
    assert [(one.track.track_id, one.similarity) for one in found] == [
        ("a", 1.0), ("b", 0.0), ("c", 0.0),
    ]  # fmt: skip


def test_nothing_is_asked_where_there_can_be_no_answer() -> None:
    for asked in (
        IndexQuery(VECTOR, 0),
        IndexQuery(VECTOR, 3, where=TrackFilter(only_track_ids=())),
    ):
        assert SongSearch(asked, VECTOR).done
        assert PassageSearch(asked, VECTOR).done


async def test_tracks_that_are_gone_make_room_for_the_next() -> None:
    asked = IndexQuery(None, 2, track_id="s", granularity=Granularity.PASSAGES)
    search = PassageSearch(asked, None)
    request = search.request()
    assert (request.kind, request.where) == (SEGMENTS, Conditions(must_not=(IsTrack(("s",)),)))
    search.take([(name, 0.0, 1.0, 0.9 - n / 10) for n, name in enumerate("abcd")])
    search.end()
    assert search.done
    reads: list[Sequence[str]] = []

    async def read(track_ids: Sequence[str]) -> dict[str, tuple[Track, Vector | None]]:
        reads.append(track_ids)
        return {key: (Track(key), None) for key in track_ids if key != "b"}

    found = await search.neighbours(read)
    assert [one.track.track_id for one in found] == ["a", "c"]
    assert reads == [["a", "b"], ["c", "d"]]


def test_a_number_of_passages_takes_one_round_unless_some_are_gone() -> None:
    asked = IndexQuery(VECTOR, 3, granularity=Granularity.PASSAGES, counts_passages=True)
    search = PassageSearch(asked, VECTOR)
    assert search.request().limit == 3
    search.take([("a", 0.0, 1.0, 0.9), ("a", 1.0, 2.0, 0.8)], lost=1)
    search.end()
    assert not search.done
    assert search.request().where == Conditions()
    search.take([("a", 0.0, 1.0, 0.9), ("a", 1.0, 2.0, 0.8), ("b", 5.0, 6.0, 0.7)])
    search.end()
    assert search.done
    assert {name: len(found) for name, found in search.best.found.items()} == {"a": 2, "b": 1}
