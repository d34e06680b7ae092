"""The whole of ``segue evaluate``: what was asked for, to a folder of reports and pictures."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from segue.audio.front_end import FrontEnd
from segue.audio.signals import LogMel
from segue.embedding.configuration import models_in
from segue.errors import InvalidRequest
from segue.trainer.data import TrainingTrack, read_tracks
from segue.trainer.evaluation.baselines import MFCC_FRONT_END, RandomEncoder, mfcc_encoders
from segue.trainer.evaluation.encoders import (
    ChunkEncoder,
    ClipEncoder,
    model_encoder,
    run_encoder,
    untrained_encoder,
)
from segue.trainer.evaluation.labelled.listing import Listing, read_listing
from segue.trainer.evaluation.labelled.results import LabelledResult, judge_encoder, open_labelled
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
_FEATURES = "features"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is compared, and on what.

    Attributes
    ----------
    data, split
        A labelled data set, and its part: ``test`` or ``all``.
    recordings
        Folders of audio for the track task alone: labels and artists are not used.
    labelled, labelled_audio
        CSVs of music with labels, and the folder that their paths are relative to; None: each
        CSV's own.
    repository, models
        Model repository, and the names of those compared; none named: all.
    beside
        By name: folders of models that stand elsewhere.
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
    labelled: Sequence[Path] = ()
    labelled_audio: Path | None = None
    models: Sequence[str] = ()
    beside: Mapping[str, Path] = field(default_factory=dict)
    runs: Sequence[Path] = ()
    split: str = "test"
    baselines: bool = True
    fit_data: Path | None = None
    tracks: int | None = None
    jobs: int = 2


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison found.

    Attributes
    ----------
    sets
        Of tracks and recordings, of which clips are cut.
    labelled
        Of music with labels, clip by clip as it is listed.
    """

    sets: Sequence[SetResult]
    labelled: Sequence[LabelledResult]


def compare(asked: Comparison, output: Path, progress: Progress) -> Compared:
    """Evaluate every encoder on every set; write tables, numbers and pictures to ``output``.

    Log-mels are kept in ``output/features``: another comparison of the same clips starts sooner.

    Raises
    ------
    InvalidRequest
        When data, runs, recordings or listings cannot be used.
    ModelMisconfigured
        When a model cannot be read.
    """
    sets = _read_sets(asked)
    learned = _learned_encoders(asked)
    published = {label for encoder in learned for label in (*encoder.genres, *encoder.moods)}
    listings = _distinct(
        read_listing(path, audio=asked.labelled_audio, labels=published) for path in asked.labelled
    )
    if sets:
        require_chunks(learned, asked.plan)
    output.mkdir(parents=True, exist_ok=True)
    fronts = [MFCC_FRONT_END, *(encoder.front_end for encoder in learned)]
    fitting = _open_fitting(asked, fronts, output, progress)
    results = []
    pictures = {}
    for name, tracks in sets.items():
        evaluation_set = _open(asked, name, tracks, fronts, output, progress)
        encoders = [*_baselines(asked, evaluation_set.log_mels, fitting), *learned]
        rows = [
            evaluate_encoder(evaluation_set, encoder, asked.settings)
            for encoder in _counted(encoders, f"{name}: encoders", progress)
        ]
        results.append(SetResult(evaluation_set, tuple(rows)))
        pictures[name] = draw(results[-1], output, seed=asked.settings.seed)
    labelled = []
    for listing in listings:
        labelled_set = open_labelled(
            listing,
            fronts,
            output / _FEATURES,
            jobs=asked.jobs,
            progress=_reporter(progress, f"{listing.name}: clips", len(listing.tracks)),
        )
        encoders = [*_baselines(asked, labelled_set.log_mels, fitting), *learned]
        judged = [
            judge_encoder(labelled_set, encoder, asked.settings)
            for encoder in _counted(encoders, f"{listing.name}: encoders", progress)
        ]
        labelled.append(LabelledResult(labelled_set, tuple(judged)))
    report = as_markdown(results, labelled, asked.settings, pictures)
    (output / MARKDOWN_REPORT).write_text(report, encoding="utf-8")
    numbers = as_json(results, labelled, asked.settings)
    text = json.dumps(numbers, indent=1, ensure_ascii=False)
    (output / JSON_REPORT).write_text(text + "\n", encoding="utf-8")
    return Compared(results, labelled)


def _open(
    asked: Comparison,
    name: str,
    tracks: Sequence[TrainingTrack],
    fronts: Sequence[FrontEnd],
    output: Path,
    progress: Progress,
) -> EvaluationSet:
    return open_set(
        name,
        tracks,
        asked.plan,
        fronts,
        output / _FEATURES,
        jobs=asked.jobs,
        progress=_reporter(progress, f"{name}: clips", len(tracks)),
    )


def _open_fitting(
    asked: Comparison, fronts: Sequence[FrontEnd], output: Path, progress: Progress
) -> EvaluationSet | None:
    """What MFCC is decorrelated on, when it is not the evaluated clips."""
    if not asked.baselines or asked.fit_data is None:
        return None
    training = [track for track in read_tracks(asked.fit_data) if track.split == "train"]
    chosen = choose_tracks(training, "all", _FITTING_TRACKS)
    name = f"{asked.fit_data.stem}, training part"
    return _open(asked, name, chosen, fronts, output, progress)


def _reporter(progress: Progress, what: str, total: int) -> Callable[[int], None]:
    return lambda done: progress(what, done, total)


def _counted(
    encoders: Sequence[ClipEncoder], what: str, progress: Progress
) -> Iterable[ClipEncoder]:
    for done, encoder in enumerate(encoders):
        progress(what, done, len(encoders))
        yield encoder
    progress(what, len(encoders), len(encoders))


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


def _distinct(listings: Iterable[Listing]) -> list[Listing]:
    """Listings of one name told apart by a number."""
    found: list[Listing] = []
    for listing in listings:
        taken = {other.name for other in found}
        name = listing.name if listing.name not in taken else f"{listing.name}-{len(found) + 1}"
        found.append(dataclasses.replace(listing, name=name))
    return found


def _learned_encoders(asked: Comparison) -> list[ChunkEncoder]:
    names = asked.models or models_in(asked.repository)
    encoders: list[ChunkEncoder] = []
    if asked.baselines:
        encoders.append(untrained_encoder(asked.untrained, seed=asked.settings.seed))
    encoders += [model_encoder(asked.repository / name, threads=asked.jobs) for name in names]
    encoders += [
        model_encoder(folder, name=name, threads=asked.jobs)
        for name, folder in asked.beside.items()
    ]
    encoders += [run_encoder(folder) for folder in asked.runs]
    if not encoders:
        raise InvalidRequest(
            f"no model in {asked.repository}, and nothing else to compare",
            reason="EVALUATION_IMPOSSIBLE",
            next_step="Name another --repository, a model --beside it, or a --run.",
        )
    taken = [encoder.name for encoder in encoders]
    if repeated := {name for name in taken if taken.count(name) > 1}:
        raise InvalidRequest(
            f"two encoders are called {', '.join(sorted(repeated))}",
            reason="EVALUATION_IMPOSSIBLE",
            next_step="Rename the run folder, give another name with --beside NAME=FOLDER, or "
            "name the models wanted with --model.",
        )
    return encoders


def _baselines(
    asked: Comparison,
    log_mels: Callable[[FrontEnd], Iterable[LogMel]],
    fitting: EvaluationSet | None,
) -> list[ClipEncoder]:
    """Encoders that learnt nothing, or next to nothing; ``log_mels`` are those of the clips."""
    if not asked.baselines:
        return []
    chosen = log_mels if fitting is None else fitting.log_mels
    what = "the evaluated clips" if fitting is None else fitting.name
    return [
        RandomEncoder(asked.settings.seed),
        *mfcc_encoders(chosen(MFCC_FRONT_END), what),
    ]
