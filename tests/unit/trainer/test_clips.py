"""The clip store, on short recordings of noise: every passage of one is unlike all others."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deadly_files import DeadlyFile
from segue.audio.front_end import FrontEnd
from segue.errors import AudioError
from segue.trainer import features
from segue.trainer.clips import ClipRecipe, ClipStore, open_clip_store
from segue.trainer.data import TrainingTrack
from segue.trainer.effects import EffectsConfig
from segue.trainer.features import Recording, TrackAnalysis, store_folder

FRONT = FrontEnd(
    rate_hz=4_000,
    fft_size=256,
    hop=128,
    bands=16,
    high_hz=2_000.0,
    chunk_frames=32,
    chunk_hop_frames=32,
)
CLIP_SAMPLES = 31 * FRONT.hop
NOTHING = EffectsConfig(
    time_shift_probability=0,
    time_stretch_probability=0,
    pitch_shift_probability=0,
    reverb_probability=0,
    noise_probability=0,
)
NOISE = NOTHING.model_copy(
    update={"noise_probability": 1.0, "noise_lowest_snr_db": 0.0, "noise_highest_snr_db": 10.0}
)
ROUNDING_DB = 0.0626
"""By how much a level in dB may differ once it is rounded to half precision the other way."""


def record(path: Path, samples: int, seed: int = 0) -> Path:
    random = np.random.default_rng(seed)
    levels = np.repeat(random.uniform(0.01, 0.3, samples // 500 + 1), 500)[:samples]
    signal = (32_767 * levels * random.uniform(-1, 1, samples)).astype("<i2")
    with wave.open(str(path), "wb") as output:
        output.setnchannels(1)
        output.setsampwidth(2)
        output.setframerate(FRONT.rate_hz)
        output.writeframes(signal.tobytes())
    return path


def recorded(folder: Path, count: int, samples: int = 4 * CLIP_SAMPLES) -> list[TrainingTrack]:
    return [
        TrainingTrack(f"t{n}", record(folder / f"{n}.wav", samples, seed=n)) for n in range(count)
    ]


RECIPE = ClipRecipe(FRONT, clips=2, copies=1, effects=NOISE, seed=1)


def open_store(
    folder: Path, tracks: Sequence[TrainingTrack], progress: Any = None, **changes: Any
) -> ClipStore:
    return open_clip_store(folder, tracks, replace(RECIPE, **changes), jobs=2, progress=progress)


def make(path: Path, front: FrontEnd = FRONT, seed: int = 1, **changes: Any) -> np.ndarray:
    """Clips of a file, shape (clips, 1 + copies, frames, bands)."""
    recipe = ClipRecipe(
        front, **{"clips": 4, "copies": 0, "effects": NOTHING, "seed": seed, **changes}
    )
    frames = recipe.frames(Recording(TrainingTrack("t", path)))
    return frames.reshape(recipe.clips, 1 + recipe.copies, front.chunk_frames, front.bands)


def analyse_track(path: Path, front: FrontEnd) -> np.ndarray:
    return TrackAnalysis(front).frames(Recording(TrainingTrack("t", path)))


def everything(store: ClipStore) -> np.ndarray:
    """Shape (tracks, clips, 1 + copies, frames, bands)."""
    shape = (store.clips, 1 + store.copies, store.clip_frames, store.store.frames.shape[1])
    numbers = range(len(store.tracks))
    whole = [store.store.chunk(number, 0, int(np.prod(shape[:3]))) for number in numbers]
    return np.array([frames.reshape(shape) for frames in whole])


def place(clip: np.ndarray, frames: np.ndarray) -> int:
    """Frame of the track at which ``clip`` begins."""
    windows = np.lib.stride_tricks.sliding_window_view(frames, clip.shape, axis=(0, 1))[:, 0]
    errors = np.abs(windows.astype(np.float32) - clip.astype(np.float32)).max(axis=(1, 2))
    assert errors.min() < 0.1
    assert np.sum(errors < 1) == 1
    return int(errors.argmin())


@pytest.mark.parametrize(
    "front",
    [
        FRONT,
        replace(FRONT, hop=100, chunk_hop_frames=5),
        replace(FRONT, fft_size=255),
        replace(FRONT, fft_size=300, hop=300),
    ],
    ids=["even", "hop no divisor", "odd window", "no overlap"],
)
def test_clips_are_passages_of_the_analysed_track_one_in_each_part(
    tmp_path: Path, front: FrontEnd
) -> None:
    path = record(tmp_path / "a.wav", 30_000)
    frames = analyse_track(path, front)
    starts = len(frames) - front.chunk_frames + 1
    for seed in range(5):
        made = make(path, front, seed=seed)
        assert made.shape == (4, 1, front.chunk_frames, front.bands)
        assert made.dtype == np.float16
        places = [place(clip, frames) for clip in made[:, 0]]
        for part, found in enumerate(places):
            assert part * starts // 4 <= found < (part + 1) * starts / 4


def test_places_are_drawn_from_the_whole_track(tmp_path: Path) -> None:
    path = record(tmp_path / "a.wav", CLIP_SAMPLES + 4 * FRONT.hop)
    frames = analyse_track(path, FRONT)
    drawn = [place(make(path, seed=seed, clips=1)[0, 0], frames) for seed in range(60)]
    assert set(drawn) == set(range(5))


def test_a_track_of_one_clip_gives_that_clip_and_a_shorter_one_is_refused(tmp_path: Path) -> None:
    path = record(tmp_path / "a.wav", CLIP_SAMPLES)
    made = make(path)
    np.testing.assert_allclose(made[:, 0], [analyse_track(path, FRONT)] * 4, atol=0.1)
    with pytest.raises(AudioError, match="shorter than a clip") as refused:
        make(record(tmp_path / "b.wav", CLIP_SAMPLES - 1))
    assert refused.value.reason == "AUDIO_TOO_SHORT"


def test_copies_go_through_the_effects_each_for_itself(tmp_path: Path) -> None:
    path = record(tmp_path / "a.wav", 30_000)
    same = make(path, copies=2)
    np.testing.assert_allclose(same[:, 1], same[:, 0], atol=ROUNDING_DB)
    changed = make(path, copies=2, effects=NOISE).astype(np.float32)
    louder = changed[:, 1:].mean(axis=(2, 3)) - changed[:, :1].mean(axis=(2, 3))
    assert louder.min() > 0.3
    assert np.abs(changed[:, 1] - changed[:, 2]).mean(axis=(1, 2)).min() > 0.3


def test_a_store_holds_the_clips_of_each_track(tmp_path: Path) -> None:
    tracks = recorded(tmp_path, 3)
    store = open_store(tmp_path / "store", tracks)
    assert store.tracks == tuple(tracks)
    assert store.store.failures == ()
    assert isinstance(store.store.frames, np.memmap)
    for number, track in enumerate(tracks):
        frames = analyse_track(track.path, FRONT)
        places = [place(store.clip(number, clip), frames) for clip in (0, 1)]
        assert places[0] < places[1]
        for clip, found in enumerate(places):
            copy = store.clip(number, clip, 1).astype(np.float32)
            assert copy.shape == (FRONT.chunk_frames, FRONT.bands)
            assert copy.mean() > frames[found : found + FRONT.chunk_frames].mean() + 0.3


def test_clips_depend_on_seed_and_id_and_not_on_the_company(tmp_path: Path) -> None:
    tracks = recorded(tmp_path, 2)
    both = open_store(tmp_path / "both", tracks)
    alone = open_store(tmp_path / "alone", tracks[1:])
    other_seed = open_store(tmp_path / "alone", tracks[1:], seed=2)
    other_id = open_store(tmp_path / "alone", [replace(tracks[1], track_id="x")])
    np.testing.assert_allclose(everything(both)[1], everything(alone)[0], atol=ROUNDING_DB)
    assert not np.allclose(everything(alone), everything(other_seed), atol=ROUNDING_DB)
    assert not np.allclose(everything(alone), everything(other_id), atol=ROUNDING_DB)


def refuse_work(*arguments: Any) -> Any:
    assert not arguments[1], "nothing should be made"
    return iter(())


def test_what_is_there_is_not_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tracks = [*recorded(tmp_path, 2), TrainingTrack("gone", tmp_path / "gone.wav")]
    first = open_store(tmp_path / "store", tracks)
    monkeypatch.setattr(features, "decode_each", refuse_work)
    again = open_store(tmp_path / "store", tracks)
    np.testing.assert_allclose(everything(again), everything(first), atol=ROUNDING_DB)
    assert (again.tracks, again.store.failures) == (first.tracks, first.store.failures)
    for changes in ({"seed": 2}, {"clips": 1}, {"copies": 0}, {"effects": NOTHING}):
        with pytest.raises(AssertionError, match="nothing should be made"):
            open_store(tmp_path / "store", tracks, **changes)


def test_a_track_that_changed_is_made_anew_and_the_others_are_kept(tmp_path: Path) -> None:
    tracks = recorded(tmp_path, 2)
    before = everything(open_store(tmp_path / "store", tracks))
    record(tracks[0].path, 5 * CLIP_SAMPLES, seed=9)
    after = everything(open_store(tmp_path / "store", tracks))
    np.testing.assert_allclose(after[1], before[1], atol=ROUNDING_DB)
    assert not np.allclose(after[0], before[0], atol=ROUNDING_DB)
    (only,) = everything(open_store(tmp_path / "store", tracks[1:]))
    np.testing.assert_allclose(only, before[1], atol=ROUNDING_DB)


class Stopped(Exception):
    pass


def test_after_a_crash_the_rest_is_made_and_the_result_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(features, "_CHECKPOINT_TRACKS", 2)
    tracks = recorded(tmp_path, 5)
    tracks[1].path.write_bytes(b"no audio")

    def stop(done: int, failed: int) -> None:
        if done + failed == 3:
            raise Stopped

    with pytest.raises(Stopped):
        open_store(tmp_path / "store", tracks, progress=stop)
    calls: list[tuple[int, int]] = []
    resumed = open_store(
        tmp_path / "store", tracks, progress=lambda *numbers: calls.append(numbers)
    )
    assert calls == [(1, 1), (2, 1), (3, 1), (4, 1)]
    whole = open_store(tmp_path / "other", tracks)
    np.testing.assert_allclose(everything(resumed), everything(whole), atol=ROUNDING_DB)
    assert (resumed.tracks, resumed.store.failures) == (whole.tracks, whole.store.failures)


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 2},
        {"effects": NOTHING},
        {"clips": 3},
        {"copies": 2},
        {"front_end": replace(FRONT, chunk_frames=33)},
    ],
)
def test_what_clips_depend_on_names_their_folder(changes: dict[str, Any]) -> None:
    folder = store_folder(Path("x"), RECIPE)
    assert folder.name.startswith("clips-")
    assert store_folder(Path("x"), replace(RECIPE, **changes)) != folder


def test_bad_files_are_listed_and_do_no_harm(tmp_path: Path) -> None:
    good = recorded(tmp_path, 2)
    (tmp_path / "text.wav").write_bytes(b"not audio at all")
    bad = {
        "missing": tmp_path / "missing.wav",
        "text": tmp_path / "text.wav",
        "short": record(tmp_path / "short.wav", CLIP_SAMPLES - 1),
        "deadly": DeadlyFile(record(tmp_path / "deadly.wav", 4 * CLIP_SAMPLES)),
    }
    listed = [TrainingTrack(track_id, path) for track_id, path in bad.items()]
    store = open_store(tmp_path / "store", [good[0], *listed, good[1]])
    assert store.tracks == tuple(good)
    reasons = {track_id: reason.partition(":")[0] for track_id, reason in store.store.failures}
    assert reasons == {
        "missing": "SOURCE_NOT_FOUND",
        "text": "AUDIO_NOT_AUDIO",
        "short": "AUDIO_TOO_SHORT",
        "deadly": "AUDIO_DECODER_CRASHED",
    }


def test_a_failure_is_tried_again_when_its_file_changed(tmp_path: Path) -> None:
    tracks = [*recorded(tmp_path, 1), TrainingTrack("late", tmp_path / "late.wav")]
    assert len(open_store(tmp_path / "store", tracks).store.failures) == 1
    record(tmp_path / "late.wav", 4 * CLIP_SAMPLES)
    store = open_store(tmp_path / "store", tracks)
    assert store.tracks == tuple(tracks)
    assert store.store.failures == ()


def test_a_set_without_usable_tracks_gives_an_empty_store(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store", [])
    assert len(store.tracks) == 0
    assert store.store.frames.shape == (0, FRONT.bands)
