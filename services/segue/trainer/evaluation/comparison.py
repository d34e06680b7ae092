"""The whole of ``segue evaluate``: what was asked for, to a folder of reports and pictures."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from segue.errors import InvalidRequest
from segue.trainer.data import TrainingTrack, read_tracks
from segue.trainer.evaluation.baselines import MFCC_FRONT_END, RandomEncoder, mfcc_encoders
from segue.trainer.evaluation.encoders import (
    ClipEncoder,
    model_encoder,
    run_encoder,
    untrained_encoder,
)
from segue.trainer.evaluation.plots import draw
from segue.trainer.evaluation.report import as_json, as_markdown
from segue.trainer.evaluation.results import (
    SetResult,
    choose_tracks,
    evaluate_encoder,
    require_chunks,
)
from segue.trainer.evaluation.scores import ScoreSettings
from segue.trainer.evaluation.sets import ClipPlan, EvaluationSet, open_set

JSON_REPORT = "evaluation.json"
MARKDOWN_REPORT = "evaluation.md"

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with what is being done, how many of it are done, and how many there are."""

_FITTING_TRACKS = 300


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is compared, and on what.

    Attributes
    ----------
    data, split
        A labelled data set, and its part: ``test`` or ``all``.
    recordings
        Folders of audio for the track task alone: labels and artists are not used.
    repository, models
        Model repository, and the names of those compared; none named: all.
    runs
        Folders of training runs.
    baselines
        Whether random vectors, MFCC and an untrained network are compared as well.
    untrained
        Configuration of the untrained network.
    fit_data
        Data set on whose training part MFCC is decorrelated; None: on the evaluated clips.
    tracks
        Most tracks of a set.
    """

    data: Path | None
    recordings: Sequence[Path]
    repository: Path
    plan: ClipPlan
    settings: ScoreSettings
    untrained: Path
    models: Sequence[str] = ()
    runs: Sequence[Path] = ()
    split: str = "test"
    baselines: bool = True
    fit_data: Path | None = None
    tracks: int | None = None
    jobs: int = 2


def compare(asked: Comparison, output: Path, progress: Progress) -> list[SetResult]:
    """Evaluate every encoder on every set; write tables, numbers and pictures to ``output``.

    Log-mels are kept in ``output/features``: another comparison of the same clips starts sooner.

    Raises
    ------
    InvalidRequest
        When data, runs or recordings cannot be used.
    ModelMisconfigured
        When a model cannot be read.
    """
    sets = _read_sets(asked)
    learned = _learned_encoders(asked)
    require_chunks(learned, asked.plan)
    output.mkdir(parents=True, exist_ok=True)
    fronts = [MFCC_FRONT_END, *(encoder.front_end for encoder in learned)]

    def opened(name: str, tracks: Sequence[TrainingTrack]) -> EvaluationSet:
        return open_set(
            name,
            tracks,
            asked.plan,
            fronts,
            output / "features",
            jobs=asked.jobs,
            progress=lambda done: progress(f"{name}: clips", done, len(tracks)),
        )

    fitting = None
    if asked.baselines and asked.fit_data is not None:
        training = [track for track in read_tracks(asked.fit_data) if track.split == "train"]
        chosen = choose_tracks(training, "all", _FITTING_TRACKS)
        fitting = opened(f"{asked.fit_data.stem}, training part", chosen)
    results = []
    pictures = {}
    for name, tracks in sets.items():
        evaluation_set = opened(name, tracks)
        encoders = [*_baselines(asked, evaluation_set, fitting), *learned]
        rows = []
        for done, encoder in enumerate(encoders):
            progress(f"{name}: encoders", done, len(encoders))
            rows.append(evaluate_encoder(evaluation_set, encoder, asked.settings))
        progress(f"{name}: encoders", len(encoders), len(encoders))
        results.append(SetResult(evaluation_set, tuple(rows)))
        pictures[name] = draw(results[-1], output, seed=asked.settings.seed)
    report = as_markdown(results, asked.settings, pictures)
    (output / MARKDOWN_REPORT).write_text(report, encoding="utf-8")
    numbers = json.dumps(as_json(results, asked.settings), indent=1, ensure_ascii=False)
    (output / JSON_REPORT).write_text(numbers + "\n", encoding="utf-8")
    return results


def _read_sets(asked: Comparison) -> dict[str, list[TrainingTrack]]:
    sets: dict[str, list[TrainingTrack]] = {}
    if asked.data is not None:
        chosen = choose_tracks(read_tracks(asked.data), asked.split, asked.tracks)
        sets[asked.data.resolve().stem] = chosen
    for folder in asked.recordings:
        name = folder.resolve().name
        sets[name if name not in sets else f"{name}-{len(sets) + 1}"] = [
            dataclasses.replace(track, artist="", genres=(), moods=())
            for track in choose_tracks(read_tracks(folder), "all", asked.tracks)
        ]
    return sets


def _learned_encoders(asked: Comparison) -> list[ClipEncoder]:
    names = asked.models or sorted(
        graph.parent.parent.name for graph in asked.repository.glob("*/1/model.onnx")
    )
    encoders: list[ClipEncoder] = []
    if asked.baselines:
        encoders.append(untrained_encoder(asked.untrained, seed=asked.settings.seed))
    encoders += [model_encoder(asked.repository / name, threads=asked.jobs) for name in names]
    encoders += [run_encoder(folder) for folder in asked.runs]
    taken = [encoder.name for encoder in encoders]
    if repeated := {name for name in taken if taken.count(name) > 1}:
        raise InvalidRequest(
            f"two encoders are called {', '.join(sorted(repeated))}",
            reason="EVALUATION_IMPOSSIBLE",
            next_step="Rename the run folder, or name the models wanted with --model.",
        )
    return encoders


def _baselines(
    asked: Comparison, evaluation_set: EvaluationSet, fitting: EvaluationSet | None
) -> list[ClipEncoder]:
    if not asked.baselines:
        return []
    chosen = evaluation_set if fitting is None else fitting
    what = "the evaluated clips" if fitting is None else fitting.name
    return [
        RandomEncoder(asked.settings.seed),
        *mfcc_encoders(chosen.log_mels(MFCC_FRONT_END), what),
    ]
