"""What every index adapter does, whichever engine stands behind it."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from dataclasses import replace

import numpy as np
import pytest

from embedded_tracks import assert_equal
from neighbours import as_asked, assert_same, clear_query, ids
from segue.errors import InvalidPageToken, InvalidVector, SpaceMismatch, TrackNotFound
from segue.index.exact import ExactIndex
from segue.index.port import TrackIndex
from segue.index.qdrant.index import QdrantIndex
from segue.index.queries import IndexQuery
from segue.index.song_vectors import song_vectors
from segue.layers import FieldSource, MetadataLayers, corrections_to, with_layers
from segue.tracks import (
    METADATA_FIELDS,
    EmbeddedTrack,
    FacetCount,
    Granularity,
    LabelMatch,
    LabelSource,
    NumberRange,
    Passage,
    Segment,
    Track,
    TrackFilter,
    TrackMetadata,
    TrackSource,
    track_point_id,
)

Open = Callable[[str], Awaitable[TrackIndex]]
Catalogue = Callable[..., list[EmbeddedTrack]]
SPACE = "test-v1"
DIMENSION = 16

FILTERS = {
    "none": TrackFilter(),
    "genre any": TrackFilter(genres=LabelMatch(any_of=("jazz", "métal", "unheard"))),
    "genre all": TrackFilter(genres=LabelMatch(all_of=("jazz", "folk"))),
    "genre none": TrackFilter(genres=LabelMatch(none_of=("drum and bass", "blues"))),
    "genre case": TrackFilter(genres=LabelMatch(any_of=("Jazz",))),
    "unknown genre": TrackFilter(genres=LabelMatch(any_of=("unheard",))),
    "mood any": TrackFilter(moods=LabelMatch(any_of=("calm",))),
    "mood all": TrackFilter(moods=LabelMatch(all_of=("calm", "dark"))),
    "mood none": TrackFilter(moods=LabelMatch(none_of=("tense",))),
    "mood three-sided": TrackFilter(
        moods=LabelMatch(any_of=("calm", "happy"), all_of=("calm",), none_of=("dark",))
    ),
    "artist any": TrackFilter(artists=LabelMatch(any_of=("ada", "carla bley"))),
    "artist raw name": TrackFilter(artists=LabelMatch(any_of=("Ada",))),
    "artist blank": TrackFilter(artists=LabelMatch(any_of=("",))),
    "artist all of one": TrackFilter(artists=LabelMatch(all_of=("björk",))),
    "artist all of two": TrackFilter(artists=LabelMatch(all_of=("björk", "ada"))),
    "artist none": TrackFilter(artists=LabelMatch(none_of=("ada", "björk"))),
    "artists of a list": TrackFilter(artists=LabelMatch(all_of=("ada", "björk", "ada, björk"))),
    "album": TrackFilter(albums=LabelMatch(any_of=("album 3",), none_of=("album 4",))),
    "album artist": TrackFilter(album_artists=LabelMatch(any_of=("ada",))),
    "no album artist": TrackFilter(album_artists=LabelMatch(none_of=("ada",))),
    "isrc": TrackFilter(isrcs=LabelMatch(any_of=("USRC17607805", "USRC17607801"))),
    "musicbrainz any": TrackFilter(
        musicbrainz_ids=LabelMatch(any_of=("11111111-2222-4333-8444-555555555555",))
    ),
    "musicbrainz artist": TrackFilter(
        musicbrainz_ids=LabelMatch(all_of=("33333333-2222-4333-8444-555555555555",))
    ),
    "key": TrackFilter(keys=LabelMatch(any_of=("Am", "F#m"))),
    "language": TrackFilter(languages=LabelMatch(none_of=("eng",))),
    "bpm": TrackFilter(bpm=NumberRange(95.5, 105.5)),
    "bpm known": TrackFilter(bpm=NumberRange(minimum=0)),
    **{
        f"{kind} {source.value}": replace(where, tempo_and_key_source=source)
        for source in LabelSource
        for kind, where in {
            "tempo": TrackFilter(bpm=NumberRange(95.5, 115.5)),
            "key any": TrackFilter(keys=LabelMatch(any_of=("Am", "C"))),
            "key all": TrackFilter(keys=LabelMatch(all_of=("Am",))),
            "key none": TrackFilter(keys=LabelMatch(none_of=("Am", "F#"))),
        }.items()
    },
    "explicit": TrackFilter(explicit=True),
    "clean": TrackFilter(explicit=False),
    "heard any": TrackFilter(
        genres=LabelMatch(any_of=("jazz", "métal", "unheard"), source=LabelSource.PREDICTED)
    ),
    "heard from": TrackFilter(
        genres=LabelMatch(("jazz",), (), (), LabelSource.PREDICTED, minimum_probability=0.29)
    ),
    "heard from above": TrackFilter(
        genres=LabelMatch(("jazz", "folk"), (), (), LabelSource.PREDICTED, 0.295)
    ),
    "heard all": TrackFilter(
        genres=LabelMatch((), ("folk", "métal"), (), LabelSource.PREDICTED, 0.5)
    ),
    "heard none": TrackFilter(
        genres=LabelMatch((), (), ("jazz", "blues"), LabelSource.PREDICTED, 0.1)
    ),
    "heard for certain": TrackFilter(
        genres=LabelMatch(("métal",), (), (), LabelSource.PREDICTED, 1.0)
    ),
    "heard with a sign in it": TrackFilter(
        genres=LabelMatch(("a@b",), (), (), LabelSource.PREDICTED)
    ),
    "descriptor": TrackFilter(descriptors=LabelMatch(("piano",))),
    "descriptor, likely": TrackFilter(
        descriptors=LabelMatch((), ("piano", "slow"), (), LabelSource.PREDICTED, 0.8)
    ),
    "no descriptor": TrackFilter(descriptors=LabelMatch(none_of=("piano", "harp"))),
    "heard mood": TrackFilter(moods=LabelMatch(("dark",), source=LabelSource.PREDICTED)),
    "either any": TrackFilter(
        genres=LabelMatch(("jazz", "folk"), source=LabelSource.EITHER),
        moods=LabelMatch(("calm",), source=LabelSource.EITHER),
    ),
    "either all": TrackFilter(genres=LabelMatch((), ("jazz", "folk"), (), LabelSource.EITHER, 0.1)),
    "either none": TrackFilter(
        genres=LabelMatch((), (), ("jazz", "folk"), LabelSource.EITHER, 0.25)
    ),
    "either three-sided": TrackFilter(
        genres=LabelMatch(("blues", "folk"), ("folk",), ("ambient",), LabelSource.EITHER, 0.1)
    ),
    "year closed": TrackFilter(year=NumberRange(1992, 1995)),
    "year from": TrackFilter(year=NumberRange(minimum=1998)),
    "year to": TrackFilter(year=NumberRange(maximum=1990)),
    "year fraction": TrackFilter(year=NumberRange(1994.5, 1995.5)),
    "year between": TrackFilter(year=NumberRange(1994.25, 1994.75)),
    "year reversed": TrackFilter(year=NumberRange(1995, 1992)),
    "year known": TrackFilter(year=NumberRange(minimum=-math.inf)),
    "year not a number": TrackFilter(year=NumberRange(maximum=math.nan)),
    "duration": TrackFilter(duration_seconds=NumberRange(40.25, 50.25)),
    "duration to": TrackFilter(duration_seconds=NumberRange(maximum=45)),
    "duration from zero": TrackFilter(duration_seconds=NumberRange(minimum=0)),
    "exclude": TrackFilter(exclude_track_ids=("track-0001", "track-0002", "nobody")),
    "only": TrackFilter(only_track_ids=("track-0003", "track-0007", "nobody", "track-0003")),
    "only nothing": TrackFilter(only_track_ids=()),
    "only and exclude": TrackFilter(
        only_track_ids=("track-0003", "track-0007"), exclude_track_ids=("track-0003",)
    ),
    "all together": TrackFilter(
        genres=LabelMatch(any_of=("jazz", "folk", "blues"), none_of=("métal",)),
        moods=LabelMatch(none_of=("tense",)),
        artists=LabelMatch(none_of=("björk",)),
        year=NumberRange(1991, 1999),
        duration_seconds=NumberRange(minimum=32),
        exclude_track_ids=("track-0010",),
    ),
}


def make(
    track_id: str, vector: list[float], *parts: list[float], **metadata: object
) -> EmbeddedTrack:
    """A track in the first dimensions of both spaces, with one segment per part."""

    def padded(values: list[float]) -> np.ndarray:
        return np.pad(np.array(values, np.float32), (0, DIMENSION - len(values)))

    segments = [Segment(i, 10.0 * i, 10.0 * i + 10, padded(part)) for i, part in enumerate(parts)]
    track = Track(track_id, TrackMetadata(**metadata))  # type: ignore[arg-type]
    genres = as_asked(padded(vector), Granularity.GENRES)
    return EmbeddedTrack(track, SPACE, padded(vector), genres, segments)


def query(*values: float) -> np.ndarray:
    return np.pad(np.array(values, np.float32), (0, DIMENSION - len(values)))


async def test_names_its_space(index: TrackIndex) -> None:
    assert (index.space, index.dimension) == (SPACE, DIMENSION)


async def test_empty_index_answers_nothing(index: TrackIndex) -> None:
    for granularity in Granularity:
        assert (
            await index.search(as_asked(query(1.0), granularity), limit=5, granularity=granularity)
            == []
        )
    assert await index.list_tracks(limit=5) == ([], None)
    kinds = ("genres", "moods", "predicted_genres", "predicted_moods", "predicted_descriptors")
    empty: dict[str, list[FacetCount]] = {name: [] for name in kinds}
    assert await index.facets() == empty
    impossible = TrackFilter(only_track_ids=())
    assert await index.facets(impossible, minimum_probability=0.2) == empty
    assert [await index.count(TrackFilter()), await index.count(impossible)] == [0, 0]
    assert await index.get(["a"]) == {}
    assert await index.vectors(["a"]) == {}
    assert await index.existing(["a"]) == set()
    assert await index.delete(["a"]) == 0
    info = await index.info()
    assert (info.tracks, info.segments, info.space) == (0, 0, SPACE)
    await index.upsert([])
    assert await index.insert([]) == set()


async def test_vectors_are_those_that_a_track_was_stored_with_last(index: TrackIndex) -> None:
    asked = IndexQuery(query(1.0), 5, with_vectors=True)
    for direction in ([1.0], [1.0, 1.0], [0.0, 1.0]):
        await index.upsert([make("a", direction, direction)])
        expected = pytest.approx(query(*direction) / np.linalg.norm(direction))
        for _ in range(2):
            assert (await index.vectors(["a"]))["a"] == expected
            ((found,),) = await index.search_many([asked])
            assert found.vector == expected
    await index.delete(["a"])
    assert await index.vectors(["a"]) == {}
    assert await index.search_many([asked]) == [[]]


async def test_insert_stores_what_is_new_and_leaves_the_rest_alone(index: TrackIndex) -> None:
    await index.upsert([make("a", [1.0], [1.0], [1.0, 1.0], title="First")])
    again = make("a", [0.0, 1.0], [0.0, 1.0], title="Second")
    assert await index.insert([again, make("b", [1.0, 1.0], [1.0], title="New")]) == {"a"}
    assert await index.insert([make("c", [0.0, 0.0, 1.0], [1.0])]) == set()
    found = await index.get(["a", "b", "c"])
    assert {key: track.metadata.title for key, track in found.items()} == {
        "a": "First",
        "b": "New",
        "c": "",
    }
    assert (await index.vectors(["a"]))["a"] == pytest.approx(query(1.0))
    info = await index.info()
    assert (info.tracks, info.segments) == (3, 4)
    assert await index.existing(["c", "a", "nobody", "a"]) == {"a", "c"}


async def test_insert_stores_nothing_when_one_is_refused(index: TrackIndex) -> None:
    await index.upsert([make("a", [1.0])])
    wrong = replace(make("a", [1.0]), vector=np.ones(3, np.float32))
    with pytest.raises(InvalidVector):
        await index.insert([make("b", [1.0]), wrong])
    with pytest.raises(SpaceMismatch):
        await index.insert([make("b", [1.0]), replace(make("a", [1.0]), space="other-v1")])
    assert await index.existing(["a", "b"]) == {"a"}


async def test_many_ids_are_looked_up_at_once(index: TrackIndex) -> None:
    tracks = [make(f"track-{n}", [1.0, n / 600]) for n in range(0, 600, 2)]
    await index.upsert(tracks)
    asked = [f"track-{n}" for n in range(600)]
    assert await index.existing(asked) == {track.track.track_id for track in tracks}


async def test_stored_tracks_come_back_whole(index: TrackIndex, catalogue: Catalogue) -> None:
    tracks = catalogue(40)
    await index.upsert(tracks)
    found = await index.get([track.track.track_id for track in tracks] + ["nobody"])
    # Numbers that were stored come back; none is computed.
    assert found == {track.track.track_id: track.track for track in tracks}
    info = await index.info()
    assert (info.tracks, info.segments) == (40, sum(len(track.segments) for track in tracks))


async def test_vectors_come_back_at_unit_length(index: TrackIndex, catalogue: Catalogue) -> None:
    tracks = catalogue(10)
    await index.upsert(tracks)
    found = await index.vectors({"track-0003", "track-0004", "nobody"})
    assert set(found) == {"track-0003", "track-0004"}
    for number in (3, 4):
        unit = tracks[number].vector / np.linalg.norm(tracks[number].vector)
        vector = found[f"track-{number:04d}"]
        assert vector.dtype == np.float32
        np.testing.assert_allclose(vector, unit, atol=1e-6)


async def test_song_vectors_are_those_of_all_tracks(
    index: TrackIndex, catalogue: Catalogue
) -> None:
    await index.upsert(catalogue(150))
    found = [one async for one in song_vectors(index)]
    listed, _ = await index.list_tracks(limit=150)

    assert [one.track for one in found] == listed
    vectors = await index.vectors([one.track_id for one in listed])
    for one in found:
        np.testing.assert_array_equal(one.vector, vectors[one.track.track_id])
        assert list(one.segments) == []
    begin = str(track_point_id(listed[4].track_id))
    assert [one.track async for one in song_vectors(index, after=begin)] == listed[4:]


async def test_upsert_again_changes_nothing(
    index: TrackIndex, oracle: ExactIndex, catalogue: Catalogue
) -> None:
    tracks = catalogue(30)
    await index.upsert(tracks)
    await oracle.upsert(tracks)
    vector = clear_query(oracle, np.random.default_rng(6))
    before = await index.search(vector, limit=30)
    await index.upsert(tracks)
    await index.upsert(tracks[:7] + tracks[:7])
    # Where a vector lies may change, and with it the order in which its products are summed.
    assert_same(await index.search(vector, limit=30), before)
    assert (await index.info()).tracks == 30


async def test_upsert_replaces_track_and_segments(index: TrackIndex) -> None:
    await index.upsert(
        [make("a", [1, 0], [1, 0], [0, 1], [0, 0, 1], title="Old", genres=("jazz",))]
    )
    await index.search(query(0, 0, 1), limit=1, granularity=Granularity.PASSAGES)
    await index.upsert([make("a", [0, 1], [0, 1], title="New", genres=("folk",))])
    info = await index.info()
    assert (info.tracks, info.segments) == (1, 1)
    assert (await index.get(["a"]))["a"].metadata.title == "New"
    (found,) = await index.search(query(0, 1), limit=5)
    assert found.similarity == pytest.approx(1)
    (found,) = await index.search(query(0, 0, 1), limit=5, granularity=Granularity.PASSAGES)
    assert found.passage == Passage(0.0, 10.0, pytest.approx(0))
    jazz = TrackFilter(genres=LabelMatch(any_of=("jazz",)))
    for granularity in Granularity:
        assert (
            await index.search(
                as_asked(query(1), granularity), limit=5, where=jazz, granularity=granularity
            )
            == []
        )


async def test_last_of_two_versions_in_one_upsert_wins(index: TrackIndex) -> None:
    await index.upsert([make("a", [1], [1], [0, 1], title="Old"), make("a", [1], [1], title="New")])
    assert (await index.get(["a"]))["a"].metadata.title == "New"
    info = await index.info()
    assert (info.tracks, info.segments) == (1, 1)


async def test_delete_takes_segments_along(index: TrackIndex, catalogue: Catalogue) -> None:
    tracks = catalogue(20)
    await index.upsert(tracks)
    gone = {"track-0002", "track-0005"}
    await index.get(sorted(gone))
    assert await index.delete([*sorted(gone), "track-0005", "nobody"]) == 2
    assert await index.delete(sorted(gone)) == 0
    rest = [track for track in tracks if track.track.track_id not in gone]
    info = await index.info()
    assert (info.tracks, info.segments) == (18, sum(len(track.segments) for track in rest))
    assert await index.get(sorted(gone)) == {}
    for granularity in Granularity:
        found = await index.search(
            as_asked(query(1.0), granularity), limit=50, granularity=granularity
        )
        assert gone.isdisjoint(ids(found))


async def test_deleted_track_can_come_back(index: TrackIndex) -> None:
    track = make("a", [1], [1], title="T")
    await index.upsert([track])
    await index.delete(["a"])
    await index.upsert([track])
    assert ids(await index.search(query(1), limit=1)) == ["a"]


async def test_metadata_changes_without_vectors(index: TrackIndex) -> None:
    await index.upsert([make("a", [1, 0], [1, 0], artist="Ada", genres=("jazz",), year=1999)])
    before = await index.vectors(["a"])
    metadata = TrackMetadata(title="T", genres=("folk",), moods=("calm",))
    assert await index.describe("a", MetadataLayers(metadata))
    changed = (await index.get(["a"]))["a"]
    assert (changed.metadata, changed.layers) == (metadata, MetadataLayers(metadata))
    # The same stored numbers, read twice.
    np.testing.assert_array_equal((await index.vectors(["a"]))["a"], before["a"])
    for granularity in Granularity:
        for where, expected in (
            (TrackFilter(genres=LabelMatch(any_of=("folk",))), ["a"]),
            (TrackFilter(genres=LabelMatch(any_of=("jazz",))), []),
            (TrackFilter(moods=LabelMatch(all_of=("calm",))), ["a"]),
            (TrackFilter(artists=LabelMatch(any_of=("ada",))), []),
            (TrackFilter(artists=LabelMatch(none_of=("ada",))), ["a"]),
            (TrackFilter(year=NumberRange(1990, 2010)), []),
        ):
            found = await index.search(
                as_asked(query(1), granularity), limit=5, where=where, granularity=granularity
            )
            assert ids(found) == expected
            assert all(one.track == changed for one in found)


async def test_moving_changes_the_source_and_nothing_else(index: TrackIndex) -> None:
    first = make("a", [1, 0], [1, 0], artist="Ada", genres=("jazz",), year=1999)
    first = replace(first, track=replace(first.track, source_uri="file:///a", content_sha256="aa"))
    await index.upsert([first, make("b", [0, 1], [0, 1])])
    vectors = await index.vectors(["a"])
    assert (await index.get(["a"]))["a"].source_uri == "file:///a"
    assert await index.move({"a": "file:///c/a", "nobody": "file:///n"}) == {"a"}
    assert await index.get(["a"]) == {"a": replace(first.track, source_uri="file:///c/a")}
    np.testing.assert_array_equal((await index.vectors(["a"]))["a"], vectors["a"])
    where = TrackFilter(genres=LabelMatch(any_of=("jazz",)))
    for granularity in Granularity:
        (found,) = await index.search(
            as_asked(query(1), granularity), limit=5, where=where, granularity=granularity
        )
        assert found.track.source_uri == "file:///c/a"
    assert await index.existing(["nobody"]) == set()
    assert await index.move({}) == set()


async def test_sources_are_listed_in_the_order_of_the_tracks(
    index: TrackIndex, catalogue: Catalogue
) -> None:
    await index.upsert(catalogue(300))
    for where in (TrackFilter(), FILTERS["genre any"], FILTERS["unknown genre"], FILTERS["only"]):
        for limit in (7, 1000):
            after = None
            while True:
                tracks, following = await index.list_tracks(limit=limit, after=after, where=where)
                sources, same = await index.list_sources(limit=limit, after=after, where=where)
                assert sources == list(map(TrackSource.of, tracks))
                assert following == same
                if following is None:
                    break
                after = following


async def test_metadata_of_unknown_track(index: TrackIndex) -> None:
    with pytest.raises(TrackNotFound):
        await index.correct("nobody", {"title": "T"})
    assert not await index.describe("nobody", MetadataLayers())
    assert await index.existing(["nobody"]) == set()


async def test_filters_mean_what_the_domain_says(
    index: TrackIndex, oracle: ExactIndex, catalogue: Catalogue
) -> None:
    tracks = catalogue(240)
    await index.upsert(tracks)
    await oracle.upsert(tracks)
    rng = np.random.default_rng(1)
    for name, where in FILTERS.items():
        passing = sum(where.matches(track.track) for track in tracks)
        for granularity in Granularity:
            for limit in (7, 300):
                vector = clear_query(oracle, rng)
                right = await oracle.search(
                    as_asked(vector, granularity), limit=limit, where=where, granularity=granularity
                )
                found = await index.search(
                    as_asked(vector, granularity), limit=limit, where=where, granularity=granularity
                )
                assert_same(found, right)
                if granularity is Granularity.TRACKS:
                    assert len(found) == min(limit, passing), name
        assert await index.facets(where) == await oracle.facets(where), name
        assert await index.count(where) == await oracle.count(where), name
        found_low = await index.facets(where, minimum_probability=0.1)
        assert found_low == await oracle.facets(where, minimum_probability=0.1), name
        listed = await index.list_tracks(limit=300, where=where)
        assert listed == await oracle.list_tracks(limit=300, where=where), name
        assert len(listed[0]) == passing, name


async def test_random_filters_against_the_oracle(
    index: TrackIndex, oracle: ExactIndex, catalogue: Catalogue
) -> None:
    tracks = catalogue(150, seed=5)
    await index.upsert(tracks)
    await oracle.upsert(tracks)
    rng = np.random.default_rng(11)

    def some(labels: tuple[str, ...], chance: float) -> tuple[str, ...]:
        return tuple(label for label in labels if rng.random() < chance)

    def label_match(labels: tuple[str, ...]) -> LabelMatch:
        return LabelMatch(some(labels, 0.2), some(labels, 0.05), some(labels, 0.1))

    matched = 0
    for _ in range(60):
        low = float(rng.integers(1988, 2000))
        where = TrackFilter(
            genres=label_match(("ambient", "blues", "drum and bass", "folk", "jazz", "métal")),
            moods=label_match(("calm", "dark", "happy", "tense")),
            artists=LabelMatch((), (), some(("ada", "björk", ""), 0.2)),
            year=NumberRange(low, low + 6) if rng.random() < 0.3 else NumberRange(),
            duration_seconds=NumberRange(maximum=50) if rng.random() < 0.3 else NumberRange(),
            exclude_track_ids=some(tuple(t.track.track_id for t in tracks), 0.05),
        )
        vector = clear_query(oracle, rng)
        for granularity in Granularity:
            right = await oracle.search(
                as_asked(vector, granularity), limit=10, where=where, granularity=granularity
            )
            found = await index.search(
                as_asked(vector, granularity), limit=10, where=where, granularity=granularity
            )
            assert_same(found, right)
            matched += len(right)
    assert matched > 200


async def test_exact_search_agrees(
    index: TrackIndex, oracle: ExactIndex, catalogue: Catalogue
) -> None:
    tracks = catalogue(100)
    await index.upsert(tracks)
    await oracle.upsert(tracks)
    vector = clear_query(oracle, np.random.default_rng(8))
    for granularity in Granularity:
        right = await oracle.search(
            as_asked(vector, granularity), limit=10, granularity=granularity
        )
        found = await index.search(
            as_asked(vector, granularity), limit=10, granularity=granularity, exact=True
        )
        assert_same(found, right)


async def test_length_of_the_query_does_not_matter(
    index: TrackIndex, oracle: ExactIndex, catalogue: Catalogue
) -> None:
    tracks = catalogue(30)
    await index.upsert(tracks)
    await oracle.upsert(tracks)
    vector = clear_query(oracle, np.random.default_rng(9))
    one = await index.search(vector, limit=5)
    assert_same(await index.search(10_000 * vector, limit=5), one)


async def test_similarity_is_the_cosine(index: TrackIndex) -> None:
    await index.upsert([make("same", [2, 0]), make("half", [3, 3]), make("opposite", [-1, 0])])
    found = await index.search(query(5), limit=3)
    assert ids(found) == ["same", "half", "opposite"]
    expected = [1.0, math.sqrt(0.5), -1.0]
    assert [one.similarity for one in found] == pytest.approx(expected, abs=1e-6)
    assert all(-1 <= one.similarity <= 1 for one in found)


async def test_a_track_counts_once_by_its_best_passage(index: TrackIndex) -> None:
    await index.upsert(
        [
            make("a", [1, 1], [1, 0], [0.9, 0.1], [0, 1]),
            make("b", [1, 1], [0, 1], [0.95, 0.3]),
            make("song only", [1, 0]),
        ]
    )
    found = await index.search(query(1), limit=5, granularity=Granularity.PASSAGES)
    assert ids(found) == ["a", "b"]
    assert found[0].passage == Passage(0.0, 10.0, pytest.approx(1))
    assert found[1].passage is not None
    assert (found[1].passage.start_seconds, found[1].passage.end_seconds) == (10.0, 20.0)
    assert found[1].similarity == pytest.approx(found[1].passage.similarity)


async def test_passages_fill_the_limit_behind_a_long_track(index: TrackIndex) -> None:
    rng = np.random.default_rng(3)
    near = [(query(1) + 0.01 * rng.standard_normal(DIMENSION)).tolist() for _ in range(400)]
    others = [make(f"other-{n}", [0, 1], (query(1, 0.5 + 0.01 * n)).tolist()) for n in range(12)]
    await index.upsert([make("mix", [1], *near), *others])
    found = await index.search(query(1), limit=10, granularity=Granularity.PASSAGES)
    assert ids(found) == ["mix", *(f"other-{n}" for n in range(9))]


async def test_ties_stand_in_order_of_their_ids(index: TrackIndex) -> None:
    names = [f"copy-{number:03d}" for number in range(40)]
    order = np.random.default_rng(2).permutation(names).tolist()
    await index.upsert([make("best", [1], [1])])
    await index.upsert([make(name, [1, 1], [1, 1], [1, 1]) for name in order])
    for granularity in Granularity:
        for limit in (1, 2, 9, 40, 60):
            found = await index.search(
                as_asked(query(1), granularity), limit=limit, granularity=granularity
            )
            # The query lies on an axis: each similarity is one exact product, and ties are ties.
            assert ids(found) == ["best", *names][:limit]
        assert all(one.passage.start_seconds == 0 for one in found if one.passage)


async def test_limit_of_nothing(index: TrackIndex, catalogue: Catalogue) -> None:
    await index.upsert(catalogue(3))
    assert await index.search(query(1), limit=0) == []


async def test_pages_cover_every_track_once(index: TrackIndex, catalogue: Catalogue) -> None:
    tracks = catalogue(53)
    await index.upsert(tracks)
    where = TrackFilter(genres=LabelMatch(none_of=("jazz",)))
    for chosen in (TrackFilter(), where):
        seen: list[str] = []
        cursor: str | None = None
        pages = 0
        while pages == 0 or cursor is not None:
            page, cursor = await index.list_tracks(limit=10, after=cursor, where=chosen)
            assert 0 < len(page) <= 10
            seen += [track.track_id for track in page]
            pages += 1
        expected = [t.track.track_id for t in tracks if chosen.matches(t.track)]
        assert sorted(seen) == expected
        assert pages == math.ceil(len(expected) / 10)


async def test_paging_goes_on_when_tracks_are_deleted(
    index: TrackIndex, catalogue: Catalogue
) -> None:
    await index.upsert(catalogue(30))
    first, cursor = await index.list_tracks(limit=10)
    whole, _ = await index.list_tracks(limit=30)
    await index.delete([whole[10].track_id, first[0].track_id])
    rest, end = await index.list_tracks(limit=30, after=cursor)
    assert rest == whole[11:]
    assert end is None


async def test_names_that_were_stored_decomposed_are_met(index: TrackIndex) -> None:
    old = make("a", [1.0], [1.0], artist="x", genres=("me\u0301tal",), moods=("lie\u0301",))
    await index.upsert([old, make("b", [1.0], [1.0])])
    if isinstance(index, ExactIndex):
        pytest.skip("it keeps nothing of an earlier version")
    for where in (
        TrackFilter(genres=LabelMatch(any_of=("métal",))),
        TrackFilter(genres=LabelMatch(all_of=("métal",)), moods=LabelMatch(any_of=("lié",))),
    ):
        for granularity in Granularity:
            found = await index.search(
                as_asked(query(1.0), granularity), limit=5, where=where, granularity=granularity
            )
            assert ids(found) == ["a"]
    found = await index.search(
        query(1.0), limit=5, where=TrackFilter(genres=LabelMatch(none_of=("métal",)))
    )
    assert ids(found) == ["b"]


async def test_everything_that_is_known_comes_back(index: TrackIndex, catalogue: Catalogue) -> None:
    tracks = catalogue(40)
    await index.upsert(tracks)
    known = {one.track.track_id: one.track for one in tracks}
    assert await index.get(list(known)) == known


def tagged(one: EmbeddedTrack) -> EmbeddedTrack:
    """The track, its metadata as its tags'."""
    return replace(one, track=with_layers(one.track, MetadataLayers(one.track.metadata)))


async def test_a_correction_outlives_all_but_its_track(index: TrackIndex) -> None:
    first = tagged(make("a", [1.0], [1.0], title="T", genres=("jazz",)))
    await index.upsert([first, tagged(make("b", [1.0], [1.0], title="B"))])
    await index.correct("a", {"genres": ("folk",)})
    await index.correct("a", {"title": ""})
    expected = TrackMetadata(genres=("folk",))
    assert (await index.get(["a"]))["a"].metadata == expected

    await index.upsert([tagged(make("a", [0.0, 1.0], [1.0], title="Other", genres=("jazz",)))])
    stored = (await index.get(["a"]))["a"]
    assert stored.metadata == expected
    assert stored.layers is not None
    assert stored.layers.tags == TrackMetadata("Other", genres=("jazz",))
    assert stored.layers.sources() == dict.fromkeys(("title", "genres"), FieldSource.CORRECTED)
    for granularity in Granularity:
        for label, found in (("folk", ["a"]), ("jazz", [])):
            where = TrackFilter(genres=LabelMatch(any_of=(label,)))
            answer = await index.search(
                as_asked(query(1), granularity), limit=5, where=where, granularity=granularity
            )
            assert ids(answer) == found

    assert await index.describe("a", MetadataLayers(given=TrackMetadata("G", album="A")))
    assert (await index.get(["a"]))["a"].metadata == TrackMetadata(album="A", genres=("folk",))

    reset = await index.correct("a", {"year": 1999}, ["title", "artist"])
    assert reset.metadata == TrackMetadata("G", album="A", genres=("folk",), year=1999)
    assert (await index.get(["a"]))["a"] == reset

    await index.delete(["a"])
    await index.upsert([first])
    assert (await index.get(["a"]))["a"] == first.track
    assert (await index.get(["b"]))["b"].metadata == TrackMetadata("B")


async def test_a_correction_that_a_track_brings_along_gives_way_to_the_one_that_stands(
    index: TrackIndex,
) -> None:
    said = MetadataLayers(TrackMetadata("T"), corrections={"title": "Brought", "year": 1999})
    plain = make("a", [1.0], [1.0])
    brought = replace(plain, track=with_layers(plain.track, said))
    assert await index.insert([brought]) == set()
    assert await index.get(["a"]) == {"a": brought.track}
    await index.correct("a", {"title": "Standing"})
    await index.upsert([brought])
    assert (await index.get(["a"]))["a"].metadata == TrackMetadata("Standing", year=1999)
    await index.upsert([tagged(make("a", [1.0], [1.0], title="T"))])
    assert (await index.get(["a"]))["a"].metadata == TrackMetadata("Standing", year=1999)


async def test_a_correction_holds_in_every_space(spaces: Open) -> None:
    before = await spaces("test-v1")
    track = tagged(make("a", [1.0], [1.0], title="T"))
    await before.upsert([track])
    await before.correct("a", {"title": "Corrected"})
    after = await spaces("other-v1")
    assert await after.existing(["a"]) == set()
    moved = [replace(one, space="other-v1") for one in (track, make("b", [1.0], [1.0]))]
    assert await after.insert(moved) == set()
    assert (await after.get(["a"]))["a"].metadata == TrackMetadata("Corrected")
    await after.correct("b", {"year": 1999})
    assert (await after.correct("a", {"album": "A"}, ["title"])).metadata == TrackMetadata(
        "T", album="A"
    )
    assert await after.catch_up() == 0

    flat = make("b", [1.0], [1.0], title="B")
    await before.upsert([flat])
    await before.upsert([track])
    assert (await before.get(["a"]))["a"].metadata == TrackMetadata("T", album="A")
    await after.correct("a", {}, ["album"])
    await after.correct("b", {"title": "Corrected"})
    for changed in (2, 0):
        assert await before.catch_up() == changed
        stored = await before.get(["a", "b"])
        assert stored["a"] == track.track
        assert stored["b"].metadata == TrackMetadata("Corrected", year=1999)


async def test_what_a_track_of_an_earlier_version_says_stays_beside_a_correction(
    index: TrackIndex,
) -> None:
    await index.upsert([make("a", [1.0], [1.0], title="T", album="A")])
    corrected = await index.correct("a", {"title": "Corrected"})
    assert corrected.metadata == TrackMetadata("Corrected", album="A")
    assert corrected.layers is None
    assert await index.get(["a"]) == {"a": corrected}
    await index.upsert([tagged(make("a", [1.0], [1.0], title="T"))])
    assert (await index.get(["a"]))["a"].metadata == TrackMetadata("Corrected")


async def test_what_a_correction_unsets_is_gone(index: TrackIndex) -> None:
    said = {"artists": ("Ada", "Bob"), "album": "A", "isrc": "USRC17607839", "key": "Am"}
    await index.upsert([make("a", [1.0], [1.0], bpm=90.5, explicit=False, **said)])
    for field in ("artists", "albums", "isrcs", "keys"):
        match = LabelMatch(any_of=("bob", "a", "USRC17607839", "Am"))
        assert (await index.list_tracks(limit=1, where=TrackFilter(**{field: match})))[0]
    nothing = TrackMetadata(title="T")
    corrected = await index.correct("a", corrections_to(nothing, METADATA_FIELDS))
    assert corrected.metadata == nothing
    assert (await index.get(["a"]))["a"] == corrected
    asked = [
        *(TrackFilter(**{field: match}) for field in ("artists", "albums", "isrcs", "keys")),
        TrackFilter(bpm=NumberRange(minimum=1)),
        TrackFilter(explicit=False),
    ]
    for where in asked:
        assert await index.list_tracks(limit=1, where=where) == ([], None)
        passages = await index.search(
            query(1.0), limit=1, where=where, granularity=Granularity.PASSAGES
        )
        assert passages == []


async def test_foreign_cursor(index: TrackIndex) -> None:
    with pytest.raises(InvalidPageToken):
        await index.list_tracks(limit=1, after="yesterday")


async def test_facets_count_tracks(index: TrackIndex) -> None:
    await index.upsert(
        [
            make("a", [1], [1], [1], genres=("jazz", "folk"), moods=("calm",)),
            make("b", [1], [1], genres=("jazz",)),
            make("c", [1], genres=("blues",), moods=("dark", "calm")),
        ]
    )
    facets = await index.facets()
    assert [(f.label, f.tracks) for f in facets["genres"]] == [
        ("jazz", 2), ("blues", 1), ("folk", 1),
    ]  # fmt: skip
    assert [(f.label, f.tracks) for f in facets["moods"]] == [("calm", 2), ("dark", 1)]
    dark = TrackFilter(moods=LabelMatch(any_of=("dark",)))
    within = await index.facets(dark)
    assert [(f.label, f.tracks) for f in within["genres"]] == [("blues", 1)]
    assert [await index.count(TrackFilter()), await index.count(dark)] == [3, 1]


@pytest.mark.parametrize(
    "vector",
    [
        np.ones(DIMENSION - 1, np.float32),
        np.ones((1, DIMENSION), np.float32),
        np.zeros(DIMENSION, np.float32),
        np.full(DIMENSION, 1e-12, np.float32),
        np.full(DIMENSION, np.nan, np.float32),
        np.full(DIMENSION, np.inf, np.float32),
    ],
    ids=["short", "two-dimensional", "zero", "tiny", "nan", "inf"],
)
async def test_bad_vectors_are_refused(index: TrackIndex, vector: np.ndarray) -> None:
    with pytest.raises(InvalidVector):
        await index.search(vector, limit=1)
    good = make("good", [1], [1])
    bad_song = replace(make("bad", [1]), vector=vector)
    bad_segment = replace(make("bad", [1]), segments=[Segment(0, 0.0, 1.0, vector)])
    for bad in (bad_song, bad_segment):
        with pytest.raises(InvalidVector, match="bad"):
            await index.upsert([good, bad])
    assert (await index.info()).tracks == 0


async def test_bad_genre_vector_is_refused(index: TrackIndex) -> None:
    with pytest.raises(InvalidVector, match="genre"):
        await index.upsert([replace(make("a", [1]), genre_vector=np.ones(3, np.float32))])


async def test_vectors_of_another_space_are_refused(index: TrackIndex) -> None:
    with pytest.raises(SpaceMismatch, match="other-v2"):
        await index.upsert([make("a", [1]), replace(make("b", [1]), space="other-v2")])
    assert (await index.info()).tracks == 0


async def test_unusual_ids_and_texts(index: TrackIndex) -> None:
    names = ["", " ", "ünïcödé ♫", "a" * 2_000, "a\x1f0", "{}", "../../etc"]
    await index.upsert([make(name, [1, n], [1, n], title=name) for n, name in enumerate(names)])
    assert set(await index.get(names)) == set(names)
    for granularity in Granularity:
        found = await index.search(
            as_asked(query(1), granularity),
            limit=10,
            where=TrackFilter(only_track_ids=tuple(names)),
            granularity=granularity,
        )
        assert ids(found) == names
    assert await index.delete(names) == len(names)


def rounding(index: TrackIndex) -> float:
    """By how much an engine changes vectors of unit length."""
    # The engine of qdrant-client scales them again, in single precision; the server does not.
    return 1e-7 if isinstance(index, QdrantIndex) else 0.0


def by_id(tracks: list[EmbeddedTrack]) -> dict[str, EmbeddedTrack]:
    return {track.track.track_id: track for track in tracks}


async def test_all_tracks_come_with_all_their_vectors(
    index: TrackIndex, oracle: ExactIndex, catalogue: Catalogue
) -> None:
    given = catalogue(150)
    given.append(make("long", [1.0, 2.0], *([float(n), 1.0] for n in range(700)), title="Mix"))
    await index.upsert(given)
    await oracle.upsert(given)
    listed, _ = await index.list_tracks(limit=1000)
    found = [track async for track in index.embedded()]
    assert [one.track for one in found] == listed
    right = by_id([track async for track in oracle.embedded()])
    assert by_id(found).keys() == right.keys()
    for track_id, one in by_id(found).items():
        assert_equal(one, right[track_id], within=rounding(index))


async def test_tracks_with_vectors_begin_where_they_are_asked_to(
    index: TrackIndex, catalogue: Catalogue
) -> None:
    await index.upsert(catalogue(90))
    whole = [track.track.track_id async for track in index.embedded()]
    _, cursor = await index.list_tracks(limit=30)
    assert [one.track.track_id async for one in index.embedded(after=cursor)] == whole[30:]
    point = str(track_point_id(whole[50]))
    assert [one.track.track_id async for one in index.embedded(after=point)] == whole[50:]
    with pytest.raises(InvalidPageToken):
        await anext(index.embedded(after="nowhere"))


@pytest.mark.parametrize("name", ["none", "genre any", "only nothing", "only", "all together"])
async def test_tracks_with_vectors_satisfy_the_filter(
    index: TrackIndex, catalogue: Catalogue, name: str
) -> None:
    given = catalogue(90)
    await index.upsert(given)
    found = {one.track.track_id async for one in index.embedded(where=FILTERS[name])}
    assert found == {one.track.track_id for one in given if FILTERS[name].matches(one.track)}


async def test_what_was_stored_is_stored_elsewhere_without_a_change(
    index: TrackIndex, catalogue: Catalogue
) -> None:
    await index.upsert(catalogue(120))
    before = [track async for track in index.embedded()]
    other = ExactIndex(space=SPACE, dimension=DIMENSION, genre_dimension=4)
    await other.upsert(before)
    await index.upsert([track async for track in other.embedded()])
    after = by_id([track async for track in index.embedded()])
    for one in before:
        assert_equal(after[one.track.track_id], one, within=rounding(index))
