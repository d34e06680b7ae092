"""Several trained encoders as one.

Shape suffixes: N chunks, B bands, F frames, D embedding dimension.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from segue.errors import InvalidRequest
from segue.trainer.networks.base import Encoder, Outputs


class JointNetwork(Encoder):
    """Embeds with every part: the cosine of two chunks is the mean of their cosines in the parts.

    Genres and moods are those that the last part predicts.

    Raises
    ------
    InvalidRequest
        When the parts do not share a front end.
    """

    def __init__(self, parts: Sequence[Encoder]) -> None:
        if any(part.front != parts[0].front for part in parts):
            raise InvalidRequest(
                "the networks hear with different front ends",
                reason="RUNS_DO_NOT_JOIN",
                next_step="Join runs whose configurations have the same front_end.",
            )
        super().__init__(parts[0].front, parts[-1].labels)
        self.parts = nn.ModuleList(parts)

    @property
    def dimension(self) -> int:
        return sum(cast(Encoder, part).dimension for part in self.parts)

    def outputs(self, mel_NBF: Tensor) -> Outputs:
        made = [cast(Encoder, part).outputs(mel_NBF) for part in self.parts]
        share = len(made) ** -0.5
        embedding_ND = torch.cat([share * one.embedding for one in made], dim=1)
        return Outputs(embedding_ND, made[-1].genre_logits, made[-1].mood_logits)

    def probabilities(self, logits_NL: Tensor) -> Tensor:
        return cast(Encoder, self.parts[-1]).probabilities(logits_NL)
