"""``segue cf evaluate``: recommenders on the Last.fm data set, warm and cold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich import box
from rich.table import Table

from segue.collaborative import require_implicit
from segue.command import SegueCommand, json_option
from segue.output import PlainConsole, say, say_json

if TYPE_CHECKING:
    from segue.collaborative.evaluation.comparison import Line


@click.command(cls=SegueCommand)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--factors", type=click.IntRange(1, 512), default=64, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=2011, show_default=True,
              help="Of the splits and the models.")  # fmt: skip
@click.option("--validation", is_flag=True, help="Measure on the validation part, to choose by.")
@json_option
def evaluate(folder: Path, factors: int, seed: int, validation: bool, as_json: bool) -> None:
    """Compare recommenders on FOLDER, which holds hetrec2011-lastfm-2k.

    Warm: of each listener's artists 80 % to learn from, 10 % to choose by, 10 % to measure on.
    Cold: of all artists 70 %, 20 % and 10 %; nobody was heard of those that are measured on.
    """
    require_implicit()
    from segue.collaborative.evaluation.cold_items import compare_cold
    from segue.collaborative.evaluation.comparison import compare, models
    from segue.collaborative.evaluation.lastfm import read_lastfm
    from segue.collaborative.evaluation.protocol import split_items, split_pairs

    data = read_lastfm(folder)
    warm = compare(
        split_pairs(data.heard, shares=(0.8, 0.1, 0.1), seed=seed),
        models(factors=factors, tracks=data.heard.shape[1], seed=seed),
        tested=not validation,
    )
    cold = compare_cold(
        split_items(data.heard, shares=(0.7, 0.2, 0.1), seed=seed),
        data.tags,
        factors=factors,
        seed=seed,
        tested=not validation,
    )
    if as_json:
        say_json({"warm": fields_of(warm), "cold": fields_of(cold)})
        return

    def show(title: str, lines: Sequence[Line]) -> None:
        say(f"{title}: {lines[0].listeners} listeners, means with 95 % intervals")
        PlainConsole(width=110).print(table_of(lines))

    show("Warm items", warm)
    show("Cold items", cold)


def table_of(lines: Sequence[Line]) -> Table:
    """Lines of a comparison as a table."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("model")
    for name in ("recall@20", "NDCG@20", "MAP@20", "fit"):
        table.add_column(name, justify="right")
    for line in lines:
        cells = [f"{one.mean:.4f} ({one.low:.4f}-{one.high:.4f})" for one in line.measures.values()]
        table.add_row(line.name, *cells, f"{line.fit_seconds:.1f} s")
    return table


def fields_of(lines: Sequence[Line]) -> list[dict[str, object]]:
    """Lines of a comparison for ``--json``."""
    return [
        {
            "model": line.name,
            "listeners": line.listeners,
            "fit_seconds": round(line.fit_seconds, 3),
            **{
                f"{metric}@20": {"mean": one.mean, "low": one.low, "high": one.high}
                for metric, one in line.measures.items()
            },
        }
        for line in lines
    ]
