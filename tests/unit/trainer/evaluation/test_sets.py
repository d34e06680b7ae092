"""Clips lie where they should, and are analysed as serving analyses them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from deadly_files import DeadlyFile
from segue.audio.front_end import FrontEnd
from segue.audio.mel import log_mel
from segue.trainer import features
from segue.trainer.data import TrainingTrack, read_tracks
from segue.trainer.evaluation.sets import ClipPlan, EvaluationImpossible, EvaluationSet, open_set
from tones import write_tone

FRONT = FrontEnd(rate_hz=16_000, bands=24, high_hz=8_000.0, chunk_frames=40, chunk_hop_frames=40)
PLAN = ClipPlan(3, 2.0)


@pytest.fixture(scope="module")
def opened(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> EvaluationSet:
    folder = tmp_path_factory.mktemp("features")
    return open_set("corpus", read_tracks(corpus), PLAN, [FRONT], folder)


def test_five_clips_are_spread_over_a_recording() -> None:
    # 110 s with clips of 10 s: starts at 5, 27.5, 50, 72.5 and 95 % of 100 s.
    assert ClipPlan(5, 10.0).starts(110.0) == pytest.approx([5.0, 27.5, 50.0, 72.5, 95.0])


@pytest.mark.parametrize(
    ("duration", "count"), [(45.0, 4), (33.0, 3), (21.2, 2), (21.1, 0), (10.0, 0), (3.0, 0)]
)
def test_clips_never_overlap(duration: float, count: int) -> None:
    starts = ClipPlan(5, 10.0).starts(duration)
    assert len(starts) == count
    assert all(np.diff(starts) >= 10.0 - 1e-9)
    assert all(0 <= start <= duration - 10.0 for start in starts)


def test_a_plan_wants_two_clips() -> None:
    with pytest.raises(ValueError, match="plan"):
        ClipPlan(1, 10.0)
    with pytest.raises(ValueError, match="plan"):
        ClipPlan(5, 0.0)


def test_short_recordings_are_listed(opened: EvaluationSet) -> None:
    assert len(opened.tracks) == 12
    ((track_id, reason),) = opened.left_out
    assert track_id == "short"
    assert reason.startswith("AUDIO_TOO_SHORT: 2.5 s")


def test_a_recording_that_kills_its_decoder_is_listed(corpus: Path, tmp_path: Path) -> None:
    *tracks, third = read_tracks(corpus)[:3]
    deadly = TrainingTrack("deadly", DeadlyFile(third.path))
    chosen = open_set("x", [tracks[0], deadly, tracks[1]], PLAN, [FRONT], tmp_path, jobs=2)
    assert chosen.left_out == (("deadly", "AUDIO_DECODER_CRASHED: the decoder crashed"),)
    assert chosen.tracks == tuple(tracks)
    assert sum(1 for _ in chosen.log_mels(FRONT)) == 6


def test_every_clip_knows_its_track(opened: EvaluationSet) -> None:
    assert opened.clip_track.tolist() == np.repeat(np.arange(12), 3).tolist()


def test_log_mels_are_those_of_the_clip_alone(opened: EvaluationSet) -> None:
    samples, _ = soundfile.read(opened.tracks[0].path, dtype="float32")
    log_mels = list(opened.log_mels(FRONT))
    assert len(log_mels) == 36
    for clip, start_seconds in zip(log_mels, [0.3, 3.0, 5.7], strict=False):
        first = round(16_000 * start_seconds)
        wanted = log_mel(samples[first : first + 32_000], FRONT)
        np.testing.assert_allclose(clip, wanted, atol=0.04)  # half precision below 80 dB
        assert clip.dtype == np.float32


def test_kept_features_are_used_again(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracks = read_tracks(corpus)
    first = open_set("first", tracks, PLAN, [FRONT], tmp_path)

    def refuse_work(work: Any, files: Any, jobs: int) -> Iterator[Any]:
        assert not files, "nothing should be analysed"
        return iter(())

    monkeypatch.setattr(features, "decode_each", refuse_work)
    otherwise_cut = FrontEnd(
        rate_hz=16_000, bands=24, high_hz=8_000.0, chunk_frames=20, chunk_hop_frames=10
    )
    renamed = [replace(track, track_id=f"x/{track.track_id}") for track in tracks]
    again = open_set("again", renamed, PLAN, [otherwise_cut], tmp_path)
    for kept, new in zip(again.log_mels(otherwise_cut), first.log_mels(FRONT), strict=True):
        np.testing.assert_allclose(kept, new, atol=0.0626)  # rounded to half precision
    assert again.left_out == (("x/short", dict(first.left_out)["short"]),)
    with pytest.raises(AssertionError, match="nothing should be analysed"):
        open_set("other plan", tracks, ClipPlan(2, 2.0), [FRONT], tmp_path)


def test_files_of_one_name_size_and_time_in_two_folders_are_two(tmp_path: Path) -> None:
    sets = []
    for place, tones in (("one", (0, 1)), ("two", (30, 31))):
        (tmp_path / place).mkdir()
        for number, tone in enumerate(tones):
            write_tone(tmp_path / place / f"{number}.wav", tone, 8.0)
            os.utime(tmp_path / place / f"{number}.wav", ns=(1, 1))
        tracks = read_tracks(tmp_path / place)
        sets.append(open_set(place, tracks, PLAN, [FRONT], tmp_path / "features"))
    one, two = (next(chosen.log_mels(FRONT)) for chosen in sets)
    assert one.mean(axis=1).argmax() != two.mean(axis=1).argmax()


def test_two_rates_take_the_same_clips(corpus: Path, tmp_path: Path) -> None:
    slow = FrontEnd(rate_hz=8_000, bands=24, high_hz=4_000.0)
    chosen = open_set("both", read_tracks(corpus)[:3], PLAN, [FRONT, slow], tmp_path)
    assert sum(1 for _ in chosen.log_mels(slow)) == sum(1 for _ in chosen.log_mels(FRONT)) == 9


def test_labels_make_the_tasks(opened: EvaluationSet) -> None:
    assert opened.tasks == ("track", "genre", "mood")
    assert opened.membership("track").tolist() == np.eye(12, dtype=bool).tolist()
    assert opened.membership("genre").sum(axis=0).tolist() == [4, 4, 4]
    assert np.bincount(opened.artists).tolist() == [2] * 6


def test_unlabelled_recordings_have_the_track_task_alone(tmp_path: Path) -> None:
    tracks = tuple(TrainingTrack(name, tmp_path / name) for name in ("one", "two"))
    chosen = EvaluationSet("x", tracks, PLAN, np.zeros(0, np.int64), (), {})
    assert chosen.tasks == ("track",)
    assert len(set(chosen.artists.tolist())) == 2


def test_nothing_usable_is_an_error(tmp_path: Path) -> None:
    missing = [TrainingTrack(name, tmp_path / name) for name in ("a.wav", "b.wav")]
    with pytest.raises(EvaluationImpossible, match="SOURCE_NOT_FOUND"):
        open_set("missing", missing, PLAN, [FRONT], tmp_path / "features")
