"""Several trained encoders as one.

Shape suffixes: N chunks, B bands, F frames, D embedding dimension.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from segue.embedding.halves import Half
from segue.errors import InvalidRequest
from segue.trainer.networks.base import Encoder, Outputs


class JointNetwork(Encoder):
    """Embeds with every part: the cosine of two chunks is the mean of their cosines in the parts.

    Genres, moods and descriptors are those that the last part predicts.

    Parameters
    ----------
    shares
        Name of each part, in order, and its weight in that mean. All weigh the same, and the
        embedding counts as one piece, when none are given.

    Raises
    ------
    InvalidRequest
        When the parts do not share a front end, or the shares are not as many numbers above 0
        that sum to 1.
    """

    def __init__(self, parts: Sequence[Encoder], shares: Mapping[str, float] | None = None) -> None:
        if any(part.front != parts[0].front for part in parts):
            raise InvalidRequest(
                "the networks hear with different front ends",
                reason="RUNS_DO_NOT_JOIN",
                next_step="Join runs whose configurations have the same front_end.",
            )
        given = list((shares or {}).values())
        if given and not (
            len(given) == len(parts)
            and min(given) > 0
            and math.isclose(sum(given), 1.0, abs_tol=1e-6)
        ):
            raise InvalidRequest(
                f"{len(parts)} networks cannot have the shares {given}",
                reason="RUNS_DO_NOT_JOIN",
                next_step="Give each network a share above 0, so that their sum is 1.",
            )
        super().__init__(parts[0].front, parts[-1].labels)
        self.parts = nn.ModuleList(parts)
        self.shares = dict(shares or {})

    @property
    def dimension(self) -> int:
        return sum(cast(Encoder, part).dimension for part in self.parts)

    @property
    def halves(self) -> tuple[Half, ...]:
        return tuple(
            Half(name, cast(Encoder, part).dimension, share)
            for (name, share), part in zip(self.shares.items(), self.parts, strict=False)
        )

    def outputs(self, mel_NBF: Tensor) -> Outputs:
        made = [cast(Encoder, part).outputs(mel_NBF) for part in self.parts]
        shares = list(self.shares.values()) or [1.0 / len(made)] * len(made)
        embedding_ND = torch.cat(
            [share**0.5 * one.embedding for share, one in zip(shares, made, strict=True)], dim=1
        )
        return Outputs(
            embedding_ND,
            made[-1].genre_logits,
            made[-1].mood_logits,
            descriptor_logits=made[-1].descriptor_logits,
        )

    def probabilities(self, logits_NL: Tensor) -> Tensor:
        return cast(Encoder, self.parts[-1]).probabilities(logits_NL)
