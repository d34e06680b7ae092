"""The genre space of the convolutional network."""

from __future__ import annotations

import numpy as np
import torch

from segue.trainer.networks.convolution import genre_space


def test_cosine_in_genre_space_ranks_as_euclidean_distance_of_distributions() -> None:
    random = np.random.default_rng(2)
    shares = torch.from_numpy(random.dirichlet(np.full(17, 0.15), size=200))
    space = genre_space(shares)
    torch.testing.assert_close(space.norm(dim=1), torch.ones(200, dtype=torch.float64))
    cosine = (space @ space.T).numpy()
    distance = torch.cdist(shares, shares).numpy()
    pairs = np.triu_indices(200, 1)
    ranks = [np.argsort(np.argsort(values)) for values in (-cosine[pairs], distance[pairs])]
    assert np.corrcoef(*ranks)[0, 1] > 0.995
