"""The training loop: batches, views, loss, moving average, validation, checkpoints."""

from __future__ import annotations

import json
import math
import pickle
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

import segue
from segue.errors import InvalidRequest
from segue.tracks import Matrix
from segue.trainer.answer_store import Answers, UnitScale
from segue.trainer.batches import Batch, Batches, Chunks, members
from segue.trainer.calibration import CALIBRATION, read_calibration
from segue.trainer.card import draw_curves, model_card, read_metrics
from segue.trainer.configuration import Score, TrainingConfig, from_dict
from segue.trainer.data import TrainingTrack
from segue.trainer.distillation import begin
from segue.trainer.networks.base import Encoder, Labels
from segue.trainer.networks.musicnn_student import MusicnnConfig, MusicnnNetwork
from segue.trainer.networks.registry import build
from segue.trainer.table import InvalidConfiguration
from segue.trainer.teacher import Teacher
from segue.trainer.total_loss import total_loss
from segue.trainer.track_labels import TrackLabels, known_labels
from segue.trainer.training_set import TrainingSet
from segue.trainer.validation import (
    Answer,
    Classify,
    Encode,
    agreement,
    likelihood,
    validate,
)

CHECKPOINT = "checkpoint.pt"
BEST = "best.pt"
METRICS = "metrics.jsonl"
RUN = "run.json"
CARD = "README.md"
CURVES = "curves.png"

Metrics: TypeAlias = dict[str, float]
"""``step`` and ``seconds``; of a step ``loss`` and its terms; of a validation its precisions."""

Weights: TypeAlias = tuple[Tensor, ...] | list[Tensor]

Report = Callable[[Metrics], None]
"""Called after every step."""

_MOST_VALIDATION_TRACKS = 1_000
"""Tracks that are validated on: rankings grow with their square."""


class TrainingDiverged(InvalidRequest):
    """The loss or the weights are no longer finite numbers."""

    reason = "TRAINING_DIVERGED"
    next_step = (
        "Train into another folder with a lower optimiser.learning_rate or a longer "
        "optimiser.warm_up. The last checkpoint and the best weights are as they were: --resume "
        "goes on from there, though on a CPU the same configuration takes the same steps again."
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended.

    Attributes
    ----------
    steps
        Steps done, of all sittings.
    best
        Best score (see ``optimiser.score``) on the validation split, and the step that reached it.
    """

    steps: int
    best: float
    best_step: int
    seconds: float


def build_network(config: TrainingConfig) -> Encoder:
    """Untrained network of a configuration, with a head for those labels that a loss trains.

    Labels that tags make want no loss of their own.
    """
    losses, labels = config.losses, config.labels
    if not isinstance(config.network, MusicnnConfig):
        labels = Labels(
            genres=labels.genres if losses.genre else (),
            moods=labels.moods if losses.mood else (),
        )
    return build(config.network, config.front_end, labels)


def encoder(network: Encoder) -> Encode:
    """Wrap a network for evaluation on arrays."""
    device = next(network.parameters()).device

    def encode(chunks: Chunks) -> Matrix:
        with torch.inference_mode():
            vectors: Matrix = network(torch.from_numpy(chunks).to(device))[0].cpu().numpy()
            return vectors

    return encode


def classifier(network: Encoder) -> Classify:
    """Wrap a network with label heads for validation on arrays."""
    device = next(network.parameters()).device

    def classify(chunks: Chunks) -> Sequence[Matrix]:
        with torch.inference_mode():
            made = network.outputs(torch.from_numpy(chunks).to(device))
            return [
                np.zeros((len(chunks), 0), np.float32)
                if logits is None
                else torch.log_softmax(logits.float(), dim=1).cpu().numpy()
                for logits in (made.genre_logits, made.mood_logits)
            ]

    return classify


def answerer(network: Encoder) -> Answer:
    """Wrap a student for validation on arrays."""
    device = next(network.parameters()).device

    def answer(chunks: Chunks) -> Answers:
        with torch.inference_mode():
            made = network.outputs(torch.from_numpy(chunks).to(device)).answers
            assert made is not None  # noqa: S101  # only students have a teacher
            rows: Answers = made.cpu().numpy()
            return rows

    return answer


def train(
    config: TrainingConfig,
    data: TrainingSet,
    run: Path,
    *,
    budget_seconds: float | None = None,
    resume: bool = False,
    report: Report | None = None,
) -> Outcome:
    """Train until the schedule, the budget or the patience ends; write everything into ``run``.

    With the same seed, a run that was stopped and resumed takes the same batches and views as one
    that was not, and on the CPU reaches the same loss. A budget shortens the schedule: the learning
    rate follows whichever of step and time is further, so that it has decayed when the time is up.

    Raises
    ------
    InvalidRequest
        When there are too few tracks, none has a label that the losses want, ``run`` holds another
        run or one with another teacher, or there is nothing to resume.
    ModelMisconfigured
        When the teacher is of another network.
    InvalidConfiguration
        When no validation track has a label that the score wants.
    TrainingDiverged
        When the loss or a weight is not a finite number; nothing is saved after that.
    """
    check_run_folder(run, resume=resume)
    training, validation = members(data.tracks, "train"), _validation_tracks(data)
    if len(training) < 2 or len(validation) < 2:
        raise InvalidRequest(
            f"{len(training)} tracks to train on and {len(validation)} to validate on: too few",
            reason="TRAINING_DATA_EMPTY",
            next_step="Give at least some dozens of tracks.",
        )
    config = with_labels(config, data)
    _check_score(config, [data.features.tracks[number] for number in validation])
    run.mkdir(parents=True, exist_ok=True)
    state = Trainer(config)
    if resume:
        state.load(run / CHECKPOINT)
    else:
        state.begin(data)
    description = _describe(config, data, len(training), len(validation))
    if resume and (run / RUN).is_file():
        description = _resumption(run / RUN, state.step, description)
    _write(run / RUN, json.dumps(description, indent=2) + "\n")
    _forget_after(state.step, run / METRICS)
    settings, batches = config.optimiser, Batches(config, data)
    before, began = state.seconds, time.monotonic()
    with (run / METRICS).open("a", buffering=1, encoding="utf-8") as metrics:

        def note(line: Metrics) -> None:
            metrics.write(json.dumps(line) + "\n")
            if report is not None:
                report(line)

        while state.step < settings.steps and not state.out_of_patience:
            state.seconds = before + time.monotonic() - began
            spent = state.seconds / budget_seconds if budget_seconds else 0.0
            if spent >= 1.0:
                break
            terms = state.advance(batches.draw(state.step), spent)
            line: Metrics = {"step": state.step, "seconds": state.seconds, **terms}
            if state.step % settings.validate_every == 0 or state.step == settings.steps:
                line.update(state.validate(data, validation, batches.scale))
            note(line)
            if state.validated_step == state.step:
                state.save(run)
        if state.validated_step != state.step:
            line = {"step": state.step, "seconds": state.seconds}
            line.update(state.validate(data, validation, batches.scale))
            note(line)
        state.save(run)
    outcome = Outcome(state.step, state.best, state.best_step, state.seconds)
    lines = read_metrics(run / METRICS)
    draw_curves(lines, run / CURVES)
    (run / CARD).write_text(model_card([(description, lines)], name=config.name), encoding="utf-8")
    return outcome


def check_run_folder(run: Path, *, resume: bool) -> None:
    """Refuse a folder that a run cannot be written into, before anything is made for it.

    Raises
    ------
    InvalidRequest
        When ``run`` holds another run, or there is nothing to resume.
    """
    if resume:
        _check_there(run / CHECKPOINT)
    elif (run / CHECKPOINT).exists():
        raise InvalidRequest(
            f"{run} holds a run already",
            reason="RUN_EXISTS",
            next_step="Choose another folder, or continue that run with --resume.",
        )


def with_labels(config: TrainingConfig, data: TrainingSet) -> TrainingConfig:
    """The configuration with all its labels: where it lists none, those of the training tracks.

    Raises
    ------
    InvalidRequest
        When no training track has a label that the losses want.
    """
    training = [data.tracks[number] for number in members(data.tracks, "train")]
    labels, losses = config.labels, config.losses
    for kind, wanted in (
        ("genres", losses.genre or losses.genre_triplets),
        ("moods", losses.mood or losses.mood_triplets),
    ):
        if not wanted:
            continue
        asked, known = getattr(labels, kind), known_labels([getattr(t, kind) for t in training])
        if not set(asked or known) & set(known):
            raise InvalidRequest(
                f"the losses want {kind}, but no training track has any"
                + (f" of {', '.join(asked)}" if asked else ""),
                reason="TRAINING_DATA_INVALID",
                next_step=f"Give the tracks {kind} in a manifest or their tags, change "
                f"labels.{kind}, or set the weights of the losses of {kind} to 0.",
            )
        labels = labels.model_copy(update={kind: asked or known})
    return config.model_copy(update={"labels": labels})


def load_network(run: Path) -> tuple[TrainingConfig, Encoder]:
    """The best network of a run, ready to serve, and its configuration.

    Where the run was calibrated, its labels are.

    Raises
    ------
    InvalidRequest
        When ``run`` holds none, or one that this version cannot read, or a calibration of other
        weights.
    """
    config, network, step = load_uncalibrated(run)
    if (run / CALIBRATION).is_file():
        calibration = read_calibration(run / CALIBRATION)
        if not isinstance(network, MusicnnNetwork) or calibration.step != step:
            raise InvalidRequest(
                f"{run / CALIBRATION} is of other weights than {run / BEST}",
                reason="RUN_UNREADABLE",
                next_step="Calibrate the run again with `segue calibrate`.",
            )
        calibration.apply(network)
    return config, network


def load_uncalibrated(run: Path) -> tuple[TrainingConfig, Encoder, int]:
    """The best network of a run as it was trained, its configuration, and the step that made it.

    Raises
    ------
    InvalidRequest
        When ``run`` holds none, or one that this version cannot read.
    """
    path = run / BEST
    with _reading(path):
        saved = _load(path)
        config = from_dict(saved["config"])
        network = build_network(config)
        network.load_state_dict(saved["network"])
        step = int(saved["step"])
    return config, network.eval(), step


class Trainer:
    """All that changes while training, and how it is written and read.

    Trains on a GPU where torch finds one, otherwise on the CPU.
    """

    def __init__(self, config: TrainingConfig) -> None:
        torch.manual_seed(config.seed)
        self.config = config
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.network = build_network(config).to(  # type: ignore[call-overload]
            self.device, memory_format=torch.channels_last
        )
        settings = config.optimiser
        average = _moving_average(settings.average_decay)
        self.average = AveragedModel(self.network, multi_avg_fn=average, use_buffers=True).eval()
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
        )
        self.step = 0
        self.seconds = 0.0
        self.best, self.best_step = -1.0, 0
        self.validated_step = -1
        self.validations_since_best = 0

    @property
    def out_of_patience(self) -> bool:
        """Whether too many validations in a row found nothing better."""
        patience = self.config.optimiser.patience
        return 0 < patience <= self.validations_since_best

    def begin(self, data: TrainingSet) -> None:
        """Let a student begin with what its teacher knows; other networks begin as they are.

        Raises
        ------
        ModelMisconfigured
            When the teacher is of another network.
        """
        network = cast("Encoder", self.network)
        if isinstance(network, MusicnnNetwork) and data.answers is not None:
            begin(network, data, data.answers, self.config.seed)
            self.average.module.load_state_dict(network.state_dict())

    def advance(self, batch: Batch, spent: float) -> Metrics:
        """One step of the optimiser; returns the loss and its terms before they are weighted.

        Raises
        ------
        TrainingDiverged
            When the loss is not a finite number.
        """
        settings = self.config.optimiser
        batch = batch.to(self.device)
        # What a network draws at random depends on the step alone, so that runs resume.
        torch.manual_seed(self.config.seed * 1_000_003 + self.step)
        self.network.train()
        mixed = settings.mixed_precision and _has_bfloat16(self.device)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=mixed):
            made = self.network.outputs(batch.mel_NBF)
        loss, terms = total_loss(made, batch, self.config.losses)
        for group in self.optimiser.param_groups:
            group["lr"] = self._learning_rate(spent)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        self.step += 1
        self.average.update_parameters(self.network)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise TrainingDiverged(f"the loss of step {self.step} is {value}")
        return {"loss": value, **terms}

    def validate(
        self, data: TrainingSet, numbers: npt.NDArray[np.int64], scale: UnitScale | None
    ) -> Metrics:
        """Score the averaged network on the validation split and remember it when it is best.

        Parameters
        ----------
        numbers
            Shape (n,): the tracks to validate on.
        scale
            Standardises a teacher's units; None where there is none.

        Raises
        ------
        TrainingDiverged
            When a weight is not a finite number, as after a finite loss with an infinite gradient.
        """
        if not all(bool(weights.isfinite().all()) for weights in self.average.parameters()):
            raise TrainingDiverged(f"some weights are not finite after step {self.step}")
        chunk_frames = self.config.front_end.chunk_frames
        network = cast("Encoder", self.average.module)
        found = validate(data.features, numbers, encoder(network), chunk_frames)
        if self.config.losses.genre or self.config.losses.mood:
            labels = TrackLabels(self.config.labels, replace(data, clips=None))
            found["labels"] = likelihood(
                data.features, numbers, classifier(network), labels, self.config.front_end
            )
        if data.answers is not None and scale is not None:
            found["teacher"] = agreement(
                data.features, data.answers, numbers, answerer(network), scale, chunk_frames
            )
        self.validated_step = self.step
        scores = [found[task] for task in self.config.optimiser.score if task in found]
        score = sum(scores) / max(1, len(scores))
        self.validations_since_best = 0 if score > self.best else self.validations_since_best + 1
        # Of equals the later one: it has seen more.
        if score >= self.best:
            self.best, self.best_step = score, self.step
        return {f"validation_{name}": value for name, value in found.items()}

    def save(self, run: Path) -> None:
        """Write the checkpoint, and the exported weights when the last validation was the best.

        The weights come first: a run that is killed between the two makes them again when it is
        resumed, but would not notice that they were never written.
        """
        if self.best_step == self.step:
            weights = self.average.module.state_dict()
            _save(
                run / BEST,
                {"config": self.config.to_dict(), "network": weights, "step": self.step},
            )
        _save(
            run / CHECKPOINT,
            {
                "config": self.config.to_dict(),
                "network": self.network.state_dict(),
                "average": self.average.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "progress": {name: getattr(self, name) for name in _PROGRESS},
            },
        )

    def load(self, path: Path) -> None:
        """Continue from a checkpoint of the same configuration.

        Raises
        ------
        InvalidRequest
            When there is none, it is of another configuration, or this version cannot read it.
        """
        with _reading(path):
            saved = _load(path)
            if from_dict(saved["config"]) != self.config:
                raise InvalidRequest(
                    f"{path} was made with another configuration",
                    reason="RUN_EXISTS",
                    next_step="Resume with the configuration in the run's run.json, and the data "
                    "that its labels come from.",
                )
            self.network.load_state_dict(saved["network"])
            self.average.load_state_dict(saved["average"])
            self.optimiser.load_state_dict(saved["optimiser"])
            for name in _PROGRESS:
                setattr(self, name, saved["progress"][name])

    def _learning_rate(self, spent: float) -> float:
        settings = self.config.optimiser
        warm = min(1.0, (self.step + 1) / max(1, settings.warm_up))
        done = max(self.step / settings.steps, spent)
        return settings.learning_rate * warm * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def _moving_average(decay: float) -> Callable[[Weights, Weights, Tensor | int], None]:
    """What ``AveragedModel`` asks for: an exponential moving average that starts quickly."""

    def update(averages: Weights, weights: Weights, updates: Tensor | int) -> None:
        # A young average would be slowed by the untrained weights that it starts from.
        highest = (2 + float(updates)) / (11 + float(updates))
        average = get_ema_multi_avg_fn(min(decay, highest))  # type: ignore[no-untyped-call]
        average(averages, weights, updates)

    return update


_PROGRESS = ("step", "seconds", "best", "best_step", "validated_step", "validations_since_best")


def _save(path: Path, contents: dict[str, Any]) -> None:
    partial = path.with_suffix(".partial")
    torch.save(contents, partial)
    partial.replace(path)


def _check_there(path: Path) -> None:
    if not path.is_file():
        raise InvalidRequest(
            f"no {path.name} in {path.parent}",
            reason="RUN_NOT_FOUND",
            next_step="Name the folder that `segue train` wrote.",
        )


def _load(path: Path) -> dict[str, Any]:
    _check_there(path)
    # Runs are moved: to a machine without the GPU that they were made on, for one.
    contents: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return contents


_UNREADABLE = (
    EOFError,
    InvalidConfiguration,
    KeyError,
    RuntimeError,
    TypeError,
    ValueError,
    pickle.UnpicklingError,
)
"""What torch and a configuration of another form raise."""


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Say of whatever fails within that ``path`` cannot be read."""
    try:
        yield
    except _UNREADABLE as exc:
        raise InvalidRequest(
            f"{path} cannot be read: it is damaged, or of another version of Segue",
            reason="RUN_UNREADABLE",
            next_step="Train again, into another folder.",
        ) from exc


def _check_score(config: TrainingConfig, tracks: Sequence[TrainingTrack]) -> None:
    """Refuse a score that cannot be measured: all weights would be as good as the first."""
    wanted = config.optimiser.score
    has: dict[Score, bool] = {
        "track": True,
        "teacher": True,
        "genre": any(track.genres for track in tracks),
        "mood": any(track.moods for track in tracks),
        "labels": any(track.labels for track in tracks),
    }
    if not any(has[task] for task in wanted):
        raise InvalidConfiguration(
            f"optimiser.score wants {' and '.join(wanted)}, but no validation track has a "
            f"{' or a '.join(wanted)}",
            next_step="Give the tracks these labels in a manifest or their tags, or add track to "
            "optimiser.score.",
        )


def _validation_tracks(data: TrainingSet) -> npt.NDArray[np.int64]:
    """Numbers of the tracks to validate on; of very many, some that lie evenly among them."""
    found = members(data.features.tracks, "validation")
    places = np.linspace(0, len(found) - 1, min(len(found), _MOST_VALIDATION_TRACKS))
    return np.asarray(found[np.rint(places).astype(np.int64)])


def _has_bfloat16(device: torch.device) -> bool:
    """Whether arithmetic in it is quicker: without instructions for it, it is much slower."""
    able = torch.cpu.get_capabilities()
    return device.type != "cpu" or any(able.get(name) for name in _BFLOAT16_INSTRUCTIONS)


_BFLOAT16_INSTRUCTIONS = ("avx512_bf16", "amx_bf16", "bf16")


def _describe(
    config: TrainingConfig, data: TrainingSet, training_tracks: int, validation_tracks: int
) -> dict[str, Any]:
    """What is needed to make the run again."""
    return {
        "config": config.to_dict(),
        "began": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "segue": segue.__version__,
        "torch": torch.__version__,
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        "threads": torch.get_num_threads(),
        "git_revision": _git_revision(),
        "tracks": {
            "train": training_tracks,
            "validation": validation_tracks,
            "left_out": len(data.failures),
        },
        **({} if data.teacher is None else {"teacher": _named(data.teacher)}),
    }


def _named(teacher: Teacher) -> dict[str, str]:
    return {"model": teacher.model, "sha256": teacher.sha256}


def _resumption(path: Path, step: int, description: dict[str, Any]) -> dict[str, Any]:
    """What ``path`` says of the first start, and beside it this and every other resumption."""
    again = {name: value for name, value in description.items() if name != "config"}
    with _reading(path):
        first: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if first.get("teacher") != description.get("teacher"):
            raise InvalidRequest(
                f"{path.parent} was begun with another teacher",
                reason="RUN_EXISTS",
                next_step="Put the teacher back whose sha256 the run's run.json names, or train "
                "into another folder.",
            )
        return {**first, "resumed": [*first.get("resumed", ()), {"step": step, **again}]}


def _forget_after(step: int, metrics: Path) -> None:
    """Keep the lines up to a step: what a run did after its last checkpoint is done again."""
    if not metrics.is_file():
        return
    kept = []
    for line in metrics.read_text(encoding="utf-8").splitlines(keepends=True):
        # A run that was killed leaves a line that is cut short.
        with suppress(ValueError, KeyError, TypeError):
            if json.loads(line)["step"] <= step and line.endswith("\n"):
                kept.append(line)
    _write(metrics, "".join(kept))


def _write(path: Path, text: str) -> None:
    partial = path.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def _git_revision() -> str:
    command = ["git", "rev-parse", "HEAD"]
    folder = Path(__file__).parent
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()
