"""Halves of an embedding: the places of what a model hears in several ways."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

from segue.errors import ModelMisconfigured

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
