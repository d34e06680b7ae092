"""The picture of a comparison on simulated catalogues."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from segue.ranker_training.simulated_comparison import K, Line

_DPI = 100
_MARKS = "osD^vP"


def draw(lines: Sequence[Line], path: Path) -> None:
    """Draw both measures of every order by the share of cold tracks, with intervals, as PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.5, 3.6), layout="constrained")
    both = figure.subplots(1, 2)
    orders = list(dict.fromkeys(one.order for one in lines))
    for axes, measure, name in zip(
        both, ("ndcg", "recall"), (f"NDCG@{K}", f"recall@{K}"), strict=True
    ):
        for number, order in enumerate(orders):
            own = [one for one in lines if one.order == order]
            found = [getattr(one, measure) for one in own]
            axes.errorbar(
                # A little apart, so that no interval hides another.
                [one.cold_share + 0.006 * (number - len(orders) / 2) for one in own],
                [one.mean for one in found],
                yerr=[
                    [one.mean - one.low for one in found],
                    [one.high - one.mean for one in found],
                ],
                marker=_MARKS[number % len(_MARKS)],
                markersize=4,
                linewidth=1.4,
                capsize=2,
                label=order,
            )
        axes.set_xlabel("share of cold tracks")
        axes.set_ylabel(name)
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
    both[0].legend(fontsize="small")
    figure.savefig(path, dpi=_DPI)
