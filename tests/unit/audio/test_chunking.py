import numpy as np
import pytest

from segue.audio.chunking import chunks
from segue.audio.front_end import FrontEnd

FRONT = FrontEnd(
    rate_hz=8_000, fft_size=256, hop=80, bands=3, high_hz=4_000.0, chunk_frames=16,
    chunk_hop_frames=16,
)  # fmt: skip
HALF_OVERLAPPED = FrontEnd(
    rate_hz=8_000, fft_size=256, hop=80, bands=3, high_hz=4_000.0, chunk_frames=16,
    chunk_hop_frames=8,
)  # fmt: skip


def numbered(frames: int) -> np.ndarray:
    """Frames whose values are their own numbers, so that a chunk says where it was cut."""
    return np.tile(np.arange(frames, dtype=np.float32), (3, 1))


def starts_of(frames: int, front: FrontEnd, batch: int, piece: int) -> list[int]:
    mel = numbered(frames)
    pieces = (mel[:, at : at + piece] for at in range(0, frames, piece))
    starts = []
    for cut in chunks(pieces, front, batch_chunks=batch):
        assert 1 <= len(cut) <= batch
        assert cut.mels.dtype == np.float32
        assert cut.mels.flags.c_contiguous
        for chunk, seconds in zip(cut.mels, cut.start_seconds, strict=True):
            start = int(chunk[0, 0])
            # Whole numbers, moved and not computed with.
            np.testing.assert_array_equal(chunk, mel[:, start : start + front.chunk_frames])
            assert seconds == pytest.approx(start * front.hop / front.rate_hz)
            starts.append(start)
    return starts


@pytest.mark.parametrize("batch", [1, 2, 64])
@pytest.mark.parametrize("piece", [1, 5, 1_000])
@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        (15, []),
        (16, [0]),
        (17, [0]),
        (18, [0, 2]),
        (31, [0, 15]),
        (32, [0, 16]),
        (49, [0, 16, 32]),
        (50, [0, 16, 32, 34]),
    ],
)
def test_tail_is_moved_back_to_end_with_the_signal(frames, expected, piece, batch):
    assert starts_of(frames, FRONT, batch, piece) == expected


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize(("frames", "expected"), [(24, [0, 8]), (27, [0, 8, 11]), (25, [0, 8])])
def test_chunks_may_overlap(frames, expected, batch):
    assert starts_of(frames, HALF_OVERLAPPED, batch, 7) == expected


def test_long_signals_keep_few_frames_waiting():
    """Batches come while the signal still does: the stream is never gathered."""
    given = 0

    def endless():
        nonlocal given
        while True:
            given += 10
            yield numbered(10)

    batches = chunks(endless(), FRONT, batch_chunks=4)
    for _ in range(50):
        next(batches)
    assert given <= 51 * 4 * 16 + 2 * 16
