"""Groups of copies, on every index: what is kept, and what the keeper makes of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from random_fingerprints import fingerprint_of, noisy, random_codes
from segue.fingerprints import NO_FINGERPRINT, Fingerprint
from segue.index.exact import ExactIndex
from segue.index.port import TrackIndex
from segue.query.recording_keeper import settle
from segue.query.search import SimilarityQuery, SimilaritySearch
from segue.query.seeds import SeedSearch
from segue.query.shown import Shown
from segue.recordings.components import recording_name
from segue.recordings.rule import recording_keys
from segue.seeds import MatchLevel, Seeds, TrackSeed
from segue.tracks import EmbeddedTrack, Provenance, Segment, Track, TrackMetadata

SPACE, DIMENSION = "test-v1", 16
SONG, OTHER = random_codes(1), random_codes(2)


def stored(
    track_id: str, fingerprint: Fingerprint = NO_FINGERPRINT, *, title: str = "", sha: str = ""
) -> EmbeddedTrack:
    track = Track(
        track_id,
        TrackMetadata(title=title),
        duration_seconds=75.0,
        content_sha256=sha or f"of {track_id}",
        provenance=Provenance.OWNER,
        recording="what a caller says is not heeded",
    )
    vector = np.random.default_rng(sum(track_id.encode())).standard_normal(DIMENSION)
    return EmbeddedTrack(track, SPACE, vector.astype(np.float32), fingerprint=fingerprint)


def copy_of(codes: np.ndarray, seed: int) -> Fingerprint:
    return fingerprint_of(noisy(codes, 0.02, seed))


CATALOGUE = [
    stored("a", fingerprint_of(SONG), title="Song"),
    stored("b", copy_of(SONG, 3), title="Song"),
    stored("c", copy_of(SONG[40:], 4)),
    stored("d", fingerprint_of(OTHER)),
    stored("e", copy_of(OTHER, 5)),
    stored("f", fingerprint_of(random_codes(6)), sha="one content"),
    stored("g", sha="one content"),
    stored("h", fingerprint_of(random_codes(7))),
    stored("i", copy_of(SONG[80:], 8), title="Song (live)"),
]
"""Three recordings with copies, and two tracks alone: ``i`` says that it is another version."""

GROUPS = [{"a", "b", "c"}, {"d", "e"}, {"f", "g"}]


async def groups(index: TrackIndex) -> list[set[str]]:
    sizes = await index.recordings.sizes()
    members = await index.recordings.members(sizes)
    assert {name: len(members[name]) for name in sizes} == sizes
    assert all(name == recording_name(ids) for name, ids in members.items())
    tracks = await index.get([one for ids in members.values() for one in ids])
    for name, ids in members.items():
        assert ids == sorted(ids)
        assert {tracks[one].recording for one in ids} == {name}
    return sorted(map(set, members.values()), key=min)


def ids(tracks: Iterable[EmbeddedTrack]) -> list[str]:
    return [one.track.track_id for one in tracks]


async def test_what_is_stored_waits_to_be_looked_at(index: TrackIndex) -> None:
    await index.upsert(CATALOGUE)
    assert sorted(await index.recordings.due(100)) == ids(CATALOGUE)
    assert len(await index.recordings.due(4)) == 4
    assert await index.recordings.sizes() == {}
    assert (await index.get(["a"]))["a"].recording == ""


async def test_fingerprints_come_back_as_they_were(index: TrackIndex) -> None:
    await index.upsert(CATALOGUE)
    found = await index.recordings.fingerprints([*ids(CATALOGUE), "nobody"])
    assert found == {one.track.track_id: one.fingerprint for one in CATALOGUE}


async def test_tracks_are_found_by_any_key(index: TrackIndex) -> None:
    await index.upsert(CATALOGUE)
    sharing = index.recordings.sharing
    assert sorted(await sharing(["sha256:one content", "sha256:of h"], 100)) == ["f", "g", "h"]
    keys = recording_keys(Track("d"), CATALOGUE[3].fingerprint)
    assert sorted(await sharing(keys, 100)) == ["d", "e"]
    assert len(await sharing(keys, 1)) == 1
    assert await sharing([], 100) == await sharing(["00000000"], 100) == []


@pytest.mark.parametrize("order", [range(9), range(8, -1, -1), (4, 8, 2, 6, 0, 5, 1, 7, 3)])
@pytest.mark.parametrize("batch", [9, 2])
async def test_groups_do_not_depend_on_the_order_of_ingest(
    index: TrackIndex, order: Sequence[int], batch: int
) -> None:
    for start in range(0, len(order), batch):
        await index.upsert([CATALOGUE[number] for number in order[start : start + batch]])
        await settle(index)
    assert await groups(index) == GROUPS
    assert await index.recordings.due(100) == []
    listed, _ = await index.list_tracks(limit=100)
    assert {one.track_id for one in listed if not one.recording} == {"h", "i"}


async def test_a_track_that_goes_leaves_the_others_to_be_looked_at(index: TrackIndex) -> None:
    await index.upsert(CATALOGUE)
    await settle(index)
    await index.delete(["a", "d", "h"])
    assert sorted(await index.recordings.due(100)) == ["b", "c", "e"]
    await settle(index)
    assert await groups(index) == [{"b", "c"}, {"f", "g"}]
    assert (await index.get(["e"]))["e"].recording == ""


async def test_groups_are_counted_as_they_are_after_every_change(index: TrackIndex) -> None:
    async def counts() -> list[int]:
        return sorted((await index.recordings.sizes()).values())

    assert await counts() == []
    await index.upsert(CATALOGUE)
    await settle(index)
    assert await counts() == await counts() == [2, 2, 3]
    await index.delete(["a", "d", "h"])
    assert await counts() == [1, 2, 2]
    await settle(index)
    assert await counts() == [2, 2]
    await index.upsert([stored("j", copy_of(SONG, 14), title="Song")])
    await settle(index)
    assert await counts() == [2, 3]


async def test_a_track_that_links_two_splits_them_when_it_goes(index: TrackIndex) -> None:
    # Each lacks an eighth of the one before: only the middle one is near enough to both others.
    whole = random_codes(11, 1_000)
    chain = [
        stored("x", fingerprint_of(whole)),
        stored("y", fingerprint_of(whole[120:])),
        stored("z", fingerprint_of(whole[240:])),
    ]
    await index.upsert(chain)
    await settle(index)
    assert await groups(index) == [{"x", "y", "z"}]
    await index.delete(["y"])
    await settle(index)
    assert await groups(index) == []


async def test_a_correction_of_the_title_counts(index: TrackIndex) -> None:
    await index.upsert(CATALOGUE)
    await settle(index)
    await index.correct("c", {"title": "Song (live)"})
    assert await index.recordings.due(100) == ["c"]
    await settle(index)
    assert await groups(index) == [{"a", "b"}, {"c", "i"}, {"d", "e"}, {"f", "g"}]
    await index.correct("c", {"title": "Song"})
    await settle(index)
    assert await groups(index) == GROUPS


async def test_other_audio_under_the_same_id_leaves_its_group(index: TrackIndex) -> None:
    await index.upsert(CATALOGUE)
    await settle(index)
    before = (await index.get(["a"]))["a"].recording
    await index.upsert([stored("a", copy_of(OTHER, 12), title="Song")])
    # Until it was looked at, it stays where it was: a search does not show it twice.
    assert (await index.get(["a"]))["a"].recording == before
    await settle(index)
    assert await groups(index) == [{"a", "d", "e"}, {"b", "c"}, {"f", "g"}]


async def test_what_changed_since_it_was_compared_is_not_assigned(index: TrackIndex) -> None:
    await index.upsert(CATALOGUE)
    seen = await index.get(["a", "b"])
    changed = {**seen, "b": replace(seen["b"], content_sha256="another")}
    assign = index.recordings.assign
    assert not await assign({"a": "group", "b": "group"}, list(changed.values()))
    assert await index.recordings.sizes() == {}
    await index.delete(["b"])
    assert not await assign({"a": "group", "b": "group"}, list(seen.values()))
    assert "a" in await index.recordings.due(100)
    assert await assign({"a": "group"}, [seen["a"]])
    assert await index.recordings.sizes() == {"group": 1}
    assert "a" not in await index.recordings.due(100)


@pytest.mark.parametrize("level", [MatchLevel.TRACK, MatchLevel.PASSAGE])
async def test_a_search_answers_with_one_of_each(
    index: TrackIndex, oracle: ExactIndex, level: MatchLevel
) -> None:
    rng = np.random.default_rng(20)
    tracks = []
    for song in range(8):
        codes, centre = random_codes(100 + song), rng.standard_normal(DIMENSION)
        for number in range(12):
            part = (centre + 0.05 * rng.standard_normal(DIMENSION)).astype(np.float32)
            one = stored(f"s{song}-{number:02d}", copy_of(codes, number))
            segments = [Segment(0, 0.0, 10.0, part)]
            tracks.append(replace(one, vector=part, segments=segments))
    searching = SimilaritySearch(None, collaborative_timeout_seconds=1.0)
    answers = []
    for one in (oracle, index):
        await one.upsert(tracks)
        await settle(one)
        seeds = Seeds.of(TrackSeed("s0-00"), level)
        candidates = await SeedSearch().candidates(one, None, seeds)
        shown = Shown.nothing(datetime.now(UTC))
        page = await searching.page(one, SimilarityQuery(candidates, 6, shown))
        answers.append([answer.neighbour.track.track_id for answer in page.answers])
        assert [answer.others for answer in page.answers] == [11] * 6
        assert page.more
    assert answers[0] == answers[1]
    assert len({name[:2] for name in answers[0]}) == 6


async def test_many_copies_are_one_group(index: TrackIndex) -> None:
    await index.upsert([stored(f"copy {n:03d}", copy_of(SONG, n)) for n in range(80)])
    await settle(index)
    (group,) = await groups(index)
    assert len(group) == 80
