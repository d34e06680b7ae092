"""Fingerprints without audio: of recordings that share nothing, and of their copies."""

from __future__ import annotations

import numpy as np

from segue.fingerprints import BITS, MOST_LANDMARKS, Codes, Fingerprint


def random_codes(seed: int, steps: int = 600) -> Codes:
    """Codes of a recording; other seeds give other recordings."""
    return np.random.default_rng(seed).integers(1, 1 << BITS, steps, dtype=np.uint16)


def fingerprint_of(codes: Codes) -> Fingerprint:
    """Codes with landmarks among them, at places that every copy chooses alike."""
    pairs = codes[:-2].astype(np.uint32) << 16 | codes[2:]
    chosen = [pair for pair in dict.fromkeys(pairs.tolist()) if pair % 7 == 0]
    return Fingerprint.of(codes, tuple(sorted(chosen[:MOST_LANDMARKS])))


def noisy(codes: Codes, share: float, seed: int = 99) -> Codes:
    """The same codes with a share of all bits turned, as an encoder turns them."""
    rng = np.random.default_rng(seed)
    turned = rng.random((len(codes), BITS)) < share
    mask = (turned * (1 << np.arange(BITS))).sum(axis=1).astype(np.uint16)
    return np.maximum(codes ^ mask, 1).astype(np.uint16)
