"""Energy by rank."""

from __future__ import annotations

import pytest

from segue.playlists.energy import energy_ranks
from segue.tracks import EstimatedTempo, Track, TrackMetadata


def heard(**moods: float) -> Track:
    return Track("t", predicted_moods=moods)


def test_lively_moods_rank_above_quiet_ones() -> None:
    tracks = [heard(energetic=0.9, calm=0.1), heard(energetic=0.1, calm=0.9), heard(happy=0.2)]
    found = energy_ranks(tracks)
    assert found is not None
    assert found.tolist() == [1.0, 0.0, 0.5]


def test_other_moods_say_nothing() -> None:
    assert energy_ranks([heard(dark=0.9), Track("t")]) is None
    assert energy_ranks([]) is None


def test_tempo_decides_where_moods_are_alike_or_unknown() -> None:
    quick = Track("q", TrackMetadata(bpm=170.0))
    slow = Track("s", TrackMetadata(bpm=60.0))
    unsure = Track("u", estimated_tempo=EstimatedTempo(200.0, 0.1))
    found = energy_ranks([slow, quick, unsure])
    assert found is not None
    assert found.tolist() == [0.0, 1.0, 0.5]
    alike = [
        Track("a", TrackMetadata(bpm=bpm), predicted_moods={"calm": 0.5}) for bpm in (90.0, 80.0)
    ]
    ranks = energy_ranks(alike)
    assert ranks is not None
    assert ranks.tolist() == [1.0, 0.0]


def test_moods_weigh_three_times_the_tempo() -> None:
    tracks = [
        Track("lively", TrackMetadata(bpm=60.0), predicted_moods={"energetic": 0.9}),
        Track("quick", TrackMetadata(bpm=180.0), predicted_moods={"energetic": 0.1}),
    ]
    found = energy_ranks(tracks)
    assert found is not None
    assert found == pytest.approx([1.0, 0.0])
