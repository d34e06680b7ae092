"""``segue export``: the whole catalogue, vectors included, as Parquet."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path

import click

from segue.cli.options import retry_option, stack_options
from segue.cli.patience import Patience
from segue.cli.stack_address import find_stack
from segue.command import SegueCommand
from segue.exchange import require_pyarrow
from segue.output import say, say_json
from segue.tracks import LabelMatch, TrackFilter


@click.command(cls=SegueCommand)
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--genre", "genres", multiple=True, help="Of this genre; several: of any of them.")
@click.option("--mood", "moods", multiple=True, help="Of this mood; several: of any of them.")
@click.option("--artist", "artists", multiple=True, help="By this artist; several: by any.")
@click.option("--album", "albums", multiple=True, help="Of this album; several: of any.")
@click.option("--overwrite", is_flag=True, help="Replace an earlier export at this place.")
@retry_option
@stack_options
def export(
    target: Path,
    genres: tuple[str, ...],
    moods: tuple[str, ...],
    artists: tuple[str, ...],
    albums: tuple[str, ...],
    overwrite: bool,
    retry_seconds: float,
    address: str | None,
    data: Path | None,
    timeout_seconds: float,
    as_json: bool,
) -> None:
    """Write the catalogue to TARGET: metadata, predictions, and all vectors.

    A TARGET that ends with .parquet is one file, any other a folder of parts of half a gigabyte.
    It appears once it is whole. Only the owner of a stack may export.
    """
    require_pyarrow()
    from segue.cli.catalogue_export import export_catalogue

    where = TrackFilter(
        genres=LabelMatch(any_of=genres),
        moods=LabelMatch(any_of=moods),
        artists=LabelMatch(any_of=artists),
        albums=LabelMatch(any_of=albums),
    )
    began = time.monotonic()
    stack = find_stack(address, data, timeout_seconds)
    with stack.client(Patience(retry_seconds)) as client:
        done = export_catalogue(client, target, where=where, overwrite=overwrite, quiet=as_json)
    seconds = time.monotonic() - began
    if as_json:
        say_json({"target": str(target), **asdict(done), "seconds": round(seconds, 3)})
    else:
        say(
            f"{target}: {done.tracks} tracks of {done.space}, {done.bytes / 1e6:.1f} MB, in "
            f"{seconds:.1f} s."
        )
