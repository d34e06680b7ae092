"""Results on labelled music, as JSON and as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from segue.trainer.evaluation.bootstrap import Estimate
from segue.trainer.evaluation.labelled.label_scores import LabelScore, LabelScores
from segue.trainer.evaluation.labelled.results import LabelledResult, LabelledRow
from segue.trainer.evaluation.labelled.scores import (
    NEIGHBOUR_CUTOFFS,
    SPACES,
    Space,
)
from segue.trainer.evaluation.scores import GenreAccuracy
from segue.trainer.evaluation.tables import (
    encoder_table,
    estimate_table,
    left_out_lines,
    plain,
)

NOTHING = Estimate(float("nan"), float("nan"), float("nan"), 0)

_MEASURES = {
    "ap": "average precision",
    "auc": "AUC",
    "calibration": "calibration error",
    "spearman": "Spearman",
}
_BETTER_LOW = ("calibration",)

_Columns: TypeAlias = Mapping[str, Callable[[LabelledRow], Estimate]]
_Part: TypeAlias = Callable[[LabelledRow], LabelScores]


def labelled_json(result: LabelledResult) -> dict[str, Any]:
    """Every number of a set, as plain values; what is not a number is None."""
    judged = result.labelled_set
    return {
        "name": judged.name,
        "clips": len(judged.tracks),
        "artists": judged.known_artists,
        "genres": {
            genre: sum(genre in own for own in judged.labels.genres)
            for genre in judged.labels.genre_names
        },
        "left_out": dict(judged.left_out),
        "unused_columns": list(judged.unused),
        "encoders": [
            {
                "name": row.name,
                "description": row.description,
                "dimension": row.dimension,
                "neighbours": plain(row.scores.neighbours),
                "genres": _labels_json(row.scores.genres),
                "genre_accuracy": plain(row.scores.accuracies),
                "emotions": _labels_json(row.scores.emotions),
                "circumplex": _labels_json(row.scores.circumplex),
            }
            for row in result.rows
        ],
    }


def labelled_lines(result: LabelledResult) -> list[str]:
    """A set's tables for people."""
    judged, rows = result.labelled_set, result.rows
    artists = judged.known_artists
    lines = [
        f"## {judged.name}: music with labels",
        "",
        f"{len(judged.tracks)} clips, "
        + (
            f"{artists} artists by name. "
            if artists
            else "no artist is named, so each clip counts as an artist of its own. "
        )
        + "Vectors are compared by cosine.",
        "",
    ]
    if judged.unused:
        lines += [f"Columns that nothing is read for: {', '.join(judged.unused)}.", ""]
    lines += left_out_lines(judged.left_out, "clips")
    lines += encoder_table(rows)
    for category in rows[0].scores.neighbours:
        lines += [
            f"### Share of the nearest clips by other artists with the same {category}",
            "",
            *estimate_table(rows, _neighbour_columns(category)),
        ]
    lines += _labels_lines(
        rows, "genres", "Genres read out of the outputs", lambda row: row.scores.genres
    )
    lines += _accuracy_lines(rows)
    lines += _labels_lines(
        rows, "emotions", "Emotions read out of the outputs", lambda row: row.scores.emotions
    )
    lines += _labels_lines(
        rows, "axes", "Arousal and valence read out of the moods", lambda row: row.scores.circumplex
    )
    return lines


def labelled_summary(result: LabelledResult) -> list[tuple[str, ...]]:
    """The means in short, for a terminal: a line of titles, then one per encoder."""
    columns: dict[str, Callable[[LabelledRow], Estimate]] = {}
    for category in result.rows[0].scores.neighbours:
        for space in SPACES:
            columns[f"{category} p@10, {space}"] = _neighbours(category, space, 10)
    parts: dict[str, _Part] = {
        "genre": lambda row: row.scores.genres,
        "emotion": lambda row: row.scores.emotions,
        "axis": lambda row: row.scores.circumplex,
    }
    for what, part in parts.items():
        for measure in _measures(result.rows, part):
            if measure in _BETTER_LOW:
                continue  # in the file: a terminal has no room for it
            columns[f"{what} {_MEASURES[measure]}"] = _mean(part, measure)
    lines = [("encoder", *columns)]
    for row in result.rows:
        found = [of(row) for of in columns.values()]
        lines.append((row.name, *(f"{one.value:.3f}" if one.count else "–" for one in found)))
    return lines


def _labels_json(scores: LabelScores) -> dict[str, Any]:
    return {
        "labels": [plain(one) for one in scores.labels],
        "means": plain(scores.means),
        "not_published": list(scores.not_published),
    }


def _neighbour_columns(category: str) -> _Columns:
    return {
        f"precision@{k}, {'as they are' if space == 'own' else 'centred on these clips'}": (
            _neighbours(category, space, k)
        )
        for space in SPACES
        for k in NEIGHBOUR_CUTOFFS
    }


def _neighbours(category: str, space: Space, k: int) -> Callable[[LabelledRow], Estimate]:
    return lambda row: row.scores.neighbours[category][space][k]


def _measures(rows: Sequence[LabelledRow], part: _Part) -> list[str]:
    """Measures that at least one row has."""
    return [name for name in _MEASURES if any(name in part(row).means for row in rows)]


def _mean(part: _Part, measure: str) -> Callable[[LabelledRow], Estimate]:
    return lambda row: part(row).means.get(measure, NOTHING)


def _label(part: _Part, place: int, measure: str) -> Callable[[LabelledRow], Estimate]:
    return lambda row: part(row).labels[place].measures.get(measure, NOTHING)


def _labels_lines(rows: Sequence[LabelledRow], what: str, title: str, part: _Part) -> list[str]:
    """Means over the labels, each label, and what was read; nothing when no row reads anything."""
    reading = [row for row in rows if part(row).means]
    if not reading:
        return []
    lines = [f"### {title}", ""]
    for measure in _measures(reading, part):
        columns = {f"{_MEASURES[measure]}, mean": _mean(part, measure)}
        for place, label in enumerate(part(reading[0]).labels):
            if any(measure in part(row).labels[place].measures for row in reading):
                columns[label.label] = _label(part, place, measure)
        lines += estimate_table(reading, columns, lowest=measure in _BETTER_LOW)
    for row in reading:
        lines.append(f"- {row.name}: {_reading(part(row), what)}")
    return [*lines, ""]


def _reading(scores: LabelScores, what: str) -> str:
    """How many labels a mean is over, what was read for those, and which are not published."""
    read = [one for one in scores.labels if one.read_out]
    text = f"{len(read)} of {len(scores.labels)} {what}"
    if named := [f"{one.label} by {one.read_out}" for one in read if _renamed(one)]:
        text += f"; {', '.join(named)}"
    if scores.not_published:
        text += f"; not published, not in the means: {', '.join(scores.not_published)}"
    return f"{text}."


def _renamed(score: LabelScore) -> bool:
    return score.read_out != score.label


def _accuracy_lines(rows: Sequence[LabelledRow]) -> list[str]:
    """How often genres are told apart: all that are published, and those chosen."""
    count = len(rows[0].scores.accuracies)
    if not count:
        return []
    lines = ["### Genres told apart", ""]
    titles = ["all genres that are published", "the chosen genres"][:count]
    lines += estimate_table(
        rows,
        {title: _accuracy(place) for place, title in enumerate(titles)},
    )
    for row in rows:
        lines.append(f"- {row.name}: {'; '.join(map(_method, row.scores.accuracies))}.")
    lines.append("")
    if count > 1:
        for row in rows:
            lines += _confusion_lines(row.name, row.scores.accuracies[1])
    return lines


def _accuracy(place: int) -> Callable[[LabelledRow], Estimate]:
    return lambda row: row.scores.accuracies[place].accuracy


def _method(accuracy: GenreAccuracy) -> str:
    if not accuracy.labels:
        return "not all of the genres are published"
    how = (
        "highest probability"
        if accuracy.method == "probabilities"
        else "five nearest clips by other artists"
    )
    return f"{how}, {len(accuracy.labels)} genres, {accuracy.accuracy.count} clips"


def _confusion_lines(name: str, accuracy: GenreAccuracy) -> list[str]:
    """Clips by genre (line) and by what an encoder's outputs say (column)."""
    if not accuracy.labels or accuracy.method != "probabilities":
        return []
    lines = [
        f"| {name}: is \\ is said to be | " + " | ".join(accuracy.labels) + " |",
        "|---" * (1 + len(accuracy.labels)) + "|",
    ]
    for label, counts in zip(accuracy.labels, accuracy.confusion.tolist(), strict=True):
        lines.append(f"| {label} | " + " | ".join(map(str, counts)) + " |")
    return [*lines, ""]
