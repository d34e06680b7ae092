"""Audio fingerprints: the same recording is known again in another encoding, cut or gain.

Every frame gives 32 bits: whether the energy difference of two neighbouring bands is greater than a
quarter of a second before. Gain cancels out, and an encoder changes few of the bits. See J. Haitsma
and T. Kalker, A highly robust audio fingerprinting system, ISMIR 2002; they compare neighbouring
frames, whose differences are so small in sparse music that an encoder's noise decides. Speed and
pitch must be the same: a faster version of a piece is another recording here.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from segue.audio.decoding import decode_stream
from segue.audio.front_end import FrontEnd
from segue.audio.mel import log_mel_of_blocks
from segue.audio.opening import Source
from segue.audio.signals import LogMel

Fingerprint: TypeAlias = npt.NDArray[np.uint32]
"""Shape (frames,): one code per frame."""

BITS = 32

_FRONT = FrontEnd(
    rate_hz=8_000,
    fft_size=2_048,
    hop=256,
    bands=BITS + 1,
    low_hz=200.0,
    high_hz=3_000.0,
    floor_db=-140.0,
    reference_power=1e5,
    chunk_frames=1,
    chunk_hop_frames=1,
)

FRAMES_PER_SECOND = _FRONT.rate_hz / _FRONT.hop

_LAG_FRAMES = 8

_STILL_DB = 1e-3
"""Frames that change by less in every band tell nothing: a tone that is held."""

_QUIET_DB = -115.0
"""Frames without a louder band tell nothing: there an encoder's noise is all that there is."""

NOTHING = np.uint32(0)
"""The code of frames that tell nothing; never compared."""


def fingerprint(source: Source) -> Fingerprint:
    """Fingerprint of an audio file, 31.25 codes per second.

    Parameters
    ----------
    source
        A path, a seekable binary file, or a file's bytes.

    Raises
    ------
    AudioError, SourceError
        When the file cannot be decoded; as ``decode_stream``.
    """
    return codes(log_mel_of_blocks(decode_stream(source, _FRONT.rate_hz), _FRONT))


def codes(mel: LogMel) -> Fingerprint:
    """Codes of log-mel frames in dB, shape (33, frames), eight less than there are frames."""
    slope = np.diff(mel, axis=0)
    change = slope[:, _LAG_FRAMES:] - slope[:, :-_LAG_FRAMES]
    weights = (np.uint32(1) << np.arange(BITS, dtype=np.uint32))[:, None]
    found: Fingerprint = np.where(change > 0, weights, NOTHING).sum(axis=0, dtype=np.uint32)
    loudest = np.maximum(mel[:, _LAG_FRAMES:], mel[:, :-_LAG_FRAMES]).max(axis=0, initial=-np.inf)
    still = np.abs(change).max(axis=0, initial=0.0) < _STILL_DB
    found[still | (loudest < _QUIET_DB)] = NOTHING
    return found
