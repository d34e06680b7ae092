"""``segue rank simulate``: mixing and cold start, on a simulated catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich import box
from rich.table import Table

from segue.collaborative import require_implicit
from segue.command import SegueCommand, json_option
from segue.output import PlainConsole, say, say_json
from segue.ranker_training import require_lightgbm, require_matplotlib

if TYPE_CHECKING:
    from segue.ranker_training.simulated_comparison import Line


@click.command(cls=SegueCommand)
@click.option("--repetitions", type=click.IntRange(1, 100), default=5, show_default=True,
              help="Catalogues that are simulated for each share of cold tracks.")  # fmt: skip
@click.option("--tracks", type=click.IntRange(200, 100_000), default=2_000, show_default=True)
@click.option("--listeners", type=click.IntRange(100, 100_000), default=800, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--output", type=click.Path(path_type=Path, file_okay=False),
              help="Folder for simulated.json and simulated.png.")  # fmt: skip
@json_option
def simulate(
    repetitions: int,
    tracks: int,
    listeners: int,
    seed: int,
    output: Path | None,
    as_json: bool,
) -> None:
    """Compare the fusions, the ranker and either side alone, by the share of cold tracks.

    Tracks and listeners are simulated; docs/hybrid.md states how. Nothing is published.
    """
    require_implicit()
    require_lightgbm()
    if output is not None:
        require_matplotlib()
    from segue.ranker_training.comparison import LEARNED
    from segue.ranker_training.simulated_comparison import K, compare_simulated, write_lines
    from segue.ranker_training.simulation import World

    world = World(tracks=tracks, artists=max(20, tracks * 3 // 20), listeners=listeners)
    lines = compare_simulated(world, repetitions=repetitions, seed=seed)
    if output is not None:
        from segue.ranker_training.plotting import draw

        write_lines(lines, world, output / "simulated.json", repetitions=repetitions, seed=seed)
        draw(lines, output / "simulated.png")
    if as_json:
        say_json({"world": asdict(world), "lines": [asdict(one) for one in lines]})
        return
    _show(lines, f"NDCG@{K}", "ndcg", repetitions)
    _show(lines, f"recall@{K}", "recall", repetitions)
    others = [one for one in lines if one.order != LEARNED]
    _show(others, f"How far the ranker leads in NDCG@{K}", "lead", repetitions)


def _show(lines: Sequence[Line], title: str, measure: str, repetitions: int) -> None:
    say(f"{title} by the share of cold tracks; means of {repetitions} with 95 % intervals:")
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("order", no_wrap=True)
    for share in dict.fromkeys(one.cold_share for one in lines):
        table.add_column(f"{share:g}", justify="right", no_wrap=True)
    for order in dict.fromkeys(one.order for one in lines):
        found = [getattr(one, measure) for one in lines if one.order == order]
        table.add_row(order, *(f"{one.mean:.3f} ± {(one.high - one.low) / 2:.3f}" for one in found))
    PlainConsole(width=130).print(table)
