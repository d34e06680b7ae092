"""Several decoders at once: each file fails or succeeds alone, and closing waits for nothing."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from segue.audio.decoder_pool import DecoderPool
from segue.errors import AudioError

PATIENCE_SECONDS = 120.0


def double(number: int) -> int:
    """Work whose file says what becomes of it."""
    if number == 13:
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 17:
        time.sleep(3_600)
    return 2 * number


@pytest.fixture
def pool() -> Iterator[DecoderPool]:
    with DecoderPool(2) as made:
        yield made


def test_a_file_that_kills_its_decoder_fails_alone(pool: DecoderPool) -> None:
    numbers = [1, 2, 13, 4, 5, 13, 7, 8]
    futures = [pool.submit(double, one, timeout_seconds=PATIENCE_SECONDS) for one in numbers]
    for number, future in zip(numbers, futures, strict=True):
        if number == 13:
            with pytest.raises(AudioError) as refused:
                future.result()
            assert refused.value.reason == "AUDIO_DECODER_CRASHED"
        else:
            assert future.result() == 2 * number


def test_a_file_that_hangs_its_decoder_is_given_up(pool: DecoderPool) -> None:
    hanging = pool.submit(double, 17, timeout_seconds=1)
    with pytest.raises(AudioError) as refused:
        hanging.result()
    assert refused.value.reason == "AUDIO_DECODER_TIMEOUT"


def test_closing_ends_what_hangs_and_what_waits() -> None:
    pool = DecoderPool(1)
    assert pool.submit(double, 1, timeout_seconds=PATIENCE_SECONDS).result() == 2
    hanging, waiting = (pool.submit(double, 17, timeout_seconds=3_600) for _ in range(2))
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not hanging.running():  # what no thread has taken yet is only cancelled
        assert time.monotonic() < deadline
        time.sleep(0.01)
    closing = threading.Thread(target=pool.close)
    closing.start()
    closing.join(PATIENCE_SECONDS)
    assert not closing.is_alive()
    assert waiting.cancelled()
    with pytest.raises(AudioError):
        hanging.result()
