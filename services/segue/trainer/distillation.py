"""Where a student begins: with what its teacher's weights and answers already tell.

Shape suffixes: N chunks, C features, U units, D embedding dimension.
"""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch import Tensor
from torch.nn import functional

from segue.errors import ModelMisconfigured
from segue.trainer.answer_store import Answers, AnswerStore
from segue.trainer.batches import gather, members
from segue.trainer.data.track import NO_MUSIC
from segue.trainer.features import FeatureStore
from segue.trainer.networks.answers import tags_and_units
from segue.trainer.networks.musicnn import UNITS, MusicnnTrunk, PublishedMusicnn, TagHead
from segue.trainer.networks.musicnn_student import MusicnnNetwork
from segue.trainer.training_set import TrainingSet

_REGRESSED_CHUNKS = 2_500
_PENALTY = 0.05
"""Of the ridge regression, relative to the variance of the features."""

_BATCH = 32
_MUSIC_SHARE = 0.95
_MUSIC_INVERSE_PENALTY = 0.003
_LEAST_SPREAD = 1e-4
"""Relative to the widest direction: what hardly varies is not blown up by whitening."""


def begin(network: MusicnnNetwork, data: TrainingSet, answers: AnswerStore, seed: int) -> None:
    """Give a student the teacher's weights, and fit what they do not hold to its answers.

    The first trunk and head are the first published network's, a second trunk is the second's. So
    is the second head where it reads that alone; otherwise it takes the tags and the normalisation
    of that network, and its dense layer is fitted by ridge regression from what it reads to that
    network's units. The projection comes from principal components of the music, and a logistic
    regression tells music from tracks whose genre is ``NO_MUSIC``, where there are any. Only tracks
    to train on are fitted on.

    Parameters
    ----------
    seed
        Draws the chunks that are regressed on.

    Raises
    ------
    ModelMisconfigured
        When the teacher is of another network, or its trunks are of another size.
    """
    published = answers.teacher.network()
    _take_weights(network, published)
    training = members(data.tracks, "train")
    is_music = np.array([NO_MUSIC not in data.tracks[number].genres for number in training])
    music = training[is_music]
    chunks = answers.chunks(music)
    drawn = np.random.default_rng((seed, 3)).permutation(chunks)[:_REGRESSED_CHUNKS]
    if not network.config.second_is_published:
        _fit_second_head(network, data.features, answers, drawn)
    settings = network.config
    centred = _centred_units(published, answers.answers(chunks))
    fitted = projection(centred, settings.dimension, settings.whitening)
    cast(Tensor, network.projection).copy_(fitted)
    if not is_music.all():
        weights_U, bias = music_line(answers, music, training[~is_music])
        cast(Tensor, network.music_weights).copy_(weights_U)
        cast(Tensor, network.music_bias).fill_(bias)


def _fit_second_head(
    network: MusicnnNetwork,
    features: FeatureStore,
    answers: AnswerStore,
    chunks: npt.NDArray[np.int64],
) -> None:
    """Fit the dense layer of the second head to the answers for some chunks."""
    head = cast(TagHead, network.heads[1])
    device = head.dense.weight.device
    network.eval()
    found = []
    with torch.inference_mode():
        for first in range(0, len(chunks), _BATCH):
            part = chunks[first : first + _BATCH]
            mels = gather(
                features, part[:, 0], answers.first_frames(part), network.front.chunk_frames
            )
            _, features_NC = network.features(torch.from_numpy(mels).to(device))
            found.append(head.standardise(features_NC).cpu())
    _, units_NU = tags_and_units(torch.from_numpy(answers.answers(chunks)))
    weights_UC, bias_U = ridge(torch.cat(found), units_NU[:, UNITS:])
    with torch.no_grad():
        head.dense.weight.copy_(weights_UC)
        head.dense.bias.copy_(bias_U)


def music_line(
    answers: AnswerStore, music: npt.NDArray[np.int64], other: npt.NDArray[np.int64]
) -> tuple[Tensor, float]:
    """What tells music from other sounds by a teacher's units: a line, by logistic regression.

    Every track counts the same, and music nineteen times as much as all that is none: most of what
    is brought to a music service is music.

    Parameters
    ----------
    music, other
        Shape (n,): numbers of the tracks that are music, and of those that are not.

    Returns
    -------
    tuple[Tensor, float]
        Weights of the units, shape (2 · units,), and the bias: the logit of music.
    """
    chunks = answers.chunks(np.concatenate([music, other]))
    _, units_NU = tags_and_units(torch.from_numpy(answers.answers(chunks)))
    is_music = np.isin(chunks[:, 0], music)
    counts = np.unique(chunks[:, 0], return_inverse=True, return_counts=True)
    weight = 1.0 / counts[2][counts[1]]
    for members_of, share in ((is_music, _MUSIC_SHARE), (~is_music, 1.0 - _MUSIC_SHARE)):
        weight[members_of] *= share * len(weight) / weight[members_of].sum()
    scaler = StandardScaler().fit(units_NU.numpy())
    line = LogisticRegression(C=_MUSIC_INVERSE_PENALTY, max_iter=1_000)
    line.fit(scaler.transform(units_NU.numpy()), is_music, sample_weight=weight)
    weights_U = line.coef_[0] / scaler.scale_
    bias = float(line.intercept_[0] - weights_U @ scaler.mean_)
    return torch.from_numpy(weights_U).float(), bias


def _centred_units(published: PublishedMusicnn, rows: Answers) -> list[Tensor]:
    """Standardised units of either network out of its answers, centred on what it learnt from."""
    _, units_NU = tags_and_units(torch.from_numpy(rows))
    heads = [cast(TagHead, head) for head in published.heads]
    with torch.inference_mode():
        return [
            head.normalise(functional.relu(own_NU)) - head.mean_units
            for head, own_NU in zip(heads, units_NU.chunk(2, dim=1), strict=True)
        ]


def _take_weights(network: MusicnnNetwork, published: PublishedMusicnn) -> None:
    first, second = (cast(TagHead, head) for head in network.heads)
    their_first, their_second = (cast(TagHead, head) for head in published.heads)
    try:
        for own, theirs in zip(network.trunks, published.trunks, strict=False):
            cast(MusicnnTrunk, own).take(cast(MusicnnTrunk, theirs))
    except RuntimeError as exc:
        counts = [cast(MusicnnTrunk, trunk).counts for trunk in published.trunks]
        raise ModelMisconfigured(
            "the student's trunks have other filters than the teacher's",
            next_step=f"Let network.trunks have as many as the teacher: {counts}.",
        ) from exc
    first.load_state_dict(their_first.state_dict())
    if network.config.second_is_published:
        second.load_state_dict(their_second.state_dict())
    else:
        # Features of a trunk are standardised as its own network does.
        read = (their_first, their_second)[: len(network.trunks)]
        for name, values in second.standardise.state_dict().items():
            given = [head.standardise.state_dict()[name] for head in read]
            values.copy_(given[0] if values.dim() == 0 else torch.cat(given))
        second.normalise.load_state_dict(their_second.normalise.state_dict())
        second.tags.load_state_dict(their_second.tags.state_dict())
    mean_logits = torch.cat([their_first.mean_logits, their_second.mean_logits])
    for _, labels in network.labelled:
        if labels is not None:
            cast(Tensor, labels.mean_logits).copy_(mean_logits)


def ridge(features_NC: Tensor, wanted_NU: Tensor) -> tuple[Tensor, Tensor]:
    """Weights and bias of the linear layer that comes nearest, with a penalty on its weights.

    Parameters
    ----------
    features_NC, wanted_NU
        Shape (n, features) and (n, units).

    Returns
    -------
    tuple[Tensor, Tensor]
        Shape (units, features) and (units,).
    """
    mean_C, mean_U = features_NC.mean(dim=0), wanted_NU.mean(dim=0)
    centred_NC = (features_NC - mean_C).double()
    gram_CC = centred_NC.T @ centred_NC / len(centred_NC)
    penalty = _PENALTY * gram_CC.diagonal().mean()
    gram_CC = gram_CC + penalty * torch.eye(len(gram_CC), dtype=gram_CC.dtype)
    together_CU = centred_NC.T @ (wanted_NU - mean_U).double() / len(centred_NC)
    weights_UC = torch.linalg.solve(gram_CC, together_CU).T.float()
    return weights_UC, mean_U - weights_UC @ mean_C


def projection(spaces: list[Tensor], dimension: int, whitening: float) -> Tensor:
    """Principal components of several spaces side by side, each space scaled to the same spread.

    Parameters
    ----------
    spaces
        Each of shape (n, units), of the same n chunks.
    whitening
        Components are divided by their standard deviation to this power.

    Returns
    -------
    Tensor
        Shape (all units, dimension), float32.
    """
    scales = torch.cat(
        [torch.full((space.shape[1],), float(1.0 / space.std())) for space in spaces]
    ).double()
    joined_NU = torch.cat(spaces, dim=1).double() * scales
    covariance_UU = torch.cov(joined_NU.T, correction=0)
    variances, directions_UU = torch.linalg.eigh(covariance_UU)
    widest = variances.flip(0)[:dimension].clamp_min(float(variances[-1]) * _LEAST_SPREAD)
    chosen_UD = directions_UU.flip(1)[:, :dimension] * widest ** (-whitening / 2)
    made_UD: Tensor = (scales.unsqueeze(1) * chosen_UD).float()
    return made_UD
