"""Which of several copies stays."""

from pathlib import Path

import numpy as np
import soundfile

from segue.trainer.debian.disk import sha256_of
from segue.trainer.debian.duplicates import (
    FingerprintStore,
    audio_below,
    without_copies,
    without_same_files,
)
from segue.trainer.debian.unpacking import LeftOut, Recording
from tones import write_tone

RANDOM = np.random.default_rng(8)
SONG, OTHER = RANDOM.integers(1, 2**32, (2, 3_000), dtype=np.uint32)


def recording(name: str, seconds: float, sha256: str = "") -> Recording:
    return Recording("p", "1", name, sha256 or name, "", "", "", "CC0-1.0", seconds)


def test_the_longest_copy_stays_and_the_first_of_equal_ones():
    recordings = [
        recording("cut", 40.0),
        recording("whole", 96.0),
        recording("other", 96.0),
        recording("again", 96.0),
    ]
    kept, left_out = without_copies(recordings, [SONG[500:1_750], SONG, OTHER, SONG])
    assert [item.path for item in kept] == ["whole", "other"]
    assert [(item.path, item.reason) for item in left_out] == [
        ("cut", "NEAR_COPY"),
        ("again", "NEAR_COPY"),
    ]
    assert "p/whole" in left_out[0].detail


def test_what_other_music_holds_never_stays():
    kept, left_out = without_copies(
        [recording("song", 96.0), recording("other", 96.0)],
        [SONG, OTHER],
        [(Path("evaluated.ogg"), OTHER[100:900])],
    )
    assert [item.path for item in kept] == ["song"]
    assert [(item.path, item.reason) for item in left_out] == [("other", "IN_OTHER_MUSIC")]
    assert "evaluated.ogg" in left_out[0].detail


def test_copies_among_the_other_music_do_not_matter():
    others = [(Path("a.ogg"), OTHER), (Path("b.ogg"), OTHER)]
    kept, left_out = without_copies([recording("song", 96.0)], [SONG], others)
    assert (len(kept), left_out) == (1, [])


def test_of_files_with_the_same_bytes_the_first_stays():
    kept, left_out = without_same_files(
        [recording("a", 30.0, "x"), recording("b", 30.0, "y"), recording("c", 30.0, "x")]
    )
    assert [item.path for item in kept] == ["a", "b"]
    assert left_out == [LeftOut("p", "c", "SAME_FILE", "p/a", "p")]


def test_fingerprints_are_kept_and_a_file_without_one_says_why(tmp_path):
    noise = np.random.default_rng(2).normal(0, 0.1, 22_050 * 4).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", noise, 22_050)
    (tmp_path / "b.wav").write_bytes(b"RIFF, but no audio")
    files = [(path, sha256_of(path)) for path in audio_below([tmp_path])]
    steps: list[int] = []
    store = FingerprintStore(tmp_path / "prints")
    made, reason = store.of(files, progress=steps.append)
    assert made.shape[0] > 100
    assert reason.startswith("AUDIO_")
    assert steps == [0, 1, 2]
    (tmp_path / "a.wav").unlink()
    again, _ = store.of(files)
    np.testing.assert_array_equal(again, made)


def test_audio_is_found_below_folders(tmp_path):
    write_tone(tmp_path / "x" / "b.wav")
    write_tone(tmp_path / "a.FLAC")
    (tmp_path / "cover.png").write_bytes(b"")
    assert audio_below([tmp_path]) == [tmp_path / "a.FLAC", tmp_path / "x" / "b.wav"]
