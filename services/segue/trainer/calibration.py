"""What a student's label probabilities are worth: brought to its teacher's on music new to both.

Shape suffixes: N chunks, L labels.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt
import torch
from scipy.optimize import minimize
from scipy.special import expit

from segue.errors import InvalidRequest
from segue.trainer.answer_store import AnswerStore
from segue.trainer.batches import gather
from segue.trainer.evaluation.labelled.weighted import calibration_error
from segue.trainer.networks.answers import tags_and_units
from segue.trainer.networks.musicnn_student import MusicnnNetwork
from segue.trainer.networks.tag_labels import TagLabels
from segue.trainer.training_set import TrainingSet

CALIBRATION = "calibration.json"

_PENALTY = 0.01
"""Of a line's distance from the one that changes nothing: few groups of music are fitted on."""

_BATCH = 64

Numbers: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LabelCalibration:
    """How the probability of a label is changed, and what that brings.

    Attributes
    ----------
    gain, shift
        The logit that is published is gain · the network's + shift.
    error_before, error_after
        Expected calibration errors; after by lines that were fitted without the group they judge.
    """

    label: str
    gain: float
    shift: float
    error_before: float
    error_after: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Calibrated labels of a network.

    Attributes
    ----------
    step
        Step of the weights that it was fitted for.
    teacher
        SHA-256 of the graph of the teacher that it brings them to.
    tracks, groups, chunks
        What it was fitted on.
    """

    step: int
    teacher: str
    tracks: int
    groups: int
    chunks: int
    genres: tuple[LabelCalibration, ...]
    moods: tuple[LabelCalibration, ...]
    descriptors: tuple[LabelCalibration, ...] = ()

    @property
    def labels(self) -> tuple[LabelCalibration, ...]:
        """Those of genres, then those of moods, then those of descriptors."""
        return self.genres + self.moods + self.descriptors

    def error(self, *, after: bool) -> float:
        """Mean of the labels' expected calibration errors."""
        return float(
            np.mean([one.error_after if after else one.error_before for one in self.labels])
        )

    def apply(self, network: MusicnnNetwork) -> None:
        """Let a network publish calibrated probabilities. Its embedding stays as it is.

        Raises
        ------
        InvalidRequest
            When the network has other labels.
        """
        kinds = (self.genres, self.moods, self.descriptors)
        for (names, labels), lines in zip(network.labelled, kinds, strict=True):
            if names != tuple(line.label for line in lines):
                raise InvalidRequest(
                    f"the calibration is of other labels than {', '.join(names)}",
                    reason="RUN_UNREADABLE",
                    next_step="Calibrate the run again with `segue calibrate`.",
                )
            if labels is not None:
                labels.calibrate([one.gain for one in lines], [one.shift for one in lines])

    def write(self, path: Path) -> None:
        """Write it as JSON."""
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
        partial.replace(path)


def read_calibration(path: Path) -> Calibration:
    """Read what ``Calibration.write`` wrote.

    Raises
    ------
    InvalidRequest
        When it cannot be read.
    """
    try:
        found: dict[str, Any] = {"descriptors": (), **json.loads(path.read_text(encoding="utf-8"))}
        for kind in ("genres", "moods", "descriptors"):
            found[kind] = tuple(LabelCalibration(**line) for line in found[kind])
        return Calibration(**found)
    except (OSError, ValueError, TypeError, KeyError) as exc:
        raise InvalidRequest(
            f"{path} cannot be read: it is damaged, or of another version of Segue",
            reason="RUN_UNREADABLE",
            next_step="Calibrate the run again with `segue calibrate`.",
        ) from exc


def calibrate(network: MusicnnNetwork, data: TrainingSet, step: int) -> Calibration:
    """Fit a line to the logits of each label, so that its probabilities are the teacher's.

    Every track counts the same, however long it is. The probability of music, which multiplies
    those of all labels, has no part in it: its teacher knows of none.

    Parameters
    ----------
    network
        The student, not calibrated.
    data
        Its tracks have the teacher's answers; none was trained on.
    step
        Step of its weights.

    Raises
    ------
    InvalidRequest
        When the tracks are of fewer than two groups: no line could be judged by what it has not
        seen.
    """
    answers = data.answers
    groups = sorted({track.group_key for track in data.tracks})
    if answers is None or len(groups) < 2:
        raise InvalidRequest(
            f"{len(data.tracks)} tracks of {len(groups)} groups: too few to calibrate by",
            reason="CALIBRATION_DATA_EMPTY",
            next_step="Give data whose validation split holds at least two artists or groups.",
        )
    chunks = answers.chunks(np.arange(len(data.tracks)))
    weight_N = 1.0 / np.bincount(chunks[:, 0])[chunks[:, 0]]
    group_N = np.array([groups.index(data.tracks[number].group_key) for number in chunks[:, 0]])
    made = _logits(network, data, answers, chunks)
    found = [
        tuple(
            _calibrated(name, ours_N, expit(theirs_N), weight_N, group_N)
            for name, ours_N, theirs_N in zip(names, ours_NL.T, theirs_NL.T, strict=True)
        )
        for (names, _), (ours_NL, theirs_NL) in zip(network.labelled, made, strict=True)
    ]
    return Calibration(
        step,
        answers.teacher.sha256,
        len(data.tracks),
        len(groups),
        len(chunks),
        genres=found[0],
        moods=found[1],
        descriptors=found[2],
    )


def line(logits_N: Numbers, shares_N: Numbers, weight_N: Numbers) -> tuple[float, float]:
    """Gain and shift by which logits come nearest to some shares, with a pull to 1 and 0.

    Parameters
    ----------
    logits_N
        Shape (n,).
    shares_N
        Shape (n,), in [0, 1]: the probabilities that are wanted.
    weight_N
        Shape (n,), positive: how much each counts.

    References
    ----------
    J. Platt: Probabilistic Outputs for Support Vector Machines (1999).
    """
    share_N = weight_N / weight_N.sum()

    def loss(parameters: Numbers) -> tuple[float, Numbers]:
        gain, shift = parameters
        made_N = gain * logits_N + shift
        pull = np.array([gain - 1.0, shift])
        entropy = share_N @ (np.logaddexp(0.0, made_N) - shares_N * made_N)
        away_N = share_N * (expit(made_N) - shares_N)
        slope = np.array([away_N @ logits_N, away_N.sum()])
        return float(entropy + _PENALTY * (pull @ pull)), slope + 2.0 * _PENALTY * pull

    gain, shift = minimize(loss, np.array([1.0, 0.0]), jac=True, method="BFGS").x
    return float(gain), float(shift)


def _calibrated(
    label: str,
    logits_N: Numbers,
    shares_N: Numbers,
    weight_N: Numbers,
    group_N: npt.NDArray[np.int64],
) -> LabelCalibration:
    unseen_N = np.empty_like(logits_N)
    for group in np.unique(group_N):
        inside = group_N == group
        gain, shift = line(logits_N[~inside], shares_N[~inside], weight_N[~inside])
        unseen_N[inside] = gain * logits_N[inside] + shift
    before, after = (
        float(calibration_error(expit(logits), shares_N, weight_N[None])[0])
        for logits in (logits_N, unseen_N)
    )
    gain, shift = line(logits_N, shares_N, weight_N)
    return LabelCalibration(label, gain, shift, before, after)


def _logits(
    network: MusicnnNetwork,
    data: TrainingSet,
    answers: AnswerStore,
    chunks: npt.NDArray[np.int64],
) -> list[tuple[Numbers, Numbers]]:
    """Logits of the network and of its teacher, for each kind of label, shape (n, labels)."""
    rows = []
    with torch.inference_mode():
        for first in range(0, len(chunks), _BATCH):
            part = chunks[first : first + _BATCH]
            mels = gather(
                data.features, part[:, 0], answers.first_frames(part), network.front.chunk_frames
            )
            rows.append(cast(torch.Tensor, network.outputs(torch.from_numpy(mels)).answers))
        ours_NT, _ = tags_and_units(torch.cat(rows))
        theirs_NT, _ = tags_and_units(torch.from_numpy(answers.answers(chunks)))
        return [
            (_columns(head, ours_NT), _columns(head, theirs_NT)) for _, head in network.labelled
        ]


def _columns(head: TagLabels | None, tags_NT: torch.Tensor) -> Numbers:
    made = torch.empty(len(tags_NT), 0) if head is None else head(tags_NT)
    return np.asarray(made.numpy(), np.float64)
