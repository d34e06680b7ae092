"""Why a page of answers is as it is, as messages; worked out for what the page shows alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from segue.embedding.halves import Half, half_cosines
from segue.index.port import TrackIndex
from segue.query.candidates import KnownSeeds
from segue.query.rules import Drop
from segue.query.scoring import Ranked
from segue.query.search import Explanation, Page
from segue.tracks import LABEL_FILTERS, PREDICTED_LABELS, Track, heard_labels, probability_from
from segue.v1 import similarity_service_pb2 as messages
from segue.v1 import track_pb2

_HALVES = {"sound": "sound_similarity", "style": "style_similarity"}


def search_explanation(explanation: Explanation) -> messages.SearchExplanation:
    """Write how a page came about."""
    return messages.SearchExplanation(
        candidates=[
            messages.NamedCount(name=name, count=count)
            for name, count in explanation.candidates.items()
        ],
        dropped=[
            messages.NamedCount(name=drop.value, count=explanation.dropped[drop])
            for drop in Drop
            if explanation.dropped.get(drop)
        ],
        engine_searches=explanation.engine_searches,
        ranker=explanation.ranker,
        fallback=explanation.fallback,
    )


async def match_explanations(
    index: TrackIndex, page: Page, seeds: KnownSeeds, halves: Sequence[Half]
) -> list[messages.MatchExplanation]:
    """Write why each track of a page is among its answers.

    Parameters
    ----------
    seeds
        With their tracks, and their vector where there is one.
    halves
        Of the served model; none where it does not tell sound and style apart.
    """
    wanted = _labels(seeds.tracks)
    found = [_explained(answer, wanted, page.acoustic) for answer in page.answers]
    if seeds.vector is not None and {half.name for half in halves} >= _HALVES.keys():
        names = [answer.neighbour.track.track_id for answer in page.answers]
        vectors = await index.vectors(names)
        cosines = half_cosines(seeds.vector, halves)
        for name, message in zip(names, found, strict=True):
            # One that was deleted meanwhile has none.
            if name in vectors:
                values = cosines @ vectors[name].astype(np.float64)
                for half, value in zip(halves, values, strict=True):
                    if half.name in _HALVES:
                        setattr(message, _HALVES[half.name], min(1.0, max(-1.0, float(value))))
    return found


def shared_labels(track: Track, wanted: Iterable[str]) -> list[str]:
    """Genres and moods of a track that are among those wanted, the given before the heard."""
    among = set(wanted)
    return [label for label in _labels([track]) if label in among]


def genre_composition(track: Track) -> list[track_pb2.LabelProbability]:
    """Shares of the genres that the model hears, of sum 1, falling; none where it hears none."""
    total = sum(track.predicted_genres.values())
    if total <= 0:
        return []
    shares = sorted(track.predicted_genres.items(), key=lambda item: (-item[1], item[0]))
    return [
        track_pb2.LabelProbability(label=label, probability=probability / total)
        for label, probability in shares
    ]


def _explained(
    answer: Ranked, wanted: Sequence[str], acoustic: frozenset[str]
) -> messages.MatchExplanation:
    track = answer.neighbour.track
    return messages.MatchExplanation(
        acoustic_contribution=answer.acoustic_part,
        collaborative_contribution=answer.collaborative_part,
        boost_contribution=answer.boost_part,
        shared_labels=shared_labels(track, wanted),
        genre_composition=genre_composition(track),
        found_by=["acoustic" if track.track_id in acoustic else "collaborative"],
    )


def _labels(tracks: Sequence[Track]) -> list[str]:
    """Genres, moods and descriptors of tracks, without repetition: given ones, then those heard."""
    given = (
        label
        for track in tracks
        for name in PREDICTED_LABELS
        for label in LABEL_FILTERS[name](track.metadata)
    )
    heard = (
        label
        for track in tracks
        for name, predicted in PREDICTED_LABELS.items()
        for label in heard_labels(predicted(track), probability_from(name, None))
    )
    return list(dict.fromkeys((*given, *heard)))
