"""Variety, boosts, pages and explanations of a search, over real gRPC."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from query_service import Service, embedded, serve
from refusals import refusal
from segue.index.exact import ExactIndex
from segue.tracks import EmbeddedTrack
from segue.v1 import similarity_service_pb2 as messages
from segue.v1 import track_pb2

FULL = track_pb2.TRACK_VIEW_FULL


def song(number: int, *, at: datetime | None = None) -> EmbeddedTrack:
    """Songs a tenth of a degree apart: three of four are Ann's, an album holds six."""
    artist = "Ann" if number % 4 else f"Artist {number}"
    one = embedded(
        f"t{number:03}",
        0.1 * number,
        artist=artist,
        album=f"Album {number // 6}",
        genres=("jazz",),
        year=1960 + number % 60,
    )
    return one if at is None else replace(one, track=replace(one.track, ingested_at=at))


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    index = ExactIndex(space="bands-v1", dimension=8, genre_dimension=2)
    await index.upsert([song(number) for number in range(200)])
    async for running in serve(index, tmp_path):
        yield running


async def search(service: Service, **fields: Any) -> messages.SearchSimilarTracksResponse:
    fields.setdefault("seed", {"track_id": "t001"})
    return await service.similarity.SearchSimilarTracks(
        messages.SearchSimilarTracksRequest(**fields)
    )


def ids(response: messages.SearchSimilarTracksResponse) -> list[str]:
    return [one.track.track_id for one in response.results]


def artists(response: messages.SearchSimilarTracksResponse) -> list[str]:
    return [one.track.metadata.artist for one in response.results]


async def test_caps_are_kept_and_the_page_is_full(service: Service) -> None:
    response = await search(service, page_size=20, variety={"most_per_artist": 2}, view=FULL)
    assert len(response.results) == 20
    assert artists(response).count("Ann") == 2
    assert [one.score for one in response.results] == sorted(
        (one.score for one in response.results), reverse=True
    )
    dropped = {one.name: one.count for one in response.explanation.dropped}
    assert dropped.keys() == {"ARTIST_CAP"}
    assert response.explanation.engine_searches == 2


async def test_nobody_is_heard_three_times_in_a_row(service: Service) -> None:
    response = await search(service, page_size=40, variety={"most_in_a_row": 2})
    heard = artists(response)
    assert len(heard) == 40
    assert all(len(set(heard[at : at + 3])) > 1 for at in range(38))


async def test_the_seeds_album_and_artist_are_left_out(service: Service) -> None:
    response = await search(service, variety={"not_seed_albums": True}, view=FULL)
    assert ids(response) == [f"t{number:03}" for number in range(6, 16)]
    assert [(one.name, one.count) for one in response.explanation.dropped] == [("SEED_ALBUM", 5)]
    response = await search(service, variety={"not_seed_artists": True})
    assert "Ann" not in artists(response)
    assert len(response.results) == 10


async def test_passages_are_varied_too(service: Service) -> None:
    request = messages.SearchSegmentsRequest(
        seed={"track_id": "t001"}, page_size=9, variety={"most_per_artist": 1}, view=FULL
    )
    response = await service.similarity.SearchSegments(request)
    heard = [one.track.metadata.artist for one in response.results]
    assert len(set(heard)) == len(heard) == 9
    assert response.explanation.dropped[0].name == "ARTIST_CAP"
    request.page_token = response.next_page_token
    second = await service.similarity.SearchSegments(request)
    again = [one.track.metadata.artist for one in second.results]
    assert not set(heard) & set(again)


async def test_boosts_raise_scores(service: Service) -> None:
    boost = {"label": {"filter": {"artists": {"any_of": ["Artist 12"]}}}, "weight": 0.5}
    response = await search(service, boosts=[boost, {"recency": {}, "weight": 0}], view=FULL)
    first = response.results[0]
    assert first.track.track_id == "t012"
    why = first.explanation
    assert why.boost_contribution == 0.5
    assert first.score == pytest.approx(
        why.acoustic_contribution + why.boost_contribution, abs=1e-6
    )
    assert why.acoustic_contribution == pytest.approx((1 + first.acoustic_similarity) / 2)


async def test_the_full_view_explains_and_others_do_not(service: Service) -> None:
    scores = [{"track_id": "t150", "score": 5.0}, {"track_id": "t003", "score": 1.0}]
    # The hundred and eighty nearest are found, the other is suggested.
    where = {"exclude_track_ids": [f"t{number:03}" for number in range(180, 200)]}
    fields: dict[str, Any] = {"mix": {"scores": scores, "weight": 0.5}, "filter": where}
    response = await search(service, view=FULL, **fields)
    assert ids(response)[0] == "t150"
    for one in response.results:
        why = one.explanation
        parts = why.acoustic_contribution + why.collaborative_contribution + why.boost_contribution
        assert one.score == pytest.approx(parts, abs=1e-6)
        assert list(why.shared_labels) == ["jazz"]
        assert [share.label for share in why.genre_composition] == ["jazz", "metal"]
        assert sum(share.probability for share in why.genre_composition) == pytest.approx(1.0)
        assert not why.HasField("sound_similarity")
        assert list(why.found_by) == ["acoustic"]
    how = response.explanation
    assert [(one.name, one.count) for one in how.candidates] == [("acoustic", 179)]
    assert (how.ranker, how.fallback) == ("weighted_sum", "")
    basic = await search(service, **fields)
    assert not basic.HasField("explanation")
    assert not any(one.HasField("explanation") for one in basic.results)


async def test_a_suggestion_satisfies_the_filter_and_says_where_it_is_from(
    service: Service,
) -> None:
    await service.index.upsert([embedded(f"far{n}", 80 + n, artist="Far") for n in range(3)])
    scores = [{"track_id": name, "score": 9.0} for name in ("far1", "far2", "t001", "nobody")]
    response = await search(
        service,
        mix={"scores": scores, "weight": 0.9},
        filter={"exclude_track_ids": ["far2"]},
        view=FULL,
    )
    assert ids(response)[0] == "far1"
    assert not {"far2", "t001"} & set(ids(response))
    assert list(response.results[0].explanation.found_by) == ["collaborative"]
    assert [(one.name, one.count) for one in response.explanation.candidates] == [
        ("acoustic", 200),
        ("collaborative", 1),
    ]


async def test_a_search_of_two_hundred_in_pages_while_the_catalogue_changes(
    service: Service,
) -> None:
    found: list[str] = []
    gone: set[str] = set()
    token = ""
    for turn in range(30):
        response = await search(service, page_size=20, page_token=token)
        found += ids(response)
        token = response.next_page_token
        if not token:
            break
        deleted = [f"t{number:03}" for number in range(3 + turn, 200, 37)]
        await service.index.delete(deleted)
        gone.update(deleted)
        later = datetime.now(UTC) + timedelta(minutes=1)
        await service.index.upsert([song(200 + 5 * turn + n, at=later) for n in range(5)])
        near = replace(song(300 + turn, at=later), vector=song(1).vector)
        await service.index.upsert([near])
        # Correcting its metadata makes a track no newer.
        await service.index.correct("t199" if "t199" not in gone else "t000", {"title": "New"})
    assert not token
    assert len(found) == len(set(found))
    untouched = {f"t{number:03}" for number in range(200)} - gone - {"t001"}
    assert untouched <= set(found)
    assert not {name for name in found if int(name[1:]) >= 200}


async def test_a_token_of_one_variety_is_none_of_another(service: Service) -> None:
    first = await search(service, variety={"diversity": 0.5})
    refused = await refusal(
        service.similarity.SearchSimilarTracks(
            messages.SearchSimilarTracksRequest(
                seed={"track_id": "t001"},
                variety={"diversity": 0.6},
                page_token=first.next_page_token,
            )
        )
    )
    assert refused.reason == "PAGE_TOKEN_INVALID"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"variety": {"most_per_artist": -1}}, "variety.most_per_artist"),
        ({"variety": {"diversity": 2}}, "variety.diversity"),
        ({"boosts": [{"weight": 1}]}, "boosts[0]"),
        ({"boosts": [{"popularity": True, "weight": 11}]}, "boosts[0].weight"),
    ],
)
async def test_a_wrong_field_is_named(service: Service, fields: dict[str, Any], field: str) -> None:
    request = messages.SearchSimilarTracksRequest(seed={"track_id": "t001"}, **fields)
    refused = await refusal(service.similarity.SearchSimilarTracks(request))
    assert (refused.reason, refused.field) == ("INVALID_ARGUMENT", field)


@pytest.mark.parametrize(("asked", "given"), [(-5, 10), (101, 100), (2**31 - 1, 100)])
async def test_a_page_size_is_brought_into_its_range(
    service: Service, asked: int, given: int
) -> None:
    assert len((await search(service, page_size=asked)).results) == given
