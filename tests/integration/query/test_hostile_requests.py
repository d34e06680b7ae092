"""Requests for the impossible, or for too much, over real gRPC: a reason, and nothing half-done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest

from query_service import CATALOGUE, DIMENSION, TOKEN, Service, embedded, serve
from refusals import refusal
from segue.index.exact import ExactIndex
from segue.index.queries import IndexQuery
from segue.limits import TEXT_BYTES
from segue.query.access import Access
from segue.settings import AdmissionSettings
from segue.tracks import Neighbour
from segue.v1 import playlist_service_pb2 as playlists
from segue.v1 import similarity_service_pb2 as messages
from segue.v1 import track_pb2
from waiting import until_async

WHAT_A_PLAIN_CLIENT_READS = 4 * 1024 * 1024
A, B, GONE, LOST = ({"seed": {"track_id": name}} for name in ("a", "b", "gone", "lost"))
NO_TRACK = {"genres": {"any_of": ["polka"]}}


def against(seed: dict[str, Any]) -> dict[str, Any]:
    return {**seed, "weight": -1.0}


def of_space(space: str) -> dict[str, Any]:
    return {"seed": {"embedding": {"values": [1.0] * DIMENSION, "space": space}}}


SEEDS = [
    pytest.param([A, GONE, LOST], "SEEDS_UNKNOWN", ("track gone", "track lost"), id="unknown"),
    pytest.param([A, B, against(A)], "SEEDS_CONTRADICTORY", ("track a",), id="contradictory"),
    pytest.param([against(A), against(B)], "SEEDS_ALL_NEGATIVE", (), id="all against"),
    pytest.param([A, of_space("other-v1")], "SPACE_MISMATCH", ("other-v1", "bands-v1"), id="space"),
    pytest.param([A, {"seed": {}}], "INVALID_ARGUMENT", ("seeds[1]",), id="nothing"),
    pytest.param([{**A, "weight": float("nan")}], "INVALID_ARGUMENT", ("weight",), id="no number"),
    pytest.param([{**A, "weight": 1e308}], "INVALID_ARGUMENT", ("weight",), id="too heavy"),
]


@pytest.mark.parametrize(("seeds", "reason", "told"), SEEDS)
async def test_seeds_that_cannot_be_searched_by(
    service: Service, seeds: list[dict[str, Any]], reason: str, told: tuple[str, ...]
) -> None:
    """A search, a batch and a playlist say the same of them."""
    search = messages.SearchSimilarTracksRequest(seeds=seeds)
    for call in (
        service.similarity.SearchSimilarTracks(search),
        service.playlists.BuildPlaylist(playlists.BuildPlaylistRequest(seeds=seeds)),
    ):
        refused = await refusal(call)
        assert refused.reason == reason
        assert all(one in refused.message for one in told)
    batch = messages.BatchSearchSimilarTracksRequest(requests=[search])
    (one,) = (await service.similarity.BatchSearchSimilarTracks(batch)).results
    assert one.failure.reason == reason
    assert one.failure.next_step


async def test_unknown_seeds_are_passed_over_where_that_is_asked_for(service: Service) -> None:
    search = messages.SearchSimilarTracksRequest(seeds=[A, GONE], skip_unknown_seeds=True)
    found = await service.similarity.SearchSimilarTracks(search)
    assert list(found.unknown_seeds) == ["track gone"]
    playlist = playlists.BuildPlaylistRequest(
        seeds=[A, GONE, LOST], skip_unknown_seeds=True, tracks=2
    )
    made = await service.playlists.BuildPlaylist(playlist)
    assert list(made.unknown_seeds) == ["track gone", "track lost"]
    assert len(made.tracks) == 2
    # What is left for is not known either.
    search = messages.SearchSimilarTracksRequest(seeds=[GONE, against(A)], skip_unknown_seeds=True)
    refused = await refusal(service.similarity.SearchSimilarTracks(search))
    assert refused.reason == "SEEDS_UNKNOWN"


async def test_a_thousand_unknown_seeds_fit_into_what_clients_read(service: Service) -> None:
    names = [f"{number:04}{'x' * 200}" for number in range(1000)]
    search = messages.SearchSimilarTracksRequest(
        seeds=[A, {"seed": {"playlist": {"track_ids": names}}}]
    )
    refused = await refusal(service.similarity.SearchSimilarTracks(search))
    assert refused.reason == "SEEDS_UNKNOWN"
    assert f"track {names[0]}" in refused.message
    assert refused.message.endswith(" more")


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"tracks": 10_000}, "tracks"),
        ({"tracks": -(2**31)}, "tracks"),
        ({"minutes": float("inf")}, "minutes"),
        ({"minutes": float("nan")}, "minutes"),
        ({"minutes": 1e308}, "minutes"),
        ({"contour": {"energy": {"targets": [0.0, float("nan")]}}}, "contour.energy.targets[1]"),
        ({"contour": {}}, "contour"),
        ({"contour": {"genre": {"genres": ["jazz"] * 21}}}, "contour.genre.genres"),
        ({"variety": {"most_per_artist": -1}}, "variety.most_per_artist"),
        ({"variety": {"diversity": float("inf")}}, "variety.diversity"),
        ({"sound_weight": float("nan")}, "sound_weight"),
    ],
)
async def test_playlists_that_nobody_can_make(
    service: Service, request_: dict[str, Any], field: str
) -> None:
    asked = playlists.BuildPlaylistRequest(seeds=[A], **request_)
    refused = await refusal(service.playlists.BuildPlaylist(asked))
    assert (refused.reason, refused.field) == ("INVALID_ARGUMENT", field)
    if field == "tracks":
        assert "500" in refused.message


async def test_what_no_catalogue_satisfies(service: Service) -> None:
    nothing = playlists.BuildPlaylistRequest(seeds=[A], filter=NO_TRACK)
    refused = await refusal(service.playlists.BuildPlaylist(nothing))
    assert refused.reason == "PLAYLIST_IMPOSSIBLE"
    capped = playlists.BuildPlaylistRequest(seeds=[A], tracks=5, variety={"most_per_artist": 1})
    made = await service.playlists.BuildPlaylist(capped)
    assert {one.track.metadata.artist for one in made.tracks} == {"Ann", "Bob", "Dee", "Eve"}
    assert "4 of 5 tracks" in made.shortfall
    search = messages.SearchSimilarTracksRequest(
        seed={"track_id": "a"},
        variety={"most_per_artist": 1, "not_seed_artists": True},
        filter={"artists": {"any_of": ["Ann"]}},
        view=track_pb2.TRACK_VIEW_FULL,
    )
    found = await service.similarity.SearchSimilarTracks(search)
    assert not found.results
    assert {one.name: one.count for one in found.explanation.dropped} == {"SEED_ARTIST": 1}


@pytest.mark.parametrize("random_seed", [0, 1, 2**63 - 1, -(2**63)])
async def test_paths_that_lead_nowhere_and_the_shortest_one(
    service: Service, random_seed: int
) -> None:
    async def refused(**fields: Any) -> str:
        asked = playlists.FindPathRequest(random_seed=random_seed, **fields)
        return (await refusal(service.playlists.FindPath(asked))).reason

    assert await refused(from_track_id="a", to_track_id="a") == "PATH_IMPOSSIBLE"
    assert await refused(from_track_id="a", to_track_id="gone") == "TRACK_NOT_FOUND"
    assert await refused(from_track_id="a", to_track_id="b", tracks=101) == "INVALID_ARGUMENT"
    ends = playlists.FindPathRequest(
        from_track_id="a", to_track_id="e", tracks=2, random_seed=random_seed
    )
    found = await service.playlists.FindPath(ends)
    assert [one.track.track_id for one in found.tracks] == ["a", "e"]


@pytest.fixture
async def wordy(tmp_path: Path) -> AsyncIterator[Service]:
    """Three hundred tracks whose texts are as long as texts may be."""
    index = ExactIndex(space="bands-v1", dimension=DIMENSION)
    texts = {"title": "t" * TEXT_BYTES["title"], "album": "", "artist": "a" * TEXT_BYTES["artist"]}
    genres = tuple(f"{number:02}{'g' * 250}" for number in range(20))
    many = [
        embedded(f"n{number:03}", number * 0.3, **texts, genres=genres) for number in range(300)
    ]
    await index.upsert([*CATALOGUE, *(replace(one, segments=[]) for one in many)])
    async for running in serve(index, tmp_path):
        yield running


async def test_a_large_playlist_is_whole_and_no_larger_than_clients_read(wordy: Service) -> None:
    asked = playlists.BuildPlaylistRequest(
        seeds=[A], tracks=300, variety={}, view=track_pb2.TRACK_VIEW_FULL
    )
    made = await wordy.playlists.BuildPlaylist(asked)
    assert len({one.track.track_id for one in made.tracks}) == 300
    assert made.ByteSize() < WHAT_A_PLAIN_CLIENT_READS / 1.5
    told = [one.track.HasField("metadata") for one in made.tracks]
    assert told == sorted(told, reverse=True)
    assert True in told
    assert False in told


async def test_what_is_never_answered_is_not_told_to_come_back(service: Service) -> None:
    artists = [{"seed": {"artist": f"Ann{number}"}} for number in range(20)]
    heavy = messages.SearchSimilarTracksRequest(seeds=artists)
    batch = messages.BatchSearchSimilarTracksRequest(requests=[heavy] * 100)
    refused = await refusal(service.similarity.BatchSearchSimilarTracks(batch))
    assert (refused.reason, refused.field) == ("INVALID_ARGUMENT", "requests")
    playlist = playlists.BuildPlaylistRequest(
        seeds=artists,
        contour={"genre": {"genres": ["jazz"] * 20}},
        seed_strategy=messages.SEED_STRATEGY_BEST_SCORE,
    )
    refused = await refusal(service.playlists.BuildPlaylist(playlist))
    assert (refused.reason, refused.field) == ("INVALID_ARGUMENT", "contour.genre.genres")


class WaitingIndex(ExactIndex):
    """Answers no search before it is let."""

    go_on: asyncio.Event

    async def search_many(self, queries: Sequence[IndexQuery]) -> list[list[Neighbour]]:
        await self.go_on.wait()
        return await super().search_many(queries)


def one_has_ended(calls: Sequence[grpc.aio.Call]) -> bool:
    return any(call.done() for call in calls)


async def test_a_call_counts_as_what_it_costs(tmp_path: Path) -> None:
    """Of 20 calls, guests of one machine get 10: two of 40 seeds, which count five each."""
    index = WaitingIndex(space="bands-v1", dimension=DIMENSION)
    index.go_on = asyncio.Event()
    await index.upsert(CATALOGUE)
    heavy = messages.SearchSimilarTracksRequest(
        seeds=[A] * 20 + [against(B)] * 20, page_size=1, all_copies=True
    )
    few = AdmissionSettings(most_calls=20)
    async for running in serve(index, tmp_path, access=Access(TOKEN), admission=few):
        calls = [running.similarity.SearchSimilarTracks(heavy) for _ in range(3)]
        await until_async(one_has_ended, calls)
        (third,) = [call for call in calls if call.done()]
        refused = await refusal(third)
        assert (refused.code, refused.reason) == (
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "TOO_MANY_CALLS",
        )
        index.go_on.set()
        for call in calls:
            if call is not third:
                assert (await call).results
