"""What a run says of itself: its curves and its model card."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from segue.errors import InvalidRequest

Lines = Sequence[Mapping[str, float]]

_TABLES = ("front_end", "network", "views", "clips", "effects", "teacher", "losses", "optimiser")
_OF_SOURCE = {"clips": "effects", "effects": "effects"}
"""Tables that matter for one ``views.source`` alone."""


class EvaluationUnreadable(InvalidRequest):
    """A file that is not what ``segue evaluate`` writes, or does not judge the model."""

    reason = "EVALUATION_UNREADABLE"
    next_step = "Give an evaluation.json that `segue evaluate` wrote with this model among others."


def read_evaluation(path: Path) -> dict[str, Any]:
    """What ``segue evaluate`` wrote as JSON.

    Raises
    ------
    EvaluationUnreadable
        When it is not a JSON object.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise EvaluationUnreadable(f"{path} cannot be read: {exc}") from exc
    if not isinstance(found, dict):
        raise EvaluationUnreadable(f"{path} holds no evaluation")
    return found


def read_metrics(path: Path) -> list[dict[str, float]]:
    """Lines of a run's ``metrics.jsonl``; of a step that was done twice, the later."""
    by_step: dict[float, dict[str, float]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        values = json.loads(line)
        by_step[values["step"]] = {**by_step.get(values["step"], {}), **values}
    return [by_step[step] for step in sorted(by_step)]


def draw_curves(lines: Lines, path: Path) -> None:
    """Picture of losses and validation scores over steps (PNG)."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    terms = dict.fromkeys(
        name for line in lines for name in line if name not in ("step", "seconds")
    )
    for name in terms:
        points = [(line["step"], line[name]) for line in lines if name in line]
        steps, values = zip(*points, strict=True)
        if name.startswith("validation_"):
            right.plot(steps, values, marker=".", label=name.removeprefix("validation_"))
        else:
            left.plot(steps, _smooth(values), label=name, linewidth=1)
    left.set(title="Losses (mean of 50 steps)", xlabel="step", ylim=(0, None))
    right.set(title="Validation", xlabel="step", ylim=(0, 1))
    for axes in (left, right):
        axes.grid(alpha=0.3)
        if axes.has_data():
            axes.legend()
    figure.savefig(path, dpi=100)


def _smooth(values: Sequence[float], window: int = 50) -> list[float]:
    """Mean of the last ``window`` values at each place."""
    sums = [0.0]
    for value in values:
        sums.append(sums[-1] + value)
    ends = range(1, len(sums))
    return [(sums[end] - sums[max(0, end - window)]) / min(end, window) for end in ends]


def model_card(
    runs: Sequence[tuple[Mapping[str, Any], Lines]],
    *,
    name: str,
    about: str = "",
    evaluation: Mapping[str, Any] | None = None,
) -> str:
    """Write the card of a model made from one run or from several.

    Parameters
    ----------
    runs
        Description (``run.json``) and metrics of each run.
    about
        Markdown that its owner adds: origin of the data, use and limits, licence.
    evaluation
        What ``segue evaluate`` wrote as JSON; the model's own row is taken by name.

    Raises
    ------
    EvaluationUnreadable
        When the evaluation is of another form, or has no row of the model.
    """
    front = runs[0][0]["config"]["front_end"]
    seconds = front["chunk_frames"] * front["hop"] / front["rate_hz"]
    text = f"# {name}\n\n"
    if len(runs) > 1:
        parts = ", ".join(run["config"]["name"] for run, _ in runs)
        text += (
            f"One model of several ({parts}): the cosine of two chunks is the mean of theirs.\n\n"
        )
    for run, _ in runs:
        text += f"{run['config']['summary'] or 'A music encoder.'}\n"
    text += f"""
It embeds {seconds:.2f} s of music (log-mel, {front["bands"]} bands × {front["chunk_frames"]}
frames, {front["rate_hz"]} Hz) as a unit vector; cosine similarity says how alike two pieces of
music sound.
"""
    if about:
        text += f"\n{about.strip()}\n"
    if evaluation is not None:
        try:
            text += _quality(name, evaluation)
        except (AttributeError, KeyError, TypeError, ValueError) as exc:
            raise EvaluationUnreadable(
                f"the evaluation is not of the form that a card takes: {exc!r}"
            ) from exc
    for run, lines in runs:
        of_part = f" of {run['config']['name']}" if len(runs) > 1 else ""
        text += f"\n## Training{of_part}\n{_training(run, lines)}"
        if "calibration" in run:
            text += f"\n## Calibration{of_part}\n{_calibration(run['calibration'])}"
        text += f"\n## Recipe{of_part}\n{_recipe(run)}"
    return text


def _training(run: Mapping[str, Any], lines: Lines) -> str:
    tracks = run["tracks"]
    losses = [line["loss"] for line in lines if "loss" in line]
    return f"""
{tracks["train"]} tracks for training and {tracks["validation"]} for validation, split by hash of
their groups (artists, unless asked otherwise); {tracks["left_out"]} were left out.
{len(losses)} steps in {lines[-1]["seconds"] / 60:.1f} minutes on {run["device"]} ({run["threads"]}
threads); mean loss of the last hundred: {sum(losses[-100:]) / max(1, len(losses[-100:])):.3f}.

Validation: four chunks of each track, every one a query against all others; mean average precision.
For genre and mood, chunks of the same artist are left out.
{_taught(run)}
{_validations(lines)}"""


def _taught(run: Mapping[str, Any]) -> str:
    if "teacher" not in run:
        return ""
    text = f"""
Its teacher is {run["teacher"]["model"]}, the model whose graph has the SHA-256
`{run["teacher"]["sha256"]}`."""
    if run["config"]["views"]["source"] == "answers":
        return f"""{text} The column `teacher`: mean cosine of the standardised units of both
heads with the teacher's, over four chunks of each track.
"""
    return f"""{text} Tracks without a genre and a mood of their own have those that
it hears in them, in training and in the columns `genre` and `mood`.
"""


def _calibration(found: Mapping[str, Any]) -> str:
    labels = [*found["genres"], *found["moods"], *found["descriptors"]]
    text = f"""
The published logit of a label is gain · the network's + shift. Both were fitted to the teacher's
probabilities for {found["chunks"]} chunks of {found["tracks"]} tracks of the validation split;
each track counts the same. Expected calibration error over ten bins; afterwards of each of
{found["groups"]} groups by lines that were fitted to the others.

| label | gain | shift | error before | after |
|---|---|---|---|---|
"""
    for one in labels:
        text += f"| {one['label']} | {one['gain']:.2f} | {one['shift']:+.2f} "
        text += f"| {one['error_before']:.3f} | {one['error_after']:.3f} |\n"
    before, after = (
        sum(one[f"error_{when}"] for one in labels) / len(labels) for when in ("before", "after")
    )
    return text + f"| mean | | | {before:.3f} | {after:.3f} |\n"


def _recipe(run: Mapping[str, Any]) -> str:
    config = run["config"]
    text = f"""
Segue {run["segue"]}, revision {run["git_revision"]}, torch {run["torch"]}, seed {config["seed"]}.

| setting | value |
|---|---|
"""
    for table in _TABLES:
        # Runs of earlier versions have fewer tables.
        if table not in config or not _matters(table, run):
            continue
        text += "".join(f"| {table}.{name} | {value} |\n" for name, value in config[table].items())
    return text


def _matters(table: str, run: Mapping[str, Any]) -> bool:
    """Whether a run read a table: its views theirs, and the teacher's where one answered."""
    if table == "teacher":
        return "teacher" in run
    source = run["config"]["views"]["source"]
    return bool(source == _OF_SOURCE.get(table, source))


def _validations(lines: Lines) -> str:
    """Up to eight validations, the last among them."""
    validated = [line for line in lines if "validation_track" in line]
    if not validated:
        return ""
    tasks = [name for name in validated[-1] if name.startswith("validation_")]
    text = f"| step | {' | '.join(name.removeprefix('validation_') for name in tasks)} |\n"
    text += "|---" * (len(tasks) + 1) + "|\n"
    step = max(1, len(validated) // 8)
    for line in validated[::-1][::step][::-1]:
        values = " | ".join(f"{line[name]:.3f}" for name in tasks)
        text += f"| {line['step']:.0f} | {values} |\n"
    return text


def _quality(name: str, evaluation: Mapping[str, Any]) -> str:
    """The model beside the MFCC baselines, with 95 % intervals, for every set it was judged on."""
    of_labels, of_tracks = (
        [(judged, rows) for judged in sets if name in (rows := _rows(judged))]
        for sets in (evaluation.get("labelled", ()), evaluation["sets"])
    )
    if not of_labels and not of_tracks:
        raise EvaluationUnreadable(f"the evaluation has no row of {name}")
    text = "\n## Quality\n\n95 % intervals.\n"
    for judged, rows in of_labels:
        text += _labelled_quality(name, judged, rows)
    if of_tracks:
        text += "\nMean average precision over ranked pairwise distances:\n"
    for judged, rows in of_tracks:
        tasks = list(rows[name]["pairwise"])
        text += (
            f"\n{judged['name']}: {judged['tracks']} tracks, {judged['clips']} clips of "
            f"{judged['clip_seconds']:g} s.\n\n"
        )
        text += f"| | {' | '.join(tasks)} | song found first by a clip |\n"
        text += "|---" * (len(tasks) + 2) + "|\n"
        for row in ("mfcc", "mfcc-whitened", name):
            if row in rows:
                found = [rows[row]["pairwise"][task] for task in tasks]
                found.append(rows[row]["songs"]["track"]["recall_at_1"])
                text += f"| {row} | {' | '.join(_interval(value) for value in found)} |\n"
        for accuracy in rows[name]["genre_accuracy"]:
            among = accuracy["labels"]
            text += (
                f"\nGenre accuracy by song among {', '.join(among)} ({accuracy['method']}): "
                f"{_interval(accuracy['accuracy'])}.\n"
            )
    return text


def _labelled_quality(
    name: str, judged: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]]
) -> str:
    """The model on one set of labelled music: neighbours, and each label that it publishes."""
    text = f"\n{judged['name']}: {judged['clips']} clips that people labelled.\n\n"
    categories = rows[name]["neighbours"]
    if categories:
        text += f"| share of the ten nearest of the same | {' | '.join(categories)} |\n"
        text += "|---" * (len(categories) + 1) + "|\n"
        for row in ("mfcc", "mfcc-whitened", name):
            if row in rows:
                found = [rows[row]["neighbours"][one]["own"]["10"] for one in categories]
                text += f"| {row} | {' | '.join(map(_interval, found))} |\n"
    for part, measure, title in (
        ("genres", "auc", "AUC of genres"),
        ("emotions", "spearman", "Rank correlation of emotions"),
        ("emotions", "auc", "AUC of emotions"),
        ("circumplex", "auc", "AUC of"),
    ):
        scores = rows[name][part]
        measured = [
            (one["label"], one["measures"][measure]["value"])
            for one in scores["labels"]
            if measure in one["measures"]
        ]
        each = [f"{label} {value:.3f}" for label, value in measured if value is not None]
        if each:
            mean = _interval(scores["means"][measure])
            text += f"\n{title}: {', '.join(each)}; mean {mean}."
            if scores["not_published"]:
                text += f" Not published: {', '.join(scores['not_published'])}."
            text += "\n"
    return text


def _rows(judged: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {row["name"]: row for row in judged["encoders"]}


def _interval(estimate: Mapping[str, Any]) -> str:
    if estimate["value"] is None:
        return "–"
    return f"{estimate['value']:.3f} ({estimate['low']:.3f}–{estimate['high']:.3f})"
