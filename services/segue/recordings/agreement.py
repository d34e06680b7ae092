"""How far two fingerprints agree, wherever one begins in the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.fft

from segue.fingerprints import BITS, NOTHING, Codes

WINDOW_STEPS = 64
"""Codes that are compared at once: about 8 s."""

MOST_WRONG = 0.30
"""Share of differing bits of a window up to which it is the same sound; of different sound, half of
the bits differ."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """What two fingerprints share where they agree most.

    Attributes
    ----------
    offset_steps
        Where the second begins in the first; negative: so much earlier.
    of_first, of_second
        Share of the telling steps of each that lie in agreeing windows, in [0, 1].
    wrong
        Share of differing bits in those windows; 1 where there are none.
    """

    offset_steps: int = 0
    of_first: float = 0.0
    of_second: float = 0.0
    wrong: float = 1.0


def agreement(first: Codes, second: Codes) -> Agreement:
    """Lay one fingerprint over the other where they agree most, and say how far they do.

    Parameters
    ----------
    first, second
        Of one front end; shape (steps,) each.
    """
    told_first, told_second = int((first != NOTHING).sum()), int((second != NOTHING).sum())
    if min(told_first, told_second) == 0:
        return Agreement()
    offset = _best_offset(first, second)
    begin, end = max(0, -offset), min(len(second), len(first) - offset)
    width = min(WINDOW_STEPS, end - begin)
    left, right = first[begin + offset : end + offset], second[begin:end]
    told, wrong = compared(left, right)
    agreed = agreeing(told, wrong, width, MOST_WRONG * BITS) & told
    count = int(agreed.sum())
    if not count:
        return Agreement(offset)
    return Agreement(
        offset, count / told_first, count / told_second, float(wrong[agreed].sum()) / (BITS * count)
    )


def compared(
    left: npt.NDArray[np.unsignedinteger], right: npt.NDArray[np.unsignedinteger]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.integer]]:
    """Steps at which both codes tell something, and how many of their bits differ there.

    Parameters
    ----------
    left, right
        Codes of any number of bits, of which 0 tells nothing; shape (steps,), as the results.
    """
    told = (left != 0) & (right != 0)
    return told, np.where(told, np.bitwise_count(left ^ right), 0)


def agreeing(
    told: npt.NDArray[np.bool_], wrong: npt.NDArray[np.integer], width: int, most_wrong: float
) -> npt.NDArray[np.bool_]:
    """Steps that lie in a window of ``width`` whose codes agree; shape (steps,), as both.

    A window agrees whose steps differ in at most ``most_wrong`` bits on average, as far as they
    tell something, and half of them must: one that is mostly silence says nothing.
    """
    wrong_sum = np.concatenate([[0], np.cumsum(wrong, dtype=np.int64)])
    told_sum = np.concatenate([[0], np.cumsum(told, dtype=np.int64)])
    errors = wrong_sum[width:] - wrong_sum[:-width]
    steps = told_sum[width:] - told_sum[:-width]
    same = np.flatnonzero((2 * steps >= width) & (errors <= most_wrong * steps))
    covered = np.zeros(len(told) + 1, np.int64)
    np.add.at(covered, same, 1)
    np.add.at(covered, same + width, -1)
    covering: npt.NDArray[np.bool_] = np.cumsum(covered[:-1]) > 0
    return covering


def _best_offset(first: Codes, second: Codes) -> int:
    """Offset at which most bits agree more than differ; of several the least one."""
    size = scipy.fft.next_fast_len(len(first) + len(second), real=True)
    spectra = [scipy.fft.rfft(_signs(codes), size, axis=0) for codes in (first, second)]
    products = (spectra[0] * np.conj(spectra[1])).sum(axis=1)
    agreeing = scipy.fft.irfft(products, size)
    # Rounding must not choose among equals.
    offsets = np.round(np.concatenate([agreeing[size - len(second) + 1 :], agreeing[: len(first)]]))
    return int(np.argmax(offsets)) - (len(second) - 1)


def _signs(codes: Codes) -> npt.NDArray[np.float32]:
    """Bits as ±1, and 0 where a step tells nothing; shape (steps, 16)."""
    bits = (codes[:, None] >> np.arange(BITS, dtype=np.uint16)) & 1
    signs = bits.astype(np.float32) * 2 - 1
    signs[codes == NOTHING] = 0.0
    return signs
