"""What varies the answers of a search, and what raises their scores, as messages and back."""

from __future__ import annotations

from collections.abc import Sequence

from segue.errors import InvalidArgument
from segue.limits import MOST_BOOSTS
from segue.v1 import similarity_service_pb2 as messages
from segue.variety import (
    DEFAULT_HALF_LIFE_YEARS,
    Boost,
    LabelBoost,
    PopularityBoost,
    RecencyBoost,
    Variety,
)
from segue.wire.filters import filter_from_message, filter_to_message

LARGEST_BOOST = 10.0
_NO_VARIETY = Variety()
LONGEST_HALF_LIFE_YEARS = 1_000.0


def variety_to_message(variety: Variety) -> messages.Variety:
    """Write what varies the answers."""
    return messages.Variety(
        most_per_artist=variety.most_per_artist,
        most_per_album=variety.most_per_album,
        most_in_a_row=variety.most_in_a_row,
        not_seed_albums=variety.not_seed_albums,
        not_seed_artists=variety.not_seed_artists,
        diversity=variety.diversity,
    )


def variety_from_message(message: messages.Variety, field: str = "variety") -> Variety:
    """Read what varies the answers.

    Raises
    ------
    InvalidArgument
        When a number of answers is negative, or ``diversity`` lies outside [0, 1].
    """
    if not message.ByteSize():
        return _NO_VARIETY
    for name in ("most_per_artist", "most_per_album", "most_in_a_row"):
        number = getattr(message, name)
        if number < 0:
            raise InvalidArgument(f"{field}.{name}", f"{number} is less than 0, any number")
    if not 0 <= message.diversity <= 1:
        raise InvalidArgument(f"{field}.diversity", f"{message.diversity} lies outside [0, 1]")
    return Variety(
        message.most_per_artist,
        message.most_per_album,
        message.most_in_a_row,
        message.not_seed_albums,
        message.not_seed_artists,
        message.diversity,
    )


def boost_to_message(boost: Boost) -> messages.Boost:
    """Write what raises scores."""
    message = messages.Boost(weight=boost.weight)
    if isinstance(boost, PopularityBoost):
        message.popularity = True
    elif isinstance(boost, RecencyBoost):
        message.recency.half_life_years = boost.half_life_years
    else:
        message.label.filter.CopyFrom(filter_to_message(boost.where))
    return message


def boosts_from_messages(
    entries: Sequence[messages.Boost], field: str = "boosts"
) -> tuple[Boost, ...]:
    """Read what raises scores.

    Raises
    ------
    InvalidArgument
        When they are too many, one says not what it raises, its weight or half-life is out of
        range, or its filter is empty, wrong, or names tracks.
    """
    if len(entries) > MOST_BOOSTS:
        raise InvalidArgument(field, f"holds {len(entries)} entries, over {MOST_BOOSTS}")
    return tuple(_boost(entry, f"{field}[{number}]") for number, entry in enumerate(entries))


def _boost(message: messages.Boost, field: str) -> Boost:
    # Written so that NaN is refused too.
    if not -LARGEST_BOOST <= message.weight <= LARGEST_BOOST:
        raise InvalidArgument(
            f"{field}.weight", f"{message.weight} lies outside ±{LARGEST_BOOST:g}"
        )
    kind = message.WhichOneof("kind")
    if kind == "recency":
        half_life = message.recency.half_life_years or DEFAULT_HALF_LIFE_YEARS
        if not 0 < half_life <= LONGEST_HALF_LIFE_YEARS:
            raise InvalidArgument(
                f"{field}.recency.half_life_years",
                f"{half_life} lies outside (0, {LONGEST_HALF_LIFE_YEARS:g}]",
            )
        return RecencyBoost(message.weight, half_life)
    if kind == "label":
        name = f"{field}.label.filter"
        where = filter_from_message(message.label.filter, name)
        if where.exclude_track_ids:
            raise InvalidArgument(f"{name}.exclude_track_ids", "has no place in a boost")
        if not where:
            raise InvalidArgument(name, "asks nothing: say which tracks get the boost")
        return LabelBoost(message.weight, where)
    if kind == "popularity" and message.popularity:
        return PopularityBoost(message.weight)
    raise InvalidArgument(field, "give popularity, recency or a label")
