"""What every encoder has in common.

Shape suffixes: N chunks, B bands, F frames, C channels, D embedding dimension, L labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from segue.audio.front_end import FrontEnd
from segue.embedding.halves import Half
from segue.trainer.table import Names, Table


class Labels(Table):
    """Names that the heads of a network predict, in the order of their outputs."""

    genres: Names = ()
    moods: Names = ()
    descriptors: Names = ()


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a network makes of chunks.

    Attributes
    ----------
    embedding
        Shape (n, dimension), unit rows.
    genre_logits, mood_logits, descriptor_logits
        Shape (n, labels); None without that head.
    reconstruction, target
        Shape (n, bands, frames), scaled to [-1, 1]: what an autoencoder made of its input, and the
        input. None in other networks.
    answers
        Shape (n, numbers), as ``answers.answer_rows`` lays them out: what a student answers where
        its teacher answered. None in other networks.
    """

    embedding: Tensor
    genre_logits: Tensor | None = None
    mood_logits: Tensor | None = None
    reconstruction: Tensor | None = None
    target: Tensor | None = None
    answers: Tensor | None = None
    descriptor_logits: Tensor | None = None


class Encoder(nn.Module):
    """A network that embeds chunks of shape (n, bands, frames), float32, dB.

    ``outputs`` serves training. ``forward`` serves the exported graph and gives the tensors that
    ``output_names`` lists: the embedding, and the probabilities of those labels that it predicts.
    """

    def __init__(self, front: FrontEnd, labels: Labels) -> None:
        super().__init__()
        self.front = front
        self.labels = labels
        self.scale = DecibelScale(front.floor_db)

    @property
    def dimension(self) -> int:
        """Length of the embedding."""
        raise NotImplementedError

    def outputs(self, mel_NBF: Tensor) -> Outputs:
        """Everything that losses may want."""
        raise NotImplementedError

    @property
    def halves(self) -> tuple[Half, ...]:
        """Pieces that the embedding is put together from; none when it is of one piece."""
        return ()

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of what ``forward`` gives."""
        named = (
            ("genre_probabilities", self.labels.genres),
            ("mood_probabilities", self.labels.moods),
            ("descriptor_probabilities", self.labels.descriptors),
        )
        return ("embedding", *(name for name, labels in named if labels))

    def forward(self, mel_NBF: Tensor) -> tuple[Tensor, ...]:
        """Embed and label chunks."""
        made = self.outputs(mel_NBF)
        heads = (made.genre_logits, made.mood_logits, made.descriptor_logits)
        return (
            made.embedding,
            *(self.probabilities(logits) for logits in heads if logits is not None),
        )

    def probabilities(self, logits_NL: Tensor) -> Tensor:
        """Of the labels of a head: of one label each, unless a network says otherwise."""
        return functional.softmax(logits_NL, dim=1)


class DecibelScale(nn.Module):
    """Maps dB in ``[floor_db, 0]`` to ``[-1, 1]``: part of the graph, so servers send plain dB."""

    def __init__(self, floor_db: float) -> None:
        super().__init__()
        self.floor_db = floor_db

    def forward(self, mel_NBF: Tensor) -> Tensor:
        """Scale; shape kept."""
        return mel_NBF.clamp(self.floor_db, 0.0) * (-2.0 / self.floor_db) + 1.0


class FrequencyPlace(nn.Module):
    """Adds a channel that holds each band's place in [-1, 1].

    Pooling over frequency forgets where a pattern lay; this lets filters know.
    """

    def __init__(self, bands: int) -> None:
        super().__init__()
        place = torch.linspace(-1.0, 1.0, bands).view(1, 1, bands, 1)
        self.register_buffer("place", place, persistent=False)

    def forward(self, x_NCBF: Tensor) -> Tensor:
        """One channel more."""
        place_N1BF = cast(Tensor, self.place).expand(x_NCBF.shape[0], 1, -1, x_NCBF.shape[3])
        return torch.cat([x_NCBF, place_N1BF], dim=1)


class Heads(nn.Module):
    """A linear layer for the genres and one for the moods, each where there are labels."""

    def __init__(self, width: int, labels: Labels) -> None:
        super().__init__()
        self.genre = nn.Linear(width, len(labels.genres)) if labels.genres else None
        self.mood = nn.Linear(width, len(labels.moods)) if labels.moods else None

    def forward(self, x_NC: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """Logits of genres and of moods."""
        return (
            None if self.genre is None else self.genre(x_NC),
            None if self.mood is None else self.mood(x_NC),
        )


def unit_rows(x_ND: Tensor) -> Tensor:
    """L2-normalise rows, in float32."""
    return functional.normalize(x_ND.float(), dim=1)
