"""Pictures of an evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from segue.tracks import Matrix
from segue.trainer.evaluation.baselines import MFCC_FRONT_END
from segue.trainer.evaluation.bootstrap import Estimate
from segue.trainer.evaluation.results import Row, SetResult
from segue.trainer.evaluation.scores import GenreAccuracy
from segue.trainer.evaluation.sets import EvaluationSet

_DPI = 110
_PERPLEXITY = 30.0
_COLUMNS = 5


def draw(result: SetResult, folder: Path, *, seed: int) -> list[str]:
    """Write a set's pictures as PNG; return their file names.

    A set without genres has only the comparison of encoders.
    """
    drawn: list[str] = []

    def save(figure: Figure, what: str) -> None:
        name = f"{_file_name(result.evaluation_set.name)}-{_file_name(what)}.png"
        figure.savefig(folder / name, dpi=_DPI)
        drawn.append(name)

    save(precision_figure(result), "precision")
    if "genre" not in result.evaluation_set.tasks:
        return drawn
    save(playlist_figure(result), "playlists")
    for row in result.rows:
        if row.name != "random":
            save(space_figure(result.evaluation_set, row, seed=seed), f"space-{row.name}")
        if row.genres:
            for accuracy in row.scores.genre_accuracy:
                several = f"-{len(accuracy.labels)}" if len(row.scores.genre_accuracy) > 1 else ""
                figure = confusion_figure(row.name, accuracy)
                save(figure, f"confusion-{row.name}{several}")
            save(composition_figure(result.evaluation_set, row), f"composition-{row.name}")
    save(spectrogram_figure(result.evaluation_set), "spectrograms")
    return drawn


def precision_figure(result: SetResult) -> Figure:
    """Pairwise mean average precision of every encoder, with intervals."""
    tasks = result.evaluation_set.tasks
    figure = Figure(
        figsize=(4.2 * len(tasks) + 1, 1.4 + 0.38 * len(result.rows)), layout="constrained"
    )
    axes = figure.subplots(1, len(tasks), sharey=True, squeeze=False)[0]
    for axis, task in zip(axes, tasks, strict=True):
        found = [row.scores.pairwise[task] for row in result.rows]
        _bars(axis, found, "C0")
        for place, one in enumerate(found):
            axis.text(one.high + 0.02, place, f"{one.value:.3f}", va="center", fontsize=9)
        axis.set_xlim(0, 1.15)
        axis.set_xlabel("mean average precision")
        axis.set_title(f"same {task}")
    axes[0].set_yticks(range(len(result.rows)), [row.name for row in result.rows])
    axes[0].invert_yaxis()
    return _titled(
        figure, f"{result.evaluation_set.name}: ranked pairwise distances, 95 % intervals"
    )


def playlist_figure(result: SetResult) -> Figure:
    """Cohesion and genre entropy of playlists, with intervals."""
    lists = [
        (row.name if space == "embedding" else f"{row.name}, genre space", measures)
        for row in result.rows
        for space, measures in row.scores.playlists.items()
    ]
    figure = Figure(figsize=(10, 1.6 + 0.38 * len(lists)), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    titles = {
        "cohesion": ("semantic cohesion", "share of pairs with a genre in common"),
        "genre_entropy": ("diversity", "genre entropy (bits)"),
    }
    for axis, (measure, (title, label)) in zip(axes, titles.items(), strict=True):
        _bars(axis, [measures[measure] for _, measures in lists], "C2")
        axis.set_title(title)
        axis.set_xlabel(label)
    axes[0].set_yticks(range(len(lists)), [name for name, _ in lists])
    axes[0].invert_yaxis()
    return _titled(figure, f"{result.evaluation_set.name}: playlists of the ten nearest songs")


def space_figure(evaluation_set: EvaluationSet, row: Row, *, seed: int) -> Figure:
    """Songs in the plane, by PCA (global structure) and t-SNE (neighbourhoods)."""
    shown = [task for task in ("genre", "mood") if task in evaluation_set.tasks]
    figure = Figure(figsize=(13.5, 5.4 * len(shown)), layout="constrained")
    grid = figure.subplots(len(shown), 2, squeeze=False)
    planes = {"PCA": _principal_plane(row.songs.vectors), "t-SNE": _neighbour_plane(row, seed)}
    for axes, task in zip(grid, shown, strict=True):
        names = [own[0] if own else "none" for own in evaluation_set.labels(task)]
        for axis, (method, plane) in zip(axes, planes.items(), strict=True):
            _scatter(axis, plane, names)
            axis.set_title(f"{method}, by {task}")
            axis.set_xlabel(f"{method} 1")
            axis.set_ylabel(f"{method} 2")
            axis.set_xticks([])
            axis.set_yticks([])
        axes[1].legend(
            loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, title=task, fontsize=9
        )
    return _titled(figure, f"{row.name}: songs of {evaluation_set.name}")


def confusion_figure(name: str, accuracy: GenreAccuracy) -> Figure:
    """Share of each genre's songs by predicted genre; the numbers are songs."""
    labels, confusion = accuracy.labels, accuracy.confusion
    side = 2.6 + 0.42 * len(labels)
    figure = Figure(figsize=(side + 0.8, side), layout="constrained")
    axis = figure.subplots()
    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    image = axis.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), count in np.ndenumerate(confusion):
        if count:
            colour = "white" if shares[row, column] > 0.5 else "black"
            axis.text(column, row, str(count), ha="center", va="center", color=colour, fontsize=8)
    axis.set_xticks(range(len(labels)), labels, rotation=60, ha="right")
    axis.set_yticks(range(len(labels)), labels)
    axis.set_xlabel("predicted genre")
    axis.set_ylabel("genre")
    figure.colorbar(image, ax=axis, label="share of the genre's songs", shrink=0.8)
    value = accuracy.accuracy.value
    return _titled(figure, f"{name}: accuracy {value:.1%} of {confusion.sum()} songs")


def composition_figure(evaluation_set: EvaluationSet, row: Row) -> Figure:
    """Genre composition of the song whose second genre weighs most."""
    assert row.songs.genre_probabilities is not None  # noqa: S101  # rows with genres have them
    song = int(np.sort(row.songs.genre_probabilities, axis=1)[:, -2].argmax())
    shares = row.songs.genre_probabilities[song]
    order = np.argsort(shares)
    figure = Figure(figsize=(7, 1.6 + 0.3 * len(row.genres)), layout="constrained")
    axis = figure.subplots()
    axis.barh([row.genres[place] for place in order], shares[order], color="C1")
    for place, share in enumerate(shares[order]):
        axis.text(share, place, f" {share:.0%}", va="center", fontsize=9)
    axis.set_xlim(0, 1.15 * float(shares.max()))
    axis.set_xlabel("mean probability over the song")
    track = evaluation_set.tracks[song]
    given = ", ".join(track.genres) or "none"
    return _titled(figure, f"{row.name}: genre composition of {track.track_id} (given: {given})")


def spectrogram_figure(evaluation_set: EvaluationSet) -> Figure:
    """Log-mel spectrogram of one clip of every genre."""
    import librosa.display

    firsts: dict[str, int] = {}
    for number, own in enumerate(evaluation_set.labels("genre")):
        if own:
            firsts.setdefault(own[0], number)
    wanted = {
        int(np.flatnonzero(evaluation_set.clip_track == track)[0]): genre
        for genre, track in sorted(firsts.items())
    }
    front = MFCC_FRONT_END
    pictures = {
        wanted[clip]: log_mel
        for clip, log_mel in enumerate(evaluation_set.log_mels(front))
        if clip in wanted
    }
    columns = min(_COLUMNS, len(wanted))
    lines = -(-len(wanted) // columns)
    figure = Figure(figsize=(2.8 * columns + 1, 2.1 * lines + 0.8), layout="constrained")
    grid = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
    image = None
    for place, axis in enumerate(grid.flat):
        if place >= len(wanted):
            axis.axis("off")
            continue
        genre = sorted(pictures)[place]
        image = librosa.display.specshow(
            pictures[genre],
            sr=front.rate_hz,
            hop_length=front.hop,
            fmin=front.low_hz,
            fmax=front.high_hz,
            x_axis="s",
            y_axis="mel",
            cmap="magma",
            vmin=front.floor_db,
            vmax=0,
            ax=axis,
        )
        axis.set_title(genre, fontsize=10)
        axis.label_outer()
        if place + columns >= len(wanted):
            axis.tick_params(labelbottom=True)
    if image is not None:
        figure.colorbar(image, ax=grid, label="dB", shrink=0.6, pad=0.01)
    return _titled(figure, f"{evaluation_set.name}: a clip of each genre")


def _bars(axis: Axes, found: Sequence[Estimate], colour: str) -> None:
    """A bar for each estimate, with its interval."""
    places = range(len(found))
    axis.barh(places, [one.value for one in found], color=colour)
    axis.hlines(places, [one.low for one in found], [one.high for one in found], color="0.3")


def _principal_plane(vectors: Matrix) -> Matrix:
    from sklearn.decomposition import PCA

    return np.asarray(PCA(2, svd_solver="full").fit_transform(vectors), np.float32)


def _neighbour_plane(row: Row, seed: int) -> Matrix:
    from sklearn.manifold import TSNE

    vectors = row.songs.vectors
    method = TSNE(
        perplexity=min(_PERPLEXITY, (len(vectors) - 1) / 3), init="pca", random_state=seed
    )
    return np.asarray(method.fit_transform(vectors), np.float32)


def _scatter(axis: Axes, plane: Matrix, names: Sequence[str]) -> None:
    distinct = sorted(set(names))
    colours = mpl.colormaps["tab20" if len(distinct) > 10 else "tab10"]
    markers = "os^D"
    for place, name in enumerate(distinct):
        own = np.array([one == name for one in names])
        axis.scatter(
            plane[own, 0],
            plane[own, 1],
            s=22,
            color=to_hex(colours(place % colours.N)),
            marker=markers[place // colours.N % len(markers)],
            label=name,
        )


def _titled(figure: Figure, title: str) -> Figure:
    figure.suptitle(title)
    return figure


def _file_name(name: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in name)
