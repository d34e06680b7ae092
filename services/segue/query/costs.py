"""What a search costs, as its request says, before anything of it is looked up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

from segue.limits import (
    DEFAULT_PATH_TRACKS,
    MOST_BATCH_SEARCHES,
    MOST_BATCH_SEEDS,
    MOST_CONTOUR_GENRES,
    MOST_SEEDS,
)
from segue.query.late_interaction import MOST_PASSAGES
from segue.query.path_finding import MOST_WAYPOINTS
from segue.query.tastes import MOST_TASTES
from segue.v1 import playlist_service_pb2
from segue.v1 import similarity_service_pb2 as messages

SEARCHES_OF_A_CALL = 10
"""So many searches of the engine count as one call more, as do so many of a batch."""

_OF_SEVERAL_TRACKS = frozenset({"playlist", "artist", "listener"})


def search_cost(request: messages.SearchSimilarTracksRequest) -> int:
    """Most searches that the engine is asked for at once to answer a request."""
    if request.match_level == messages.MATCH_LEVEL_LATE_INTERACTION:
        return MOST_PASSAGES
    cost = _seed_cost(request.seed) if request.HasField("seed") else 0
    return cost + _seeds_cost(request)


def further_calls(request: Any) -> int:
    """As how many calls more than one a request counts.

    One that asks for more than is ever answered counts as the most that is: it shall hear that, and
    not to come back later.
    """
    cost = _COSTS.get(type(request))
    return 0 if cost is None else min(cost(request), MOST_BATCH_SEEDS) // SEARCHES_OF_A_CALL


def playlist_cost(request: playlist_service_pb2.BuildPlaylistRequest) -> int:
    """Most searches that the engine is asked for, to make a playlist without refilling it."""
    cost = _seeds_cost(request)
    by_best = messages.SEED_STRATEGY_BEST_SCORE
    strategy = request.seed_strategy or (by_best if len(request.seeds) == 1 else 0)
    # Each genre of a contour is a search of its own.
    genres = min(len(request.contour.genre.genres), MOST_CONTOUR_GENRES)
    return max(cost, genres * (cost if strategy == by_best else 1))


def _seed_cost(seed: messages.Seed) -> int:
    return MOST_TASTES if seed.WhichOneof("kind") in _OF_SEVERAL_TRACKS else 1


def _seeds_cost(
    request: messages.SearchSimilarTracksRequest | playlist_service_pb2.BuildPlaylistRequest,
) -> int:
    return sum(_seed_cost(one.seed) for one in islice(request.seeds, 2 * MOST_SEEDS))


def _batch(request: messages.BatchSearchSimilarTracksRequest) -> int:
    searches = list(islice(request.requests, MOST_BATCH_SEARCHES))
    return max(len(searches), sum(map(search_cost, searches)))


def _path(request: playlist_service_pb2.FindPathRequest) -> int:
    return min(max(request.tracks, 0) or DEFAULT_PATH_TRACKS, MOST_WAYPOINTS)


_COSTS: Mapping[type[Any], Callable[[Any], int]] = {
    messages.SearchSimilarTracksRequest: search_cost,
    messages.BatchSearchSimilarTracksRequest: _batch,
    playlist_service_pb2.BuildPlaylistRequest: playlist_cost,
    playlist_service_pb2.FindPathRequest: _path,
}
