"""What a search compares, and how it mixes."""

from __future__ import annotations

import math

from segue.errors import InvalidArgument
from segue.limits import MOST_GIVEN_SCORES, checked_text, wanted_track_id
from segue.mix import FusionMethod, Mix, MixStatus
from segue.seeds import MatchLevel
from segue.v1 import similarity_service_pb2 as messages

_METHODS = {
    None: messages.FUSION_METHOD_UNSPECIFIED,
    FusionMethod.WEIGHTED_SUM: messages.FUSION_METHOD_WEIGHTED_SUM,
    FusionMethod.RECIPROCAL_RANK: messages.FUSION_METHOD_RECIPROCAL_RANK,
    FusionMethod.DISTRIBUTION_BASED: messages.FUSION_METHOD_DISTRIBUTION_BASED,
}
_METHODS_BACK = {number: method for method, number in _METHODS.items()}
_LEVELS = {
    None: messages.MATCH_LEVEL_UNSPECIFIED,
    MatchLevel.TRACK: messages.MATCH_LEVEL_TRACK,
    MatchLevel.PASSAGE: messages.MATCH_LEVEL_PASSAGE,
    MatchLevel.LATE_INTERACTION: messages.MATCH_LEVEL_LATE_INTERACTION,
    MatchLevel.GENRE_SPACE: messages.MATCH_LEVEL_GENRE_SPACE,
}
_LEVELS_BACK = {number: level for level, number in _LEVELS.items()}
_STATUSES = {
    MixStatus.NOT_ASKED: messages.COLLABORATIVE_STATUS_UNSPECIFIED,
    MixStatus.USED: messages.COLLABORATIVE_STATUS_USED,
    MixStatus.UNAVAILABLE: messages.COLLABORATIVE_STATUS_UNAVAILABLE,
    MixStatus.NO_SCORES: messages.COLLABORATIVE_STATUS_NO_SCORES,
}
_STATUSES_BACK = {number: status for status, number in _STATUSES.items()}


def level_to_message(level: MatchLevel | None) -> messages.MatchLevel:
    """Write what a search compares; None leaves it to the server."""
    return _LEVELS[level]


def level_from_message(
    number: messages.MatchLevel, field: str = "match_level"
) -> MatchLevel | None:
    """Read what a search compares; None where the request leaves it open.

    Raises
    ------
    InvalidArgument
        When this version does not know it.
    """
    if number not in _LEVELS_BACK:
        raise InvalidArgument(field, f"{number} is not a MatchLevel")
    return _LEVELS_BACK[number]


def mix_to_message(mix: Mix) -> messages.HybridMix:
    """Write how to mix."""
    return messages.HybridMix(
        method=_METHODS[mix.method],
        weight=mix.weight,
        user_id=mix.user_id,
        scores=[
            messages.TrackScore(track_id=track_id, score=score)
            for track_id, score in (mix.scores or {}).items()
        ],
    )


def mix_from_message(message: messages.HybridMix, field: str = "mix") -> Mix:
    """Read how to mix.

    Raises
    ------
    InvalidArgument
        When the method is not known, the weight lies outside [0, 1], the listener's id is too long,
        or the scores are too many, not finite, or name a track more than once.
    """
    if message.method not in _METHODS_BACK:
        raise InvalidArgument(f"{field}.method", f"{message.method} is not a FusionMethod")
    weight = message.weight if message.HasField("weight") else None
    if weight is not None and not 0 <= weight <= 1:
        raise InvalidArgument(f"{field}.weight", f"{weight} lies outside [0, 1]")
    if len(message.scores) > MOST_GIVEN_SCORES:
        raise InvalidArgument(
            f"{field}.scores", f"holds {len(message.scores)} scores, over {MOST_GIVEN_SCORES}"
        )
    scores: dict[str, float] = {}
    for number, entry in enumerate(message.scores):
        wanted_track_id(entry.track_id, f"{field}.scores[{number}].track_id")
        if not math.isfinite(entry.score):
            raise InvalidArgument(f"{field}.scores[{number}].score", f"{entry.score} is not finite")
        if entry.track_id in scores:
            raise InvalidArgument(f"{field}.scores[{number}]", f"{entry.track_id!r} is there twice")
        scores[entry.track_id] = entry.score
    user_id = checked_text(message.user_id, "user_id", f"{field}.user_id")
    return Mix(_METHODS_BACK[message.method], weight, user_id, scores or None)


def mix_status_to_message(status: MixStatus) -> messages.CollaborativeStatus:
    """Write what became of a mix."""
    return _STATUSES[status]


def mix_status_from_message(number: messages.CollaborativeStatus) -> MixStatus:
    """Read what became of a mix; one that is not known counts as not asked for."""
    return _STATUSES_BACK.get(number, MixStatus.NOT_ASKED)
