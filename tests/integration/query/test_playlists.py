"""Playlists and paths over real gRPC."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from prometheus_client import REGISTRY

from query_service import DIMENSION, OPEN, TOKEN, Service, direction, embedded, serve
from refusals import refusal
from segue.index.exact import ExactIndex
from segue.query.access import Access
from segue.tracks import EmbeddedTrack
from segue.v1 import playlist_service_pb2 as messages
from segue.v1 import similarity_service_pb2, track_pb2

GENRES = ("jazz", "metal")


def seeds(*track_ids: str) -> list[dict[str, object]]:
    return [{"seed": {"track_id": track_id}} for track_id in track_ids]


def ids(response: messages.BuildPlaylistResponse | messages.FindPathResponse) -> list[str]:
    return [one.track.track_id for one in response.tracks]


def shortfalls(kind: str) -> float:
    name = "segue_playlist_shortfalls_total"
    value = REGISTRY.get_sample_value(name, {"kind": kind})
    assert value is not None
    return value


def named(number: int, *, artist: str, album: str = "", **heard: object) -> EmbeddedTrack:
    """Track ``number`` of a hundred, at as many degrees; each lasts three minutes."""
    one = embedded(f"n{number:02}", float(number), artist=artist, album=album)
    track = replace(one.track, duration_seconds=180.0, **heard)  # type: ignore[arg-type]
    shares = np.array([1.0 - number / 100, number / 100], np.float32)
    return replace(one, track=track, genre_vector=shares)


def hundred() -> list[EmbeddedTrack]:
    """A quarter circle of a hundred tracks: the moods rise, the genre goes from jazz to metal."""
    return [
        named(
            number,
            artist=f"artist {number % 41}",
            album=f"album {number // 3}",
            predicted_moods={"energetic": number / 100, "calm": 1 - number / 100},
            predicted_genres={"jazz": 1.0 - number / 100, "metal": number / 100},
        )
        for number in range(100)
    ]


async def served(
    tracks: list[EmbeddedTrack], tmp_path: Path, access: Access = OPEN
) -> AsyncIterator[Service]:
    index = ExactIndex(space="bands-v1", dimension=DIMENSION, genre_dimension=len(GENRES))
    await index.upsert(tracks)
    async for running in serve(index, tmp_path, access=access):
        yield running


@pytest.fixture
async def many(tmp_path: Path) -> AsyncIterator[Service]:
    async for running in served(hundred(), tmp_path):
        yield running


async def test_a_playlist_of_so_many_tracks_flows(many: Service) -> None:
    answer = await many.playlists.BuildPlaylist(
        messages.BuildPlaylistRequest(seeds=seeds("n50"), tracks=20)
    )
    assert len(set(ids(answer))) == 20
    assert "n50" not in ids(answer)
    assert answer.shortfall == ""
    artists = [one.track.metadata.artist for one in answer.tracks]
    assert all(first != second for first, second in pairwise(artists))
    albums = [one.track.metadata.album for one in answer.tracks]
    for place in range(len(albums) - 4):
        assert len(set(albums[place : place + 5])) == 5
    degrees = [int(one[1:]) for one in ids(answer)]
    expected = [math.cos(math.radians(abs(one - 50))) for one in degrees]
    assert [one.similarity for one in answer.tracks] == pytest.approx(expected, abs=1e-5)
    steps = [math.cos(math.radians(b - a)) for a, b in pairwise(degrees)]
    assert [one.step_similarity for one in answer.tracks] == pytest.approx([1, *steps], abs=1e-5)
    assert answer.properties.flow == pytest.approx(np.mean(steps), abs=1e-5)
    assert answer.properties.duration_seconds == 20 * 180


async def test_the_same_request_gives_the_same_playlist_and_another_seed_another(
    many: Service,
) -> None:
    def asked(random_seed: int) -> messages.BuildPlaylistRequest:
        return messages.BuildPlaylistRequest(seeds=seeds("n50"), tracks=15, random_seed=random_seed)

    made = [ids(await many.playlists.BuildPlaylist(asked(seed))) for seed in (0, 0, 1, 1, 2, -7)]
    assert made[0] == made[1]
    assert made[2] == made[3]
    assert len({frozenset(one) for one in made}) == 4


async def test_minutes_end_with_the_track_that_comes_nearest(many: Service) -> None:
    for minutes, tracks in ((1.0, 1), (10.0, 3), (11.0, 4), (61.0, 20)):
        answer = await many.playlists.BuildPlaylist(
            messages.BuildPlaylistRequest(seeds=seeds("n50"), minutes=minutes)
        )
        assert len(answer.tracks) == tracks
        assert answer.shortfall == ""


async def test_minutes_are_filled_from_tracks_shorter_than_most(tmp_path: Path) -> None:
    short = [replace(one, track=replace(one.track, duration_seconds=20.0)) for one in hundred()]
    async for running in served(short, tmp_path):
        answer = await running.playlists.BuildPlaylist(
            messages.BuildPlaylistRequest(seeds=seeds("n50"), minutes=20.0)
        )
        assert answer.properties.duration_seconds == 20 * 60
        assert answer.shortfall == ""


async def test_what_is_missing_is_told(many: Service) -> None:
    jazzy = {"artists": {"any_of": ["artist 1", "artist 2"]}}
    before = shortfalls("playlist")
    answer = await many.playlists.BuildPlaylist(
        messages.BuildPlaylistRequest(seeds=seeds("n50"), tracks=20, filter=jazzy)
    )
    assert shortfalls("playlist") == before + 1
    assert len(answer.tracks) == 6
    assert answer.shortfall == (
        "the playlist has 6 of 20 tracks: no more satisfy the filter and the caps"
    )
    longer = await many.playlists.BuildPlaylist(
        messages.BuildPlaylistRequest(seeds=seeds("n50"), minutes=60, filter=jazzy)
    )
    assert longer.shortfall.startswith("the playlist lasts 18.0 of 60 minutes")
    impossible = messages.BuildPlaylistRequest(
        seeds=seeds("n50"), filter={"artists": {"any_of": ["nobody"]}}
    )
    refused = await refusal(many.playlists.BuildPlaylist(impossible))
    assert refused.reason == "PLAYLIST_IMPOSSIBLE"


async def test_it_begins_with_the_seeds_where_asked(many: Service) -> None:
    answer = await many.playlists.BuildPlaylist(
        messages.BuildPlaylistRequest(seeds=seeds("n60", "n50"), tracks=10, with_seeds=True)
    )
    assert ids(answer)[:2] == ["n60", "n50"]
    assert len(set(ids(answer))) == 10
    assert [one.similarity for one in answer.tracks[:2]] == [1, 1]


@pytest.mark.parametrize("length", [{"tracks": 2}, {"minutes": 1.0}])
async def test_more_seeds_than_it_is_to_have_are_refused(
    many: Service, length: dict[str, float]
) -> None:
    request = messages.BuildPlaylistRequest(
        seeds=seeds("n60", "n50", "n40"), with_seeds=True, **length
    )
    refused = await refusal(many.playlists.BuildPlaylist(request))
    assert refused.reason == "SEEDS_OVER_LENGTH"
    # As many as it is to have are the playlist.
    fitting = messages.BuildPlaylistRequest(seeds=seeds("n60", "n50"), with_seeds=True, tracks=2)
    assert ids(await many.playlists.BuildPlaylist(fitting)) == ["n60", "n50"]
    # Without them at its beginning the playlist may be shorter than they are.
    request.with_seeds = False
    assert 0 < len(ids(await many.playlists.BuildPlaylist(request))) < 3


async def test_a_cap_counts_the_seeds_that_it_begins_with(many: Service) -> None:
    answer = await many.playlists.BuildPlaylist(
        messages.BuildPlaylistRequest(
            seeds=seeds("n50"), tracks=30, with_seeds=True, variety={"most_per_artist": 1}
        )
    )
    artists = [one.track.metadata.artist for one in answer.tracks]
    assert len(artists) == len(set(artists)) == 30


async def test_energy_rises_as_its_contour_does(many: Service) -> None:
    answer = await many.playlists.BuildPlaylist(
        messages.BuildPlaylistRequest(
            seeds=seeds("n50"), tracks=12, contour={"energy": {"targets": [0, 1]}}
        )
    )
    degrees = np.array([int(one[1:]) for one in ids(answer)])
    assert len(set(degrees)) == 12
    # Moods rise with the degrees: so must the places, but for neighbours that keep artists apart.
    assert np.corrcoef(degrees, np.arange(12))[0, 1] > 0.95
    assert degrees[-1] - degrees[0] > 25


async def test_energy_in_minutes(many: Service) -> None:
    answer = await many.playlists.BuildPlaylist(
        messages.BuildPlaylistRequest(
            seeds=seeds("n50"), minutes=30, contour={"energy": {"targets": [1, 0, 1]}}
        )
    )
    assert len(answer.tracks) == 10
    degrees = [int(one[1:]) for one in ids(answer)]
    assert min(degrees) in degrees[3:7]


async def test_energy_that_nobody_heard_is_told(service: Service) -> None:
    answer = await service.playlists.BuildPlaylist(
        messages.BuildPlaylistRequest(
            seeds=seeds("a"), tracks=3, contour={"energy": {"targets": [0, 1]}}
        )
    )
    assert len(answer.tracks) == 3
    assert "no mood or tempo is known" in answer.shortfall


async def test_genres_follow_each_other_in_equal_parts(many: Service) -> None:
    answer = await many.playlists.BuildPlaylist(
        messages.BuildPlaylistRequest(
            seeds=seeds("n50"), tracks=10, contour={"genre": {"genres": ["Jazz", "metal"]}}
        )
    )
    degrees = [int(one[1:]) for one in ids(answer)]
    assert len(degrees) == 10
    assert max(degrees[:5]) <= 50 <= min(degrees[5:])
    short = await many.playlists.BuildPlaylist(
        messages.BuildPlaylistRequest(
            seeds=seeds("n50"), tracks=10, contour={"genre": {"genres": ["jazz", "polka"]}}
        )
    )
    assert len(short.tracks) == 5
    assert "too few tracks are of the genre polka" in short.shortfall


async def test_ten_tracks_in_the_genre_space(many: Service) -> None:
    answer = await many.playlists.BuildPlaylist(
        messages.BuildPlaylistRequest(
            seeds=seeds("n20"),
            tracks=10,
            match_level=similarity_service_pb2.MATCH_LEVEL_GENRE_SPACE,
        )
    )
    degrees = sorted(int(one[1:]) for one in ids(answer))
    assert degrees == [15, 16, 17, 18, 19, 21, 22, 23, 24, 25]
    assert 0 < answer.properties.genre_entropy < 1
    assert [one.label for one in answer.properties.genre_composition] == ["jazz", "metal"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"tracks": 0}, "tracks"),
        ({"tracks": 10_000}, "tracks"),
        ({"minutes": 0.0}, "minutes"),
        ({"minutes": math.nan}, "minutes"),
        ({"minutes": 1441.0}, "minutes"),
        ({"contour": {}}, "contour"),
        ({"contour": {"energy": {"targets": [0.5]}}}, "contour.energy.targets"),
        ({"contour": {"energy": {"targets": [0.5, 1.5]}}}, "contour.energy.targets[1]"),
        ({"contour": {"energy": {"targets": [0.5, math.nan]}}}, "contour.energy.targets[1]"),
        ({"contour": {"genre": {"genres": ["jazz", " "]}}}, "contour.genre.genres"),
        ({"match_level": similarity_service_pb2.MATCH_LEVEL_PASSAGE}, "match_level"),
        ({"seeds": [{"seed": {"clip": {"audio": b"RIFF"}}}]}, "seeds"),
        ({"view": 77}, "view"),
        ({"variety": {"diversity": 2.0}}, "variety.diversity"),
    ],
)
async def test_a_playlist_that_makes_no_sense_is_refused(
    service: Service, fields: dict[str, object], field: str
) -> None:
    request = messages.BuildPlaylistRequest(**{"seeds": seeds("a"), **fields})
    refused = await refusal(service.playlists.BuildPlaylist(request))
    assert refused.reason == "INVALID_ARGUMENT"
    assert refused.field == field


async def test_unknown_seeds_are_named(service: Service) -> None:
    request = messages.BuildPlaylistRequest(seeds=seeds("a", "x1"), tracks=2)
    assert (await refusal(service.playlists.BuildPlaylist(request))).reason == "SEEDS_UNKNOWN"
    request.skip_unknown_seeds = True
    answer = await service.playlists.BuildPlaylist(request)
    assert ids(answer)[0] == "b"
    assert list(answer.unknown_seeds) == ["track x1"]


async def test_labels_that_no_track_carries_are_named(many: Service) -> None:
    misspelt = {"genres": {"any_of": ["jaz", "metal"], "source": "LABEL_SOURCE_EITHER"}}
    impossible = messages.BuildPlaylistRequest(
        seeds=seeds("n50"), filter={"genres": {"any_of": ["jaz"]}}
    )
    refused = await refusal(many.playlists.BuildPlaylist(impossible))
    assert refused.reason == "PLAYLIST_IMPOSSIBLE"
    assert refused.message.endswith("no track of the catalogue carries jaz")
    led = messages.BuildPlaylistRequest(
        seeds=seeds("n50"), tracks=6, contour={"genre": {"genres": ["jazz", "jaz"]}}
    )
    assert (await many.playlists.BuildPlaylist(led)).shortfall.endswith(
        "no track of the catalogue carries jaz"
    )
    path = messages.FindPathRequest(
        from_track_id="n10", to_track_id="n60", filter={"moods": {"all_of": ["calmm"]}}
    )
    assert (await many.playlists.FindPath(path)).shortfall.endswith(
        "no track of the catalogue carries calmm"
    )
    # Where nothing is missing, nothing is said.
    whole = messages.BuildPlaylistRequest(seeds=seeds("n50"), tracks=3, filter=misspelt)
    assert (await many.playlists.BuildPlaylist(whole)).shortfall == ""


async def test_a_path_has_even_steps(many: Service) -> None:
    answer = await many.playlists.FindPath(
        messages.FindPathRequest(from_track_id="n10", to_track_id="n90", tracks=9)
    )
    degrees = [int(one[1:]) for one in ids(answer)]
    assert degrees == [10, 20, 30, 40, 50, 60, 70, 80, 90]
    assert answer.unevenness == pytest.approx(1.0, abs=0.01)
    assert answer.shortfall == ""
    assert answer.tracks[-1].similarity == pytest.approx(math.cos(math.radians(80)), abs=1e-5)
    assert answer.tracks[-1].step_similarity == pytest.approx(math.cos(math.radians(10)), abs=1e-5)


async def test_a_path_has_ten_tracks_where_nothing_is_said(many: Service) -> None:
    answer = await many.playlists.FindPath(
        messages.FindPathRequest(from_track_id="n00", to_track_id="n90")
    )
    assert len(answer.tracks) == 10


async def test_another_random_seed_gives_another_path(many: Service) -> None:
    def asked(random_seed: int) -> messages.FindPathRequest:
        return messages.FindPathRequest(
            from_track_id="n10", to_track_id="n90", tracks=9, random_seed=random_seed
        )

    made = [ids(await many.playlists.FindPath(asked(seed))) for seed in (0, 1, 1, 2, 3)]
    assert made[1] == made[2]
    for one in made:
        assert (one[0], one[-1]) == ("n10", "n90")
        artists = [int(name[1:]) % 41 for name in one[1:-1]]
        assert len(set(artists)) == len(artists) == 7
    for first, second in ((0, 1), (0, 3), (0, 4), (1, 3), (3, 4)):
        assert len(set(made[first][1:-1]) & set(made[second][1:-1])) <= 4


async def test_a_path_through_too_few_tracks_is_shorter(service: Service) -> None:
    before = shortfalls("path")
    answer = await service.playlists.FindPath(
        messages.FindPathRequest(from_track_id="a", to_track_id="e")
    )
    # Ann made both a and c.
    assert ids(answer) == ["a", "b", "d", "e"]
    assert answer.shortfall.startswith("the path has 4 of 10 tracks")
    two = await service.playlists.FindPath(
        messages.FindPathRequest(from_track_id="a", to_track_id="e", tracks=2)
    )
    assert ids(two) == ["a", "e"]
    assert (two.shortfall, two.unevenness) == ("", 1)
    assert shortfalls("path") == before + 1


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"from_track_id": "a", "to_track_id": "a"}, "PATH_IMPOSSIBLE"),
        ({"from_track_id": "a", "to_track_id": "x"}, "TRACK_NOT_FOUND"),
        ({"from_track_id": "a"}, "INVALID_ARGUMENT"),
        ({"from_track_id": "a", "to_track_id": "b", "tracks": 1}, "INVALID_ARGUMENT"),
        ({"from_track_id": "a", "to_track_id": "b", "tracks": 101}, "INVALID_ARGUMENT"),
        ({"from_track_id": "a", "to_track_id": "b", "most_per_artist": -1}, "INVALID_ARGUMENT"),
        ({"from_track_id": "a", "to_track_id": "b", "sound_weight": 0.5}, "HALVES_MISSING"),
        ({"from_track_id": "a", "to_track_id": "b", "sound_weight": 2.0}, "INVALID_ARGUMENT"),
    ],
)
async def test_a_path_that_makes_no_sense_is_refused(
    service: Service, fields: dict[str, object], reason: str
) -> None:
    request = messages.FindPathRequest(**fields)  # type: ignore[arg-type]
    assert (await refusal(service.playlists.FindPath(request))).reason == reason


async def test_what_a_list_is_like(service: Service) -> None:
    answer = await service.playlists.DescribePlaylist(
        messages.DescribePlaylistRequest(track_ids=["a", "b", "d"])
    )
    tens, twenties, thirties = (math.cos(math.radians(one)) for one in (10, 20, 30))
    assert answer.step_similarities == pytest.approx([1, tens, twenties], abs=1e-5)
    assert answer.properties.cohesion == pytest.approx((tens + twenties + thirties) / 3, abs=1e-5)
    assert answer.properties.flow == pytest.approx((tens + twenties) / 2, abs=1e-5)
    # a and b share jazz, a and d calm, b and d nothing.
    assert answer.properties.shared_labels == pytest.approx(2 / 3)
    assert answer.embedding_space == "bands-v1"
    missing = messages.DescribePlaylistRequest(track_ids=["a", "x"])
    assert (await refusal(service.playlists.DescribePlaylist(missing))).reason == "TRACK_NOT_FOUND"


async def test_a_file_for_the_owner(service: Service) -> None:
    answer = await service.playlists.ExportPlaylist(
        messages.ExportPlaylistRequest(
            track_ids=["b", "x", "a", "b"], format=messages.PLAYLIST_FORMAT_M3U8, title="Mine"
        )
    )
    assert answer.content.decode().splitlines() == [
        "#EXTM3U",
        "#PLAYLIST:Mine",
        "#EXTINF:70,Bob - B",
        "/music/b.flac",
        "#EXTINF:60,Ann - A",
        "/music/a.flac",
        "#EXTINF:70,Bob - B",
        "/music/b.flac",
    ]
    assert answer.media_type == "audio/x-mpegurl"
    assert list(answer.missing_track_ids) == ["x"]
    assert list(answer.unplaced_track_ids) == []


async def test_a_file_for_a_guest_tells_no_folders(tmp_path: Path) -> None:
    async for running in served([embedded("a", 0, artist="Ann")], tmp_path, Access(TOKEN)):
        for form in messages.PlaylistFormat.values()[1:]:
            answer = await running.playlists.ExportPlaylist(
                messages.ExportPlaylistRequest(track_ids=["a"], format=form)
            )
            assert b"a.flac" in answer.content
            assert b"/music" not in answer.content
            assert list(answer.unplaced_track_ids) == ["a"]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"track_ids": [], "format": 1}, "INVALID_ARGUMENT"),
        ({"track_ids": ["a"] * 1001, "format": 1}, "INVALID_ARGUMENT"),
        ({"track_ids": ["a"]}, "INVALID_ARGUMENT"),
        ({"track_ids": ["a"], "format": 9}, "INVALID_ARGUMENT"),
        ({"track_ids": ["a"], "format": 1, "title": "a\nb"}, "INVALID_ARGUMENT"),
        ({"track_ids": ["x"], "format": 1}, "TRACK_NOT_FOUND"),
    ],
)
async def test_a_file_that_makes_no_sense_is_refused(
    service: Service, fields: dict[str, object], reason: str
) -> None:
    request = messages.ExportPlaylistRequest(**fields)  # type: ignore[arg-type]
    assert (await refusal(service.playlists.ExportPlaylist(request))).reason == reason


async def test_how_it_came_about_in_the_full_view(many: Service) -> None:
    answer = await many.playlists.BuildPlaylist(
        messages.BuildPlaylistRequest(seeds=seeds("n50"), tracks=5, view=track_pb2.TRACK_VIEW_FULL)
    )
    assert answer.explanation.engine_searches >= 1
    assert [one.name for one in answer.explanation.candidates] == ["acoustic"]


def test_the_catalogue_of_a_hundred_is_a_quarter_circle() -> None:
    tracks = hundred()
    assert tracks[30].vector == pytest.approx(direction(30))
