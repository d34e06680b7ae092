"""What an acoustic fingerprint is. It belongs to a track; ``segue.audio`` makes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Codes: TypeAlias = npt.NDArray[np.uint16]
"""Shape (steps,), uint16: one code of 16 bits per step; ``NOTHING`` where a step tells nothing."""

BITS = 16

NOTHING = np.uint16(0)

STEP_SECONDS = 0.128
"""Aimed length of a step; whole frames of the model's front end come near to it."""

MOST_STEPS = 8_192
"""Steps after which a fingerprint ends: about 17 minutes, 16 KB."""

MOST_LANDMARKS = 48
"""Landmarks of a fingerprint."""


_STEPS_OF_A_CODE = 16
"""More than a code looks at: of so many steps less there are codes."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What tells a recording from others, however it is encoded.

    Attributes
    ----------
    code_bytes
        Two bytes per step, the lower one first; empty: nothing is known.
    landmarks
        Pairs of neighbouring codes as numbers below 2³², at the places where noise changes them
        least. Copies of one recording have some of them in common.
    """

    code_bytes: bytes = b""
    landmarks: tuple[int, ...] = ()

    @classmethod
    def of(cls, codes: Codes, landmarks: tuple[int, ...]) -> Fingerprint:
        """Take codes as :attr:`codes` gives them."""
        return cls(codes.astype("<u2").tobytes(), landmarks)

    def __bool__(self) -> bool:
        return bool(self.code_bytes)

    @property
    def ends_early(self) -> bool:
        """Whether the audio may go on behind the codes."""
        return len(self.code_bytes) // 2 > MOST_STEPS - _STEPS_OF_A_CODE

    @property
    def codes(self) -> Codes:
        """The codes, shape (steps,)."""
        return np.frombuffer(self.code_bytes, "<u2").astype(np.uint16)


NO_FINGERPRINT = Fingerprint()
"""Of a track that nothing is known of."""
