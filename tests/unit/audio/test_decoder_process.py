import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import psutil
import pytest
import soundfile

from segue.audio.analysis import analyse
from segue.audio.decoder_process import DecoderProcess, chunks_of_file
from segue.audio.decoding import AudioLimits
from segue.audio.front_end import FrontEnd
from segue.errors import AudioError, SourceError

FRONT = FrontEnd(
    rate_hz=22_050,
    fft_size=2_048,
    hop=512,
    bands=32,
    low_hz=0.0,
    high_hz=11_025.0,
    reference_power=316.0,
    floor_db=-80.0,
    chunk_frames=129,
    chunk_hop_frames=129,
)
LIMITS = AudioLimits()


@pytest.fixture
def song(tmp_path):
    path = tmp_path / "song.wav"
    soundfile.write(path, np.random.default_rng(2).uniform(-0.5, 0.5, 10 * 22_050), 22_050)
    return path


@pytest.fixture
def start():
    started = []

    def make():
        started.append(DecoderProcess())
        return started[-1]

    yield make
    for decoder in started:
        decoder.close()


def obeying(path, front, limits):
    """A decoder whose files say what becomes of it."""
    if path.name == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if path.name == "hang":
        time.sleep(3_600)
    return analyse(path, front, limits=limits)


def mels(batches):
    return np.concatenate([batch.mels for batch in batches])


def test_chunks_are_those_of_the_same_process(start, song):
    decoder = start()
    for _ in range(2):
        np.testing.assert_allclose(
            mels(decoder.results(chunks_of_file, song, FRONT, LIMITS)),
            mels(analyse(song, FRONT)),
            atol=2e-5,
        )


def test_a_file_that_kills_its_decoder_fails_alone(start, song, tmp_path):
    decoder = start()

    with pytest.raises(AudioError) as refused:
        list(decoder.results(obeying, tmp_path / "kill", FRONT, LIMITS))

    assert refused.value.reason == "AUDIO_DECODER_CRASHED"
    assert len(mels(decoder.results(chunks_of_file, song, FRONT, LIMITS))) == len(
        mels(analyse(song, FRONT))
    )


def test_a_file_that_hangs_its_decoder_is_given_up(start, tmp_path):
    with pytest.raises(AudioError) as refused:
        list(start().results(obeying, tmp_path / "hang", FRONT, LIMITS, wait_seconds=1))

    assert refused.value.reason == "AUDIO_DECODER_TIMEOUT"


def test_a_refused_file_leaves_the_decoder_alive(start, song, tmp_path):
    decoder = start()
    (tmp_path / "text.mp3").write_text("no music " * 1_000)

    with pytest.raises(AudioError) as refused:
        list(decoder.results(chunks_of_file, tmp_path / "text.mp3", FRONT, LIMITS))
    assert refused.value.reason == "AUDIO_NOT_AUDIO"
    assert refused.value.next_step
    with pytest.raises(SourceError):
        list(decoder.results(chunks_of_file, tmp_path / "missing.mp3", FRONT, LIMITS))
    assert len(mels(decoder.results(chunks_of_file, song, FRONT, LIMITS)))


def ratios(number):
    """Other work than analysing: yields what no file gave."""
    yield number
    yield 1 / number


def test_other_work_is_done_in_the_same_child(start, song):
    decoder = start()
    assert list(decoder.results(ratios, 4)) == [4, 0.25]

    with pytest.raises(AudioError) as refused:
        list(decoder.results(ratios, 0))  # an error that nobody declared ends the child

    assert refused.value.reason == "AUDIO_DECODER_CRASHED"
    assert len(mels(decoder.results(chunks_of_file, song, FRONT, LIMITS)))


def test_a_file_left_half_way_does_not_spoil_the_next(start, song):
    decoder = start()
    next(decoder.results(chunks_of_file, song, FRONT, LIMITS))

    np.testing.assert_allclose(
        mels(decoder.results(chunks_of_file, song, FRONT, LIMITS)),
        mels(analyse(song, FRONT)),
        atol=2e-5,
    )


def test_a_killed_decoder_fails_and_stays_down(start, tmp_path):
    decoder = start()
    assert list(decoder.results(ratios, 4)) == [4, 0.25]
    threading.Timer(0.5, decoder.kill).start()
    for name in ("hang", "any"):
        with pytest.raises(AudioError) as refused:
            list(decoder.results(obeying, tmp_path / name, FRONT, LIMITS))
        assert refused.value.reason == "AUDIO_DECODER_CRASHED"


def test_a_child_that_hangs_does_not_outlive_its_parent(tmp_path):
    script = (
        "import os, threading, time\n"
        "from segue.audio.decoder_process import DecoderProcess\n"
        "if __name__ == '__main__':\n"
        "    decoder = DecoderProcess()\n"
        "    hanging = decoder.results(time.sleep, 3600)\n"
        "    threading.Thread(target=next, args=(hanging,), daemon=True).start()\n"
        "    while not (decoder._child and decoder._child.pid):\n"
        "        time.sleep(0.01)\n"
        "    print(decoder._child.pid, flush=True)\n"
        "    time.sleep(3600)\n"
    )
    path = tmp_path / "parent.py"
    path.write_text(script)
    with subprocess.Popen([sys.executable, path], stdout=subprocess.PIPE) as parent:
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    assert psutil.wait_procs([child], timeout=60)[0]
