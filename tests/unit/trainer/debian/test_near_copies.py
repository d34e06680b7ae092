"""Copies of a recording are found in any encoding; other recordings are not taken for it."""

import io

import numpy as np
import pytest
import soundfile

from segue.audio.decoding import decode_stream
from segue.resources import resource_folder
from segue.trainer.debian.fingerprint import FRAMES_PER_SECOND, NOTHING, codes, fingerprint
from segue.trainer.debian.near_copies import near_copies

RATE = 44_100


@pytest.fixture(scope="module")
def catalogue():
    """Audio files of the demo catalogue, of all genres."""
    return sorted(
        path
        for path in (resource_folder("deploy/demo") / "catalogue").rglob("*")
        if path.suffix in {".flac", ".m4a", ".mp3", ".ogg"}
    )


@pytest.fixture(scope="module")
def prints(catalogue):
    return [fingerprint(path) for path in catalogue[::4]]


@pytest.fixture(scope="module")
def song(catalogue):
    return np.concatenate(list(decode_stream(catalogue[0], RATE)))


def encoded(samples, form, **how) -> np.ndarray:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, RATE, format=form, **how)
    buffer.seek(0)
    return fingerprint(buffer)


@pytest.mark.parametrize(
    ("change", "form", "how"),
    [
        (lambda x: x, "MP3", {"compression_level": 0.9, "bitrate_mode": "CONSTANT"}),
        (lambda x: x, "OGG", {"subtype": "VORBIS", "compression_level": 1.0}),
        (lambda x: 0.1 * x, "FLAC", {}),
        (lambda x: np.clip(2.0 * x, -1, 1), "MP3", {}),
        (lambda x: x[3 * RATE :], "OGG", {"subtype": "VORBIS"}),
        (lambda x: x[int(7.013 * RATE) :][: 10 * RATE], "MP3", {}),
        (lambda x: np.concatenate([np.zeros(5 * RATE, np.float32), x]), "FLAC", {}),
    ],
    ids=["mp3", "ogg", "quieter", "clipped", "cut by 3 s", "10 s of it", "later"],
)
def test_a_copy_is_found_among_other_songs(song, prints, change, form, how):
    copy = encoded(change(song), form, **how)
    found = near_copies([*prints, copy])
    assert [(item.first, item.second) for item in found] == [(0, len(prints))]
    shorter = min(len(copy), len(prints[0])) / FRAMES_PER_SECOND
    assert found[0].shared_seconds > 0.5 * shorter


def test_different_songs_are_no_copies(prints):
    assert near_copies(prints) == []


def test_where_a_cut_begins_is_known(song, prints):
    found = near_copies([prints[0], encoded(song[3 * RATE :], "FLAC")])
    assert found[0].offset_seconds == pytest.approx(3.0, abs=0.1)


def test_a_loop_is_found_in_its_repetitions(song):
    loop = song[10 * RATE : 16 * RATE]
    found = near_copies([encoded(np.tile(loop, 6), "FLAC"), encoded(loop, "MP3")])
    assert len(found) == 1


def test_silence_and_held_tones_are_nobody_s_copies():
    silence = np.zeros((33, 900), np.float32)
    assert set(codes(silence)) == {NOTHING}
    assert near_copies([codes(silence), codes(silence)]) == []


def test_there_may_be_no_recordings_or_empty_ones():
    empty = np.empty(0, np.uint32)
    assert near_copies([]) == []
    assert near_copies([empty, empty]) == []


def test_unrelated_codes_are_no_copies_and_equal_ones_are():
    random = np.random.default_rng(4)
    one, other = random.integers(1, 2**32, (2, 2_000), dtype=np.uint32)
    assert near_copies([one, other]) == []
    assert [(item.first, item.second) for item in near_copies([one, other, one[500:1_500]])] == [
        (0, 2)
    ]
