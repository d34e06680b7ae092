"""The evaluation as JSON and as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import segue
from segue.trainer.evaluation.bootstrap import RESAMPLES
from segue.trainer.evaluation.labelled.report import labelled_json, labelled_lines
from segue.trainer.evaluation.labelled.results import LabelledResult
from segue.trainer.evaluation.results import Row, SetResult
from segue.trainer.evaluation.scores import Measures, ScoreSettings
from segue.trainer.evaluation.tables import (
    REFERENCE,
    cell,
    encoder_table,
    estimate_table,
    left_out_lines,
    plain,
)

_SHOWN = {
    "map": "mAP",
    "r_precision": "R-precision",
    "recall_at_1": "recall@1",
    "recall_at_5": "recall@5",
    "recall_at_10": "recall@10",
    "ndcg_at_5": "NDCG@5",
    "ndcg_at_10": "NDCG@10",
}
_PLAYLIST_COLUMNS = {
    "cohesion": "cohesion",
    "seed_cohesion": "cohesion with the seed",
    "genre_entropy": "genre entropy (bits)",
}


def as_json(
    results: Iterable[SetResult], labelled: Iterable[LabelledResult], settings: ScoreSettings
) -> dict[str, Any]:
    """Every number, as plain values; what is not a number is None."""
    return {
        "segue": segue.__version__,
        "artist_filter": settings.artist_filter,
        "seed": settings.seed,
        "resamples": RESAMPLES,
        "sets": [
            {
                "name": result.evaluation_set.name,
                "tracks": len(result.evaluation_set.tracks),
                "artists": len(set(result.evaluation_set.artists.tolist())),
                "clips": len(result.evaluation_set.clip_track),
                "clip_seconds": result.evaluation_set.plan.seconds,
                "clips_per_track": result.evaluation_set.plan.count,
                "left_out": dict(result.evaluation_set.left_out),
                "encoders": [
                    {
                        "name": row.name,
                        "description": row.description,
                        "dimension": row.dimension,
                        **plain(row.scores),
                    }
                    for row in result.rows
                ],
            }
            for result in results
        ],
        "labelled": [labelled_json(result) for result in labelled],
    }


def as_markdown(
    results: Sequence[SetResult],
    labelled: Sequence[LabelledResult],
    settings: ScoreSettings,
    pictures: Mapping[str, Sequence[str]],
) -> str:
    """Tables for people.

    Parameters
    ----------
    pictures
        By set name: file names of its plots, beside the report.
    """
    lines = [
        "# Evaluation",
        "",
        f"Segue {segue.__version__}, seed {settings.seed}, "
        f"{'with' if settings.artist_filter else 'without'} artist filter (music with labels: "
        f"always with). Brackets: 95 % bootstrap intervals ({RESAMPLES:,} resamples, over "
        "categories for the pairwise form, over artists for music with labels, over tracks "
        f"otherwise). ×: ratio to the `{REFERENCE}` row. Bold: best.",
        "",
    ]
    for result in results:
        lines += _set_lines(result, settings)
        for picture in pictures.get(result.evaluation_set.name, ()):
            lines += [f"![{picture}]({picture})", ""]
    for judged in labelled:
        lines += labelled_lines(judged)
    return "\n".join(lines)


def summary(result: SetResult) -> list[tuple[str, ...]]:
    """The first table in short, for a terminal: a line of titles, then one per encoder."""
    tasks = result.evaluation_set.tasks
    titles = ("encoder", *(f"{task} mAP" for task in tasks), "song recall@1")
    lines = [titles]
    for row in result.rows:
        found = [row.scores.pairwise[task] for task in tasks]
        found.append(row.scores.songs["track"]["recall_at_1"])
        lines.append((row.name, *(f"{one.value:.3f}" for one in found)))
    return lines


def _set_lines(result: SetResult, settings: ScoreSettings) -> list[str]:
    evaluation_set, rows = result.evaluation_set, result.rows
    lines = [
        f"## {evaluation_set.name}",
        "",
        f"{len(evaluation_set.tracks)} tracks, {len(evaluation_set.clip_track)} clips of "
        f"{evaluation_set.plan.seconds:g} s, at most {evaluation_set.plan.count} of a track, "
        "spread over it without overlap.",
        "",
    ]
    lines += left_out_lines(evaluation_set.left_out, "tracks")
    lines += encoder_table(rows)
    lines += ["### Mean average precision over categories, ranked pairwise distances", ""]
    lines += estimate_table(
        rows,
        {task: lambda row, task=task: row.scores.pairwise[task] for task in evaluation_set.tasks},  # type: ignore[misc]
        ratio=True,
    )
    for task in evaluation_set.tasks:
        lines += [f"### Retrieval by clip: same {task}", ""]
        lines += _measures_table(rows, lambda row, task=task: row.scores.clips[task])  # type: ignore[misc]
    for task in evaluation_set.tasks:
        lines += [
            "### Retrieval of songs by a clip: the track that it is of"
            if task == "track"
            else f"### Retrieval by song: same {task}",
            "",
        ]
        lines += _measures_table(rows, lambda row, task=task: row.scores.songs[task])  # type: ignore[misc]
    if "genre" in evaluation_set.tasks:
        lines += _genre_lines(rows, settings)
        lines += _playlist_lines(rows)
    return lines


def _genre_lines(rows: Sequence[Row], settings: ScoreSettings) -> list[str]:
    lines = ["### Genre accuracy by song", ""]
    names = ["all genres", *([", ".join(settings.genres)] if settings.genres else [])]
    columns = {
        name: lambda row, place=place: row.scores.genre_accuracy[place].accuracy
        for place, name in enumerate(names)
    }
    lines += estimate_table(rows, columns)
    judged = {row.name: row.scores.genre_accuracy[0].method for row in rows}
    by_head = [name for name, method in judged.items() if method == "probabilities"]
    by_probability = f" except {', '.join(by_head)}: highest genre probability" if by_head else ""
    return [*lines, f"Five nearest songs of other artists{by_probability}.", ""]


def _playlist_lines(rows: Sequence[Row]) -> list[str]:
    lines = ["### Playlists of the ten nearest songs", ""]
    lines += ["| encoder | space | " + " | ".join(_PLAYLIST_COLUMNS.values()) + " |"]
    lines += ["|---" * (2 + len(_PLAYLIST_COLUMNS)) + "|"]
    for row in rows:
        for space, measures in row.scores.playlists.items():
            cells = [cell(measures[name]) for name in _PLAYLIST_COLUMNS]
            lines.append(f"| {row.name} | {space} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def _measures_table(rows: Sequence[Row], measures: Callable[[Row], Measures]) -> list[str]:
    columns = {title: lambda row, name=name: measures(row)[name] for name, title in _SHOWN.items()}
    return estimate_table(rows, columns)
