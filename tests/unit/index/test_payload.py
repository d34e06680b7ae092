"""What is stored of a track, beside what the contract of every index shows."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from segue.index.payload import (
    heard_as_stored,
    heard_counts,
    heard_field,
    heard_payload,
    segment_payload,
)
from segue.tracks import LEAST_PROBABILITY, Segment, Track, TrackMetadata, heard_labels

PROBABILITIES = st.floats(0, 1, width=32) | st.integers(0, 100).map(lambda n: n / 100)
MINIMA = st.floats(LEAST_PROBABILITY, 1) | st.integers(10, 100).map(lambda n: n / 100)


@pytest.mark.parametrize("name", ["genres", "moods", "descriptors"])
@given(PROBABILITIES, MINIMA)
@example(0.5, 0.5)
@example(0.3, 0.3)
@example(0.499, 0.5)
def test_any_threshold_is_a_match_of_labels(name: str, probability: float, minimum: float) -> None:
    predicted = {"a@b": probability}
    track = Track(
        "t",
        predicted_genres=predicted,
        predicted_moods=predicted,
        predicted_descriptors=predicted,
    )
    payload = heard_payload(track)
    stored = payload[heard_field(name, minimum)] or []
    heard = bool(heard_labels(predicted, minimum))
    assert (not set(stored).isdisjoint(heard_as_stored(name, "a@b", minimum))) is heard
    counts = dict(heard_counts(name, [(one, 1) for one in stored], minimum))
    assert counts == ({"a@b": 1} if heard else {})


def test_a_passage_carries_only_what_filters_look_at() -> None:
    metadata = TrackMetadata("T", "Ann", isrc="USRC17607839", track_number=3, explicit=True)
    track = Track("t", metadata, predicted_moods={"calm": 0.305})
    stored = segment_payload(track, Segment(0, 0.0, 10.0, None))  # type: ignore[arg-type]
    assert stored == {
        "track_id": "t", "start_seconds": 0.0, "end_seconds": 10.0, "genres": [], "moods": [],
        "artist_key": ["ann"], "isrc": "USRC17607839", "explicit": "explicit",
        "heard_moods": ["calm"], "heard_mood_marks": ["calm@30"],
    }  # fmt: skip
