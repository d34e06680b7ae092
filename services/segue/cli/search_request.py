"""What ``segue search`` asks for, as messages."""

from __future__ import annotations

from typing import Any

import click

from segue.cli.client import SegueClient
from segue.cli.filter_options import track_filter
from segue.cli.seed_options import check_seed_options, read_seeds
from segue.mix import FusionMethod, Mix
from segue.seeds import MatchLevel, SeedStrategy
from segue.tracks import LabelMatch, TrackFilter
from segue.v1 import similarity_service_pb2 as messages
from segue.v1 import track_pb2
from segue.variety import Boost, LabelBoost, PopularityBoost, RecencyBoost
from segue.wire.filters import filter_to_message
from segue.wire.search import level_to_message, mix_to_message
from segue.wire.seeds import strategy_to_message
from segue.wire.variety import boost_to_message, variety_to_message

METHODS = {
    "weighted": FusionMethod.WEIGHTED_SUM,
    "rrf": FusionMethod.RECIPROCAL_RANK,
    "dbsf": FusionMethod.DISTRIBUTION_BASED,
}
_STRATEGIES = {"average": SeedStrategy.AVERAGE, "best": SeedStrategy.BEST_SCORE}
_NOT_OF_SEGMENTS = {
    "artist_seeds": "--artist-seed",
    "playlists": "--playlist",
    "listeners": "--listener",
    "against": "--against",
    "weights": "--weigh",
    "strategy": "--strategy",
    "skip_unknown": "--skip-unknown",
    "level": "--match",
    "highlight": "--highlight",
    "user": "--user",
    "mix": "--mix",
    "weight": "--weight",
    "boost_popularity": "--boost-popularity",
    "boost_recency": "--boost-recency",
    "boost_genres": "--boost-genre",
}
_OF_SEGMENTS = {"per_track": "--per-track", "not_seed_track": "--not-seed-track"}


def check_search_options(given: dict[str, Any]) -> None:
    """Refuse what cannot be meant, before anything is read or asked.

    Raises
    ------
    click.UsageError
        When nothing says what to start from, or options do not fit each other.
    """
    check_seed_options(given)
    refused, why = (
        (_NOT_OF_SEGMENTS, "has no place beside --segments")
        if given["segments"]
        else (_OF_SEGMENTS, "wants --segments")
    )
    for name, option in refused.items():
        # A number that is 0 was given too.
        if given[name] is not None and given[name] is not False and given[name] not in ("", ()):
            raise click.UsageError(f"{option} {why}")
    if given["segments"] and sum(len(given[kind]) for kind in ("tracks", "files", "vectors")) != 1:
        raise click.UsageError("--segments wants one --track, --file or --vector")


def tracks_request(
    client: SegueClient, given: dict[str, Any]
) -> messages.SearchSimilarTracksRequest:
    """The search for tracks that a command's options ask for; errors are those of its seeds."""
    seeds = read_seeds(client, given)
    level, strategy = given["level"], given["strategy"]
    request = messages.SearchSimilarTracksRequest(
        filter=_filter(client, given),
        page_size=given["limit"],
        page_token=given["page_token"],
        # One view for both outputs: a token of --json continues in a table.
        view=track_pb2.TRACK_VIEW_FULL,
        match_level=level_to_message(None if level is None else MatchLevel(level)),
        all_copies=given["all_copies"],
        seed_strategy=strategy_to_message(None if strategy is None else _STRATEGIES[strategy]),
        skip_unknown_seeds=given["skip_unknown"],
        sound_weight=given["sound_weight"],
        variety=variety_to_message(given["variety"]) if given["variety"] else None,
        boosts=_boosts(given),
        highlight=given["highlight"],
    )
    if len(seeds) == 1:
        request.seed.CopyFrom(seeds[0].seed)
    else:
        request.seeds.extend(seeds)
    if given["mix"] is not None or given["user"] or given["weight"] is not None:
        method = None if given["mix"] is None else METHODS[given["mix"]]
        request.mix.CopyFrom(mix_to_message(Mix(method, given["weight"], given["user"])))
    return request


def segments_request(client: SegueClient, given: dict[str, Any]) -> messages.SearchSegmentsRequest:
    """The search for passages that a command's options ask for; errors are those of its seed."""
    (seed,) = read_seeds(client, given)
    return messages.SearchSegmentsRequest(
        seed=seed.seed,
        filter=_filter(client, given),
        page_size=given["limit"],
        page_token=given["page_token"],
        view=track_pb2.TRACK_VIEW_FULL,
        passages_per_track=given["per_track"],
        sound_weight=given["sound_weight"],
        variety=variety_to_message(given["variety"]) if given["variety"] else None,
        all_copies=given["all_copies"],
        not_seed_track=given["not_seed_track"],
    )


def _filter(client: SegueClient, given: dict[str, Any]) -> track_pb2.TrackFilter:
    return filter_to_message(track_filter(client, given))


def _boosts(given: dict[str, Any]) -> list[messages.Boost]:
    boosts: list[Boost] = []
    if given["boost_popularity"] is not None:
        boosts.append(PopularityBoost(given["boost_popularity"]))
    if given["boost_recency"] is not None:
        boosts.append(RecencyBoost(given["boost_recency"]))
    for genre, weight in given["boost_genres"]:
        where = TrackFilter(genres=LabelMatch(any_of=(genre,)))
        boosts.append(LabelBoost(weight, where))
    return [boost_to_message(boost) for boost in boosts]
