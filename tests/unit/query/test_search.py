"""Pages of searches over small catalogues, compared with brute force."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segue.index.exact import ExactIndex
from segue.query.candidates import KnownSeeds, NearestToOne
from segue.query.rules import Drop
from segue.query.search import MOST_SEARCHES, Page, SimilarityQuery, SimilaritySearch
from segue.query.shown import Shown
from segue.tracks import EmbeddedTrack, LabelMatch, Track, TrackFilter, TrackMetadata
from segue.variety import Variety, albums_of, artists_of

SPACE = "test-v1"
NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
SEED = np.array([1.0, 0.0], dtype=np.float32)


def stored(
    track_id: str,
    degrees: float,
    artists: Sequence[str] = (),
    album: str = "",
    *,
    recording: str = "",
    at: datetime = NOW,
) -> EmbeddedTrack:
    angle = np.radians(degrees)
    metadata = TrackMetadata(artists=tuple(artists), album=album)
    track = Track(track_id, metadata, recording=recording, ingested_at=at)
    vector = np.array([np.cos(angle), np.sin(angle)], dtype=np.float32)
    return EmbeddedTrack(track, SPACE, vector)


async def opened(tracks: Sequence[EmbeddedTrack]) -> ExactIndex:
    index = ExactIndex(space=SPACE, dimension=2)
    await index.upsert(tracks)
    groups = {one.track.track_id: one.track.recording for one in tracks if one.track.recording}
    found = await index.get(list(groups))
    assert await index.recordings.assign(groups, list(found.values()))
    return index


def search() -> SimilaritySearch:
    return SimilaritySearch(None, collaborative_timeout_seconds=1.0)


async def page(
    index: ExactIndex,
    size: int,
    variety: Variety = Variety(),
    *,
    shown: Shown | None = None,
    where: TrackFilter = TrackFilter(),
    all_copies: bool = False,
    seeds: KnownSeeds | None = None,
) -> Page:
    candidates = NearestToOne(index, seeds or KnownSeeds(), SEED)
    begun = Shown.nothing(NOW) if shown is None else shown
    query = SimilarityQuery(
        candidates, size, begun, where=where, variety=variety, all_copies=all_copies
    )
    return await search().page(index, query)


async def pages(index: ExactIndex, size: int, variety: Variety) -> list[str]:
    """Ids on all pages."""
    shown = Shown.nothing(NOW)
    found: list[str] = []
    while True:
        answer = await page(index, size, variety, shown=shown)
        found += ids(answer)
        if not answer.more:
            return found
        assert answer.answers
        shown = Shown.read(shown.then(ids(answer)).cursor())


def ids(answer: Page) -> list[str]:
    return [one.neighbour.track.track_id for one in answer.answers]


def brute_force(tracks: Sequence[EmbeddedTrack], size: int, variety: Variety) -> list[str]:
    """The rules, one candidate after the other, over everything there is."""
    order = sorted(tracks, key=lambda one: (-float(one.vector @ SEED), one.track.track_id))
    artists: Counter[str] = Counter()
    albums: Counter[str] = Counter()
    recordings: set[str] = set()
    left: list[Track] = []
    for track in (one.track for one in order):
        full = (
            variety.most_per_artist
            and any(artists[name] >= variety.most_per_artist for name in artists_of(track))
        ) or (
            variety.most_per_album
            and any(albums[name] >= variety.most_per_album for name in albums_of(track))
        )
        if full or (track.recording and track.recording in recordings):
            continue
        artists.update(artists_of(track))
        albums.update(albums_of(track))
        recordings.add(track.recording)
        left.append(track)
    answers: list[Track] = []
    while left and len(answers) < size:
        recent = answers[-variety.most_in_a_row :] if variety.most_in_a_row else []
        run = frozenset[str]()
        if len(recent) == variety.most_in_a_row and recent:
            run = frozenset.intersection(*map(artists_of, recent))
        fitting = (one for one in left if artists_of(one).isdisjoint(run))
        chosen = next(fitting, left[0])
        left.remove(chosen)
        answers.append(chosen)
    return [track.track_id for track in answers]


names = st.lists(st.sampled_from(["Ada", "ADA", "Björk", "Carla", "Dee", "  "]), max_size=2)


@st.composite
def catalogues(draw: st.DrawFn) -> list[EmbeddedTrack]:
    number = draw(st.integers(0, 40))
    degrees = draw(st.permutations(range(1, number + 1)))
    return [
        stored(
            f"t{place:02d}",
            2.0 * angle,
            draw(names),
            draw(st.sampled_from(["", "One", "one", "Two"])),
            recording=draw(st.sampled_from(["", "", "", "r1", "r2"])),
        )
        for place, angle in enumerate(degrees)
    ]


varieties = st.builds(
    Variety,
    most_per_artist=st.integers(0, 3),
    most_per_album=st.integers(0, 6),
    most_in_a_row=st.integers(0, 2),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(catalogues(), varieties, st.integers(1, 12))
def test_a_page_is_what_brute_force_finds(
    tracks: list[EmbeddedTrack], variety: Variety, size: int
) -> None:
    async def found() -> Page:
        return await page(await opened(tracks), size, variety)

    assert ids(asyncio.run(found())) == brute_force(tracks, size, variety)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(catalogues(), varieties, st.integers(1, 7))
def test_pages_together_are_one_long_page(
    tracks: list[EmbeddedTrack], variety: Variety, size: int
) -> None:
    async def found() -> list[str]:
        return await pages(await opened(tracks), size, variety)

    assert asyncio.run(found()) == brute_force(tracks, 100, variety)


async def test_an_artist_of_five_thousand_tracks_starves_nobody() -> None:
    flood = [stored(f"a{n:04}", 1 + n * 0.001, ["Ada"]) for n in range(5_000)]
    others = [stored(f"b{n:02}", 10 + n, [f"Artist {n}"]) for n in range(30)]
    index = await opened([*flood, *others])
    answer = await page(index, 20, Variety(most_per_artist=2))
    assert ids(answer) == ["a0000", "a0001", *(f"b{n:02}" for n in range(18))]
    assert answer.more
    assert answer.explanation.engine_searches == 2
    assert answer.explanation.dropped == {Drop.ARTIST_CAP: 39}
    assert answer.explanation.fallback == ""


async def test_floods_behind_floods_leave_a_full_page() -> None:
    tracks = [
        stored(f"{artist:02}-{n:03}", artist + n * 0.001, [f"Artist {artist}"])
        for artist in range(20)
        for n in range(400)
    ]
    answer = await page(await opened(tracks), 20, Variety(most_per_artist=1))
    assert ids(answer) == [f"{artist:02}-000" for artist in range(20)]
    assert answer.explanation.engine_searches <= MOST_SEARCHES
    assert not answer.more


async def test_an_artist_that_is_everywhere_is_kept_apart_by_others_from_far_away() -> None:
    flood = [stored(f"a{n:03}", 1 + n * 0.01, ["Ada"]) for n in range(500)]
    others = [stored(f"b{n}", 60 + n, [f"Artist {n}"]) for n in range(4)]
    index = await opened([*flood, *others])
    answer = await page(index, 10, Variety(most_in_a_row=2))
    expected = ["a000", "a001", "b0", "a002", "a003", "b1", "a004", "a005", "b2", "a006"]
    assert ids(answer) == expected
    everything = await page(index, 20, Variety(most_in_a_row=2))
    assert ids(everything)[-8:] == [f"a{n:03}" for n in range(8, 16)]
    assert len(await pages(index, 100, Variety(most_in_a_row=2))) == 504


async def test_rules_that_no_catalogue_satisfies_give_what_there_is() -> None:
    index = await opened([stored(f"t{n}", n, ["Ada"], "One") for n in range(50)])
    answer = await page(index, 10, Variety(most_per_artist=3, most_per_album=1))
    assert ids(answer) == ["t0"]
    assert not answer.more
    nothing = await page(index, 10, Variety(), where=TrackFilter(artists=LabelMatch(("bo",))))
    assert (ids(nothing), nothing.more) == ([], False)


async def test_tracks_without_artist_or_album_are_under_no_rule() -> None:
    tracks = [stored(f"t{n}", n, ["  "] if n % 2 else []) for n in range(9)]
    index = await opened(tracks)
    variety = Variety(most_per_artist=1, most_per_album=1, most_in_a_row=1)
    assert ids(await page(index, 9, variety)) == [f"t{n}" for n in range(9)]


async def test_the_seeds_albums_and_artists_are_left_out() -> None:
    seed = stored("seed", 0, ["Ada", "Bo"], "One")
    near = [stored(f"a{n:03}", 1 + n * 0.01, ["ADA"], f"Album {n}") for n in range(200)]
    same = [stored(f"c{n}", 5 + n, ["Cleo"], "ONE") for n in range(3)]
    far = [stored(f"d{n}", 20 + n, ["Dee"], "Two") for n in range(5)]
    index = await opened([seed, *near, *same, *far])
    seeds = KnownSeeds(frozenset(["seed"]), (seed.track,))
    no_album = await page(index, 204, Variety(not_seed_albums=True), seeds=seeds)
    assert ids(no_album) == [f"a{n:03}" for n in range(200)] + [f"d{n}" for n in range(4)]
    assert no_album.explanation.dropped[Drop.SEED_ALBUM] == 3
    no_artist = await page(index, 6, Variety(not_seed_artists=True), seeds=seeds)
    assert ids(no_artist) == ["c0", "c1", "c2", "d0", "d1", "d2"]
    both = Variety(not_seed_artists=True, not_seed_albums=True)
    assert ids(await page(index, 9, both, seeds=seeds)) == [f"d{n}" for n in range(5)]


async def test_of_a_recording_one_is_shown_on_all_pages() -> None:
    copies = [stored(f"c{n:02}", n * 0.1, recording="r") for n in range(60)]
    others = [stored(f"o{n}", 10 + n) for n in range(5)]
    index = await opened([*copies, *others])
    answer = await page(index, 4)
    assert ids(answer) == ["c00", "o0", "o1", "o2"]
    assert [one.others for one in answer.answers] == [59, 0, 0, 0]
    assert await pages(index, 2, Variety()) == ["c00", *(f"o{n}" for n in range(5))]
    every = await page(index, 70, all_copies=True)
    assert len(every.answers) == 65
    assert {one.others for one in every.answers} == {0}


async def test_a_copy_that_a_rule_drops_hides_no_other_copy() -> None:
    tracks = [
        stored("a", 1, ["Ada"]),
        stored("by Ada", 2, ["Ada"], recording="r"),
        stored("by Bo", 3, ["Bo"], recording="r"),
    ]
    index = await opened(tracks)
    assert ids(await page(index, 5, Variety(most_per_artist=1))) == ["a", "by Bo"]


def changing(seed: int) -> tuple[list[EmbeddedTrack], np.random.Generator]:
    rng = np.random.default_rng(seed)
    return [
        stored(f"t{n:03}", float(angle), [f"Artist {n % 40}"])
        for n, angle in enumerate(rng.uniform(0, 90, 300))
    ], rng


@pytest.mark.parametrize("variety", [Variety(), Variety(diversity=0.4), Variety(most_in_a_row=1)])
@pytest.mark.parametrize("seed", range(4))
async def test_while_the_catalogue_changes_no_track_that_stays_is_missed_or_repeated(
    variety: Variety, seed: int
) -> None:
    tracks, rng = changing(seed)
    index = await opened(tracks)
    gone: set[str] = set()
    found: list[str] = []
    shown = Shown.nothing(NOW + timedelta(seconds=1))
    turn = 0
    while True:
        answer = await page(index, 20, variety, shown=shown)
        found += ids(answer)
        if not answer.more:
            break
        shown = Shown.read(shown.then(ids(answer)).cursor())
        turn += 1
        deleted = [f"t{n:03}" for n in rng.choice(300, 5, replace=False)]
        await index.delete(deleted)
        gone.update(deleted)
        name, at = ("soon", timedelta(seconds=2)) if turn % 2 else ("late", timedelta(minutes=1))
        added = [f"{name}{turn}-{n}" for n in range(10)]
        await index.upsert([stored(one, float(rng.uniform(0, 90)), at=NOW + at) for one in added])
    assert len(found) == len(set(found))
    assert {one.track.track_id for one in tracks} - gone <= set(found)
    # Clocks may differ by a little, not by a minute.
    assert not any(name.startswith("late") for name in found)


async def test_a_search_of_two_hundred_is_done_in_ten_pages_of_twenty() -> None:
    tracks, _ = changing(9)
    index = await opened(tracks[:200])
    found: list[str] = []
    shown = Shown.nothing(NOW)
    for turn in range(10):
        answer = await page(index, 20, shown=shown)
        found += ids(answer)
        shown = shown.then(ids(answer))
        near = [
            stored(f"new{turn}-{n}", 0.01 * n, at=NOW + timedelta(minutes=1)) for n in range(50)
        ]
        await index.upsert(near)
    assert sorted(found) == [f"t{n:03}" for n in range(200)]
    assert not answer.more


async def test_what_a_page_has_shown_counts_on_the_next() -> None:
    tracks = [stored(f"a{n}", n, ["Ada"]) for n in range(3)]
    tracks += [stored(f"b{n}", 10 + n, [f"B{n}"]) for n in range(5)]
    index = await opened(tracks)
    first = await page(index, 2, Variety(most_per_artist=1))
    assert ids(first) == ["a0", "b0"]
    shown = Shown.nothing(NOW).then(ids(first))
    # A correction of metadata makes a track no newer, and no other.
    await index.correct("b1", {"title": "Another"})
    second = await page(index, 9, Variety(most_per_artist=1), shown=shown)
    assert ids(second) == ["b1", "b2", "b3", "b4"]
    assert second.explanation.dropped == {Drop.SHOWN_BEFORE: 2, Drop.ARTIST_CAP: 2}


async def test_runs_go_on_over_pages() -> None:
    tracks = [stored(f"a{n}", n, ["Ada"]) for n in range(4)]
    tracks += [stored(f"b{n}", 10 + n, ["Bo"]) for n in range(4)]
    index = await opened(tracks)
    expected = ["a0", "a1", "b0", "a2", "a3", "b1", "b2", "b3"]
    for size in (1, 2, 3, 8):
        assert await pages(index, size, Variety(most_in_a_row=2)) == expected


async def test_diversity_takes_turns_between_two_kinds() -> None:
    near = [stored(f"n{n}", 1 + n * 0.1) for n in range(10)]
    far = [stored(f"f{n}", -40 - n * 0.1) for n in range(10)]
    index = await opened([*near, *far])
    assert ids(await page(index, 4)) == ["n0", "n1", "n2", "n3"]
    answer = await page(index, 2, Variety(diversity=0.7))
    assert [name[0] for name in ids(answer)] == ["n", "f"]
    assert [one.score for one in answer.answers] == [
        one.neighbour.similarity for one in answer.answers
    ]
    together = await pages(index, 5, Variety(diversity=0.7))
    assert sorted(together) == sorted(one.track.track_id for one in (*near, *far))
    assert together == ids(await page(index, 20, Variety(diversity=0.7)))
