"""The segue encoder: its embedding is composed of what it learnt, genres and moods."""

from __future__ import annotations

import torch

from segue.trainer.training import build_network
from small_networks import chunks, configuration


def test_the_cosine_of_a_composed_embedding_is_the_weighted_sum_of_its_parts() -> None:
    network = build_network(configuration("statistics")).eval()
    embedding, genres, moods = network(chunks(network.front, 2))
    assert embedding.shape[1] == network.dimension == 8 + 3 + 2
    parts = embedding.split([8, 3, 2], dim=1)
    for part, share in zip(parts, (0.5, 0.3, 0.2), strict=True):
        torch.testing.assert_close(part.square().sum(dim=1), torch.full((2,), share))
    expected = parts[0][0] @ parts[0][1]
    expected = expected + 0.3 * (genres[0] * genres[1]).sqrt().sum()
    expected = expected + 0.2 * (moods[0] * moods[1]).sqrt().sum()
    torch.testing.assert_close(embedding[0] @ embedding[1], expected)
