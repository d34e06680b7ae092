"""What a request costs is read from it without looking anything up, and is bounded."""

from __future__ import annotations

from typing import Any

import pytest

from segue.query.costs import further_calls
from segue.v1 import catalog_service_pb2
from segue.v1 import playlist_service_pb2 as playlists
from segue.v1 import similarity_service_pb2 as messages

TRACK = {"seed": {"track_id": "a"}}
ARTIST = {"seed": {"artist": "Ann"}}
LATE = messages.MATCH_LEVEL_LATE_INTERACTION


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (catalog_service_pb2.GetTrackRequest(track_id="a"), 0),
        (messages.SearchSimilarTracksRequest(seed={"track_id": "a"}), 0),
        (messages.SearchSimilarTracksRequest(seeds=[TRACK] * 40), 4),
        (messages.SearchSimilarTracksRequest(seeds=[ARTIST] * 40), 40),
        (messages.SearchSimilarTracksRequest(seeds=[ARTIST] * 100_000), 40),
        (messages.SearchSimilarTracksRequest(seed={"track_id": "a"}, match_level=LATE), 1),
        (messages.BatchSearchSimilarTracksRequest(requests=[{}] * 100), 10),
        (
            messages.BatchSearchSimilarTracksRequest(
                requests=[{"seed": {"track_id": "a"}, "match_level": LATE}] * 30
            ),
            36,
        ),
        (playlists.BuildPlaylistRequest(seeds=[TRACK], tracks=500), 0),
        (
            playlists.BuildPlaylistRequest(
                seeds=[TRACK] * 10, contour={"genre": {"genres": ["jazz"] * 20}}
            ),
            2,
        ),
        (
            playlists.BuildPlaylistRequest(
                seeds=[ARTIST] * 10, contour={"genre": {"genres": ["jazz"] * 20}}, seed_strategy=2
            ),
            40,
        ),
        (messages.BatchSearchSimilarTracksRequest(requests=[{"seeds": [ARTIST] * 20}] * 100), 40),
        (playlists.FindPathRequest(tracks=100), 1),
        (playlists.FindPathRequest(tracks=-(2**31)), 1),
    ],
)
def test_what_asks_the_engine_for_more_counts_more(request_: Any, expected: int) -> None:
    assert further_calls(request_) == expected
