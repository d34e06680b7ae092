"""What a search found, as messages."""

from __future__ import annotations

from segue.errors import InvalidArgument
from segue.media.kept_uploads import KeptUploads
from segue.query.guest_views import shown_track
from segue.query.scoring import Ranked
from segue.tracks import Passage
from segue.v1 import similarity_service_pb2 as messages
from segue.v1 import track_pb2

_VIEWS = frozenset(track_pb2.TrackView.values())


def checked_view(view: track_pb2.TrackView) -> track_pb2.TrackView:
    """Return what of tracks is to be shown.

    Raises
    ------
    InvalidArgument
        When this version does not know it.
    """
    if view not in _VIEWS:
        raise InvalidArgument("view", f"{view} is not a TrackView")
    return view


def similar_track(
    answer: Ranked,
    view: track_pb2.TrackView,
    kept: KeptUploads | None,
    highlight: Passage | None = None,
    explanation: messages.MatchExplanation | None = None,
) -> messages.SimilarTrack:
    """Write one answer.

    Parameters
    ----------
    highlight
        Its passage, where none was compared.
    explanation
        Why it is an answer, where that is told.
    """
    neighbour = answer.neighbour
    message = messages.SimilarTrack(
        track=shown_track(neighbour.track, view, kept),
        score=answer.score,
        acoustic_similarity=neighbour.likeness,
        collaborative_score=answer.collaborative_score,
        others=answer.others,
        explanation=explanation,
    )
    passage = neighbour.passage or highlight
    if passage is not None:
        message.passage.CopyFrom(matched_passage(passage))
    return message


def track_passages(
    answer: Ranked, view: track_pb2.TrackView, kept: KeptUploads | None
) -> messages.TrackPassages:
    """Write a track with those of its passages that matched."""
    neighbour = answer.neighbour
    return messages.TrackPassages(
        track=shown_track(neighbour.track, view, kept),
        passages=map(matched_passage, neighbour.passages),
        others=answer.others,
    )


def matched_passage(passage: Passage) -> messages.MatchedPassage:
    """Write a passage."""
    return messages.MatchedPassage(
        start_seconds=passage.start_seconds,
        end_seconds=passage.end_seconds,
        similarity=passage.similarity,
    )
