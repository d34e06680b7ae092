"""The feature store: computed once, shared, never lost to a crash or to a damaged file."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from deadly_files import DeadlyFile
from segue.audio.decoding import decode_stream
from segue.audio.front_end import FrontEnd
from segue.audio.mel import log_mel
from segue.errors import AudioError
from segue.trainer import features, processes
from segue.trainer.data import TrainingTrack, read_tracks
from segue.trainer.feature_files import FRAMES, LISTING, Frames
from segue.trainer.features import (
    FeatureStore,
    Recording,
    TrackAnalysis,
    open_store,
    open_stores,
    store_folder,
)
from tones import RATE_HZ, tone, write_tone

FRONT = FrontEnd(bands=32, chunk_frames=20, chunk_hop_frames=20)
SECONDS = 1.0
ANALYSIS = TrackAnalysis(FRONT)
ROUNDING_DB = 0.0626
"""By how much a level in dB may differ once it is rounded to half precision the other way."""


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    for number in range(4):
        write_tone(tmp_path / "audio" / f"{number}.wav", number, SECONDS)
    return tmp_path / "audio"


@pytest.fixture
def analysed_paths(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that are analysed, in order; in this process."""
    names: list[str] = []

    def decode(work, tracks, jobs):  # type: ignore[no-untyped-def]
        for track, recipes in tracks:
            names.append(track.path.name)
            yield processes.attempt(partial(work, (track, recipes)))

    monkeypatch.setattr(features, "decode_each", decode)
    return names


def ids(store: FeatureStore) -> list[str]:
    return [track.track_id for track in store.tracks]


def frames_of(store: FeatureStore, track: int) -> Frames:
    return store.chunk(track, 0, int(store.counts[track]))


def failures_file(base: Path) -> dict[str, str]:
    with (store_folder(base, ANALYSIS) / "failures.csv").open(newline="") as file:
        return {row["track_id"]: row["reason"] for row in csv.DictReader(file)}


def test_frames_are_those_of_the_front_end_that_serves(audio: Path, tmp_path: Path) -> None:
    store = open_store(tmp_path / "store", read_tracks(audio), ANALYSIS, jobs=2)
    assert ids(store) == ["0.wav", "1.wav", "2.wav", "3.wav"]
    for number, track in enumerate(store.tracks):
        samples = np.concatenate(list(decode_stream(track.path, FRONT.rate_hz)))
        expected = log_mel(samples, FRONT).T
        assert store.counts[number] == len(expected)
        found = store.chunk(number, 0, len(expected))
        np.testing.assert_allclose(found, expected, atol=0.04)  # half precision below 80 dB
        # Read twice from one file.
        np.testing.assert_array_equal(store.chunk(number, 3, 5), found[3:8])


def test_a_store_is_computed_once(audio: Path, tmp_path: Path, analysed_paths: list[str]) -> None:
    tracks = read_tracks(audio)
    first = open_store(tmp_path / "store", tracks, ANALYSIS)
    assert len(analysed_paths) == 4
    again = open_store(tmp_path / "store", tracks[::-1], ANALYSIS)
    assert len(analysed_paths) == 4
    assert ids(again) == ids(first)[::-1]
    np.testing.assert_allclose(again.chunk(0, 0, 9), first.chunk(3, 0, 9), atol=ROUNDING_DB)


def test_data_sets_share_a_store(audio: Path, tmp_path: Path, analysed_paths: list[str]) -> None:
    tracks = read_tracks(audio)
    front, back = tracks[:3], tracks[1:]
    open_store(tmp_path / "store", front, ANALYSIS)
    other = open_store(tmp_path / "store", back, ANALYSIS)
    assert ids(other) == ["1.wav", "2.wav", "3.wav"]
    both = open_store(tmp_path / "store", tracks, ANALYSIS)
    assert analysed_paths == ["0.wav", "1.wav", "2.wav", "3.wav"]
    np.testing.assert_allclose(other.chunk(2, 0, 20), both.chunk(3, 0, 20), atol=ROUNDING_DB)


def test_a_store_that_grows_keeps_what_it_holds(audio: Path, tmp_path: Path) -> None:
    first = open_store(tmp_path / "store", read_tracks(audio), ANALYSIS)
    # One file changes, one more comes, and one that is kept could no longer be decoded.
    write_tone(audio / "1.wav", 30, 2 * SECONDS)
    write_tone(audio / "4.wav", 4, SECONDS)
    stamp = (audio / "0.wav").stat()
    (audio / "0.wav").write_bytes(b"\0" * stamp.st_size)
    os.utime(audio / "0.wav", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    grown = open_store(tmp_path / "store", read_tracks(audio), ANALYSIS)
    assert ids(grown) == ["0.wav", "1.wav", "2.wav", "3.wav", "4.wav"]
    for number in (0, 2, 3):
        np.testing.assert_allclose(
            grown.chunk(number, 0, 40), first.chunk(number, 0, 40), atol=ROUNDING_DB
        )
    assert grown.counts[1] > first.counts[1]


def test_models_of_one_analysis_share_a_store(
    audio: Path, tmp_path: Path, analysed_paths: list[str]
) -> None:
    longer = TrackAnalysis(replace(FRONT, chunk_frames=40, chunk_hop_frames=10))
    folder = store_folder(tmp_path, ANALYSIS)
    assert folder.parent == tmp_path
    assert folder.name.startswith("features-")
    assert store_folder(tmp_path, longer) == folder
    write_tone(audio / "short.wav", 1, 0.7)
    tracks = read_tracks(audio)
    assert len(ids(open_store(tmp_path, tracks, ANALYSIS))) == 5
    # 0.7 s are 31 frames: one chunk of 20, none of 40. It is left out and not analysed again.
    store = open_store(tmp_path, tracks, longer)
    assert store.failures == (("short.wav", "AUDIO_TOO_SHORT: less than one chunk"),)
    assert len(open_store(tmp_path, tracks, ANALYSIS).tracks) == 5
    assert len(analysed_paths) == 5


@pytest.mark.parametrize(
    "change",
    [
        {"rate_hz": 16_000, "high_hz": 8_000.0}, {"fft_size": 1_024}, {"hop": 256}, {"bands": 16},
        {"low_hz": 20.0}, {"high_hz": 10_000.0}, {"floor_db": -70.0}, {"reference_power": 2.0},
    ],
)  # fmt: skip
def test_another_analysis_is_another_store(change: dict[str, float]) -> None:
    other = TrackAnalysis(FrontEnd(**{"bands": 32, **change}))  # type: ignore[arg-type]
    assert store_folder(Path("x"), other) != store_folder(Path("x"), ANALYSIS)


@dataclass(frozen=True)
class Levels:
    """A recipe beside the analysis: the mean level of each second, of long enough tracks."""

    rate_hz: int
    kind: str = "levels"
    bands: int = 1
    fewest_frames: int = 1

    def settings(self) -> dict[str, Any]:
        return {"rate_hz": self.rate_hz}

    def frames(self, recording: Recording) -> Frames:
        samples = recording.samples(self.rate_hz)
        assert recording.samples(self.rate_hz) is samples, "it should be decoded once"
        if samples.size < self.rate_hz:
            raise AudioError("it lasts less than a second", "AUDIO_TOO_SHORT")
        seconds = samples[: samples.size // self.rate_hz * self.rate_hz].reshape(-1, self.rate_hz)
        return np.square(seconds).mean(axis=1, keepdims=True).astype(np.float16)


def test_several_recipes_are_made_in_one_go_and_fail_by_themselves(
    audio: Path, tmp_path: Path, analysed_paths: list[str]
) -> None:
    write_tone(audio / "short.wav", 1, 0.7)
    tracks = read_tracks(audio)
    recipes = [ANALYSIS, Levels(8_000), Levels(16_000)]
    analysis, slow, fast = open_stores(tmp_path, tracks, recipes)
    assert analysed_paths == [track.path.name for track in tracks]
    assert len(analysis.tracks) == 5
    assert slow.failures == (("short.wav", "AUDIO_TOO_SHORT: it lasts less than a second"),)
    np.testing.assert_allclose(frames_of(slow, 2), frames_of(fast, 2), rtol=0.01)
    np.testing.assert_allclose(
        frames_of(slow.only({"2.wav"}), 0), frames_of(slow, 2), atol=ROUNDING_DB
    )
    # Only what one of them lacks is made.
    write_tone(audio / "more.wav", 1, SECONDS)
    open_store(tmp_path, read_tracks(audio), ANALYSIS)
    open_stores(tmp_path, read_tracks(audio), recipes)
    assert analysed_paths[5:] == ["more.wav", "more.wav"]


def test_a_store_of_an_earlier_version_is_read(
    audio: Path, tmp_path: Path, analysed_paths: list[str]
) -> None:
    folder = tmp_path / "features-d757fa7016"
    folder.mkdir()
    (folder / "analysis.json").write_text(
        '{\n  "rate_hz": 22050,\n  "fft_size": 2048,\n  "hop": 512,\n  "bands": 32,\n'
        '  "low_hz": 0.0,\n  "high_hz": 11025.0,\n  "floor_db": -80.0,\n  "reference_power": 1.0\n}'
    )
    frames = np.arange(32 * 30, dtype=np.float16).reshape(30, 32)
    (folder / "features.f16").write_bytes(frames.tobytes())
    status = (audio / "1.wav").stat()
    (folder / "features.jsonl").write_text(
        f'{{"track_id": "1.wav", "bytes": {status.st_size}, "changed_ns": {status.st_mtime_ns}, '
        '"start": 0, "frames": 30}\n'
    )
    store = open_store(tmp_path, read_tracks(audio)[1:2], ANALYSIS)
    assert analysed_paths == []
    np.testing.assert_allclose(frames_of(store, 0), frames, atol=ROUNDING_DB)


@pytest.mark.parametrize("left", ["features-1/clips-2/clips.json", "0123.npz"])
def test_features_in_an_earlier_form_are_named_and_made_anew(
    audio: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, left: str
) -> None:
    (tmp_path / left).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / left).write_text("{}")
    store = open_store(tmp_path, read_tracks(audio)[:1], ANALYSIS)
    assert len(store.tracks) == 1
    (warning,) = caplog.messages
    assert str(tmp_path) in warning
    assert "made anew" in warning


class Killed(BaseException):
    """Stands for the signal that ends a run half-way."""


def test_a_run_that_is_killed_keeps_what_it_wrote(
    audio: Path, tmp_path: Path, analysed_paths: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(features, "_CHECKPOINT_TRACKS", 2)
    tracks = read_tracks(audio)

    def kill(good: int, _failed: int) -> None:
        if good == 3:
            raise Killed

    with pytest.raises(Killed):
        open_store(tmp_path / "store", tracks, ANALYSIS, progress=kill)
    assert analysed_paths == ["0.wav", "1.wav", "2.wav"]
    store = open_store(tmp_path / "store", tracks, ANALYSIS)
    assert analysed_paths[3:] == ["2.wav", "3.wav"], "what was written down is not computed again"
    whole = open_store(tmp_path / "whole", tracks, ANALYSIS)
    np.testing.assert_allclose(store.frames, whole.frames, atol=ROUNDING_DB)


@pytest.mark.parametrize("damage", ["half a line", "half a frame", "no frames", "noise"])
def test_what_a_crash_left_half_written_is_cut_off(
    audio: Path, tmp_path: Path, analysed_paths: list[str], damage: str
) -> None:
    tracks, folder = read_tracks(audio), store_folder(tmp_path, ANALYSIS)
    whole = np.array(open_store(tmp_path, tracks, ANALYSIS).frames)
    listing, frames = folder / LISTING, folder / FRAMES
    match damage:
        case "half a line":
            os.truncate(listing, listing.stat().st_size - 9)
        case "half a frame":
            os.truncate(frames, frames.stat().st_size - 7)
        case "no frames":
            frames.unlink()
        case "noise":
            frames.write_bytes(frames.read_bytes() + b"rest of a track")
            listing.write_bytes(listing.read_bytes() + b'{"track_id": "4.w')
    store = open_store(tmp_path, tracks, ANALYSIS)
    np.testing.assert_allclose(store.frames, whole, atol=ROUNDING_DB)
    again = {"half a line": 1, "half a frame": 1, "no frames": 4, "noise": 0}[damage]
    assert len(analysed_paths) == 4 + again


def test_damaged_files_are_listed_and_left_out(tmp_path: Path) -> None:
    audio = tmp_path / "audio"
    write_tone(audio / "fine.mp3", 1, 2.0)
    whole = write_tone(audio / "cut.au", 2, 2.0).read_bytes()
    (audio / "cut.au").write_bytes(whole[: len(whole) // 2])
    whole = write_tone(audio / "cut.mp3", 2, 8.0).read_bytes()
    (audio / "cut.mp3").write_bytes(whole[: len(whole) // 2])
    (audio / "empty.wav").touch()
    (audio / "text.flac").write_text("not a FLAC file, whatever its name says")
    # A wrong suffix alone does no harm: bytes say what a file is.
    write_tone(audio / "really.wav", 3, 2.0).rename(audio / "wrong.ogg")
    soundfile.write(audio / "short.wav", tone(1, 0.1), RATE_HZ)
    tracks = [*read_tracks(audio), TrainingTrack("gone.wav", audio / "gone.wav")]
    folder = tmp_path / "store"
    store = open_store(folder, tracks, ANALYSIS)
    assert ids(store) == ["fine.mp3", "wrong.ogg"]
    expected = {
        "cut.au": "AUDIO_TRUNCATED",
        "cut.mp3": "AUDIO_TRUNCATED",
        "empty.wav": "AUDIO_EMPTY",
        "text.flac": "AUDIO_NOT_AUDIO",
        "short.wav": "AUDIO_TOO_SHORT",
        "gone.wav": "SOURCE_NOT_FOUND",
    }
    assert {track_id: reason.split(":")[0] for track_id, reason in store.failures} == expected
    assert failures_file(folder) == expected
    # The list stays true when the store is opened again and a file has come.
    write_tone(audio / "gone.wav", 5, 2.0)
    del expected["gone.wav"]
    again = open_store(folder, tracks, ANALYSIS)
    assert ids(again) == ["fine.mp3", "wrong.ogg", "gone.wav"]
    assert failures_file(folder) == expected
    open_store(folder, tracks[2:3], ANALYSIS)
    assert list(failures_file(folder)) == ["empty.wav"]


def test_a_file_that_kills_its_process_is_listed_too(audio: Path, tmp_path: Path) -> None:
    tracks = read_tracks(audio)
    tracks.insert(2, TrainingTrack("deadly.wav", DeadlyFile(audio / "deadly.wav")))
    store = open_store(tmp_path / "store", tracks, ANALYSIS, jobs=2)
    assert ids(store) == ["0.wav", "1.wav", "2.wav", "3.wav"]
    assert failures_file(tmp_path / "store") == {"deadly.wav": "AUDIO_DECODER_CRASHED"}
    whole = open_store(tmp_path / "whole", read_tracks(audio), ANALYSIS)
    np.testing.assert_allclose(store.frames, whole.frames, atol=ROUNDING_DB)


def test_progress_counts_what_is_there_and_what_failed(audio: Path, tmp_path: Path) -> None:
    (audio / "empty.wav").touch()
    tracks = read_tracks(audio)
    open_store(tmp_path / "store", tracks[:2], ANALYSIS)
    told: list[tuple[int, int]] = []
    open_store(
        tmp_path / "store", tracks, ANALYSIS, progress=lambda good, bad: told.append((good, bad))
    )
    assert told == [(2, 0), (3, 0), (4, 0), (4, 1)]


def test_a_set_of_failures_alone_is_an_empty_store(tmp_path: Path) -> None:
    (tmp_path / "a.wav").touch()
    store = open_store(tmp_path / "store", read_tracks(tmp_path), ANALYSIS)
    assert store.tracks == ()
    assert store.counts.shape == (0,)
    assert store.frames.shape == (0, 32)
