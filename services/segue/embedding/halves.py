"""Halves of an embedding: the places of what a model hears in several ways."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segue.errors import HalvesMissing, ModelMisconfigured

SOUND = "sound"
"""Name of the half that tells how a track sounds; the other one tells its style."""

_SUM_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Half:
    """One of the pieces that an embedding is put together from, such as sound and style.

    The piece is a unit vector times the square root of its share. So the cosine of two embeddings
    is the mean of the cosines of their pieces, weighted by the shares, and who wants other weights
    needs to scale the pieces of one of the two only.

    Attributes
    ----------
    name
        What it tells.
    dimension
        How many numbers of the embedding it takes; pieces follow each other in order.
    share
        Its weight in the cosine, in (0, 1]; those of all pieces sum to 1.
    """

    name: str
    dimension: int
    share: float


def halves_text(halves: Sequence[Half]) -> str:
    """What ``config.pbtxt`` says of the halves of a model."""
    return json.dumps([[half.name, half.dimension, half.share] for half in halves])


def read_halves(text: str, dimension: int) -> tuple[Half, ...]:
    """What ``halves_text`` wrote; none when ``text`` is empty.

    Parameters
    ----------
    dimension
        Length of the whole embedding.

    Raises
    ------
    ModelMisconfigured
        When the text is of another form, or the pieces do not make up the whole.
    """
    if not text:
        return ()
    try:
        halves = tuple(
            Half(str(name), int(length), float(share)) for name, length, share in json.loads(text)
        )
    except (ValueError, TypeError) as exc:
        raise ModelMisconfigured(
            f"the halves {text!r} are no JSON list of [name, dimension, share]"
        ) from exc
    fine = (
        all(half.dimension >= 1 and 0 < half.share <= 1 for half in halves)
        and len({half.name for half in halves}) == len(halves)
        and sum(half.dimension for half in halves) == dimension
        and math.isclose(sum(half.share for half in halves), 1.0, abs_tol=_SUM_TOLERANCE)
    )
    if not fine:
        raise ModelMisconfigured(
            f"the halves {text!r} do not make up an embedding of {dimension} numbers: each wants "
            "its own name, their dimensions that sum, and their shares the sum 1"
        )
    return halves


def sound_shares(halves: Sequence[Half], sound_weight: float) -> list[float]:
    """Weights of the halves, in their order, where the sound has a given one; their sum is 1.

    Raises
    ------
    HalvesMissing
        When these are not two halves, of which one is the sound.
    """
    if len(halves) != 2 or SOUND not in {half.name for half in halves}:
        names = ", ".join(half.name for half in halves) or "none"
        raise HalvesMissing(
            f"the model does not tell the sound from the style (its halves: {names}), so "
            "sound_weight weighs nothing"
        )
    return [sound_weight if half.name == SOUND else 1.0 - sound_weight for half in halves]


def weighed(
    vectors: npt.ArrayLike, halves: Sequence[Half], weights: Sequence[float]
) -> npt.NDArray[np.float64]:
    """Queries whose product with an embedding is the weighted mean of the halves' cosines.

    Only the query changes: each of its pieces becomes a unit vector times its weight over the
    square root of its share, which is what the piece of an embedding is long. A piece without
    direction is alike to nothing.

    Parameters
    ----------
    vectors
        Shape (..., dimension), of any length.
    weights
        One for each half, of sum 1.

    Returns
    -------
    numpy.ndarray
        Shape (..., dimension), float64, of no particular length: who compares by cosine multiplies
        the cosine by the length.
    """
    rows = np.array(vectors, dtype=np.float64)
    ends = np.cumsum([half.dimension for half in halves])[:-1]
    pieces = np.split(rows, ends, axis=-1)
    for piece, half, weight in zip(pieces, halves, weights, strict=True):
        norms = np.linalg.norm(piece, axis=-1, keepdims=True)
        piece *= weight / math.sqrt(half.share) / np.where(norms > 0, norms, 1.0)
    return rows


def half_cosines(vector: npt.ArrayLike, halves: Sequence[Half]) -> npt.NDArray[np.float64]:
    """What a song vector is multiplied by for the cosine of each of its halves with a query's.

    Returns
    -------
    numpy.ndarray
        Shape (halves, dimension), float64.
    """
    only = np.eye(len(halves))
    return np.stack([weighed(vector, halves, list(weights)) for weights in only])
