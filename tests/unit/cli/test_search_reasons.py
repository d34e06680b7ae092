"""Why a search answered as it did, as it is printed."""

from __future__ import annotations

import io

from segue.cli.search_reasons import print_reasons
from segue.output import PlainConsole
from segue.v1 import similarity_service_pb2 as messages
from segue.v1 import track_pb2


def printed(ranker: str, explanation: messages.MatchExplanation) -> str:
    answer = messages.SearchSimilarTracksResponse(
        results=[
            messages.SimilarTrack(
                track=track_pb2.Track(track_id="a"), score=0.875, explanation=explanation
            )
        ],
        explanation=messages.SearchExplanation(ranker=ranker, engine_searches=1),
    )
    written = io.StringIO()
    print_reasons(answer, PlainConsole(file=written, width=120))
    return written.getvalue()


def test_a_fusion_tells_its_sides_apart() -> None:
    text = printed(
        "weighted_sum",
        messages.MatchExplanation(
            acoustic_contribution=0.5, collaborative_contribution=0.25, boost_contribution=0.125
        ),
    )
    assert "What the scores are made of:" in text
    assert "acoustic" in text
    assert "+0.500" in text
    assert "+0.250" in text
    assert "+0.125" in text


def test_a_ranker_tells_no_sides_apart() -> None:
    text = printed("learned", messages.MatchExplanation(boost_contribution=0.125))
    assert "by the learned ranker" in text
    assert "acoustic" not in text
    assert "collab." not in text
    assert "+0.750" in text
    assert "+0.125" in text
