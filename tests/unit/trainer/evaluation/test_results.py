"""Which tracks are evaluated, and whether their clips are long enough."""

from __future__ import annotations

from pathlib import Path

import pytest

from segue.trainer.data import TrainingTrack
from segue.trainer.evaluation.encoders import model_encoder
from segue.trainer.evaluation.results import choose_tracks, require_chunks
from segue.trainer.evaluation.sets import ClipPlan, EvaluationImpossible


def test_the_test_split_is_what_the_data_set_reserves() -> None:
    tracks = [TrainingTrack(str(number), Path(), held_out=number % 4 == 0) for number in range(40)]
    assert len(choose_tracks(tracks, "all")) == 40
    assert {int(track.track_id) % 4 for track in choose_tracks(tracks, "test")} == {0}
    assert [track.track_id for track in choose_tracks(tracks, "all", 4)] == ["0", "10", "20", "30"]


def test_without_reserved_tracks_the_hash_splits() -> None:
    tracks = [TrainingTrack(str(number), Path()) for number in range(200)]
    assert {track.split for track in choose_tracks(tracks, "test")} == {"test"}
    with pytest.raises(EvaluationImpossible):
        choose_tracks(tracks[:1], "test")


def test_clips_must_hold_a_chunk(repository: Path) -> None:
    encoder = model_encoder(repository / "tiny")
    require_chunks([encoder], ClipPlan(2, 0.8))
    with pytest.raises(EvaluationImpossible, match="shorter than the chunks of tiny"):
        require_chunks([encoder], ClipPlan(2, 0.7))
