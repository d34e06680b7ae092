"""``segue import``: a catalogue that ``segue export`` wrote, without embedding again."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path

import click

from segue.cli.options import retry_option, stack_options
from segue.cli.patience import Patience
from segue.cli.stack_address import find_stack
from segue.command import EXIT_FAILED, SegueCommand
from segue.exchange import require_pyarrow
from segue.output import say, say_json

_ROWS_SHOWN = 20


@click.command("import", cls=SegueCommand)
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option("--only-new", is_flag=True, help="Leave tracks alone that the catalogue holds.")
@retry_option
@stack_options
def import_(
    source: Path,
    only_new: bool,
    retry_seconds: float,
    address: str | None,
    data: Path | None,
    timeout_seconds: float,
    as_json: bool,
) -> None:
    """Store the tracks of SOURCE, a file or folder that segue export wrote.

    Nothing is embedded. Tracks with the same id are replaced, so the command can be run again.
    Leaves with 1 when rows were left out.
    """
    require_pyarrow()
    from segue.cli.catalogue_import import import_catalogue

    began = time.monotonic()
    stack = find_stack(address, data, timeout_seconds)
    with stack.client(Patience(retry_seconds)) as client:
        done = import_catalogue(client, source, only_new=only_new, quiet=as_json)
    seconds = time.monotonic() - began
    if as_json:
        say_json({"source": str(source), **asdict(done), "seconds": round(seconds, 3)})
    else:
        for row in done.left_out[:_ROWS_SHOWN]:
            say(f"{row.file}, row {row.row} {row.track_id}: {row.message} [{row.reason}]")
        if len(done.left_out) > _ROWS_SHOWN:
            say(f"... and {len(done.left_out) - _ROWS_SHOWN} more rows; see all with --json")
        if done.not_read:
            say(f"Columns that are not known were not read: {', '.join(done.not_read)}.")
        stayed = f"{done.existing} there already, " if only_new else ""
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(done.reasons().items()))
        say(
            f"{done.tracks} tracks of {done.space} imported, {stayed}{len(done.left_out)} rows "
            f"left out{f' ({reasons})' if reasons else ''}, in {seconds:.1f} s."
        )
    if done.left_out:
        raise SystemExit(EXIT_FAILED)
