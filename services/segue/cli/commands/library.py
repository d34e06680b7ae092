"""``segue library``: what another program's library says, as a manifest and as scores."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

import click

from segue.cli.library_conversion import Converted, Paths, convert
from segue.command import EXIT_FAILED, SegueCommand, json_option
from segue.library.players.opening import kind_of, library_tracks
from segue.output import say, say_json

_PATH = click.Path(path_type=Path)


class MoveType(click.ParamType["tuple[str, str]"]):
    """Two folders: ``THEIRS=OURS``."""

    name = "THEIRS=OURS"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        theirs, _, ours = str(value).partition("=")
        if not theirs or not ours:
            self.fail(f"{value!r} is not the library's folder, =, and the one here", param, ctx)
        return theirs, str(Path(ours).resolve())


@click.command(cls=SegueCommand)
@click.argument("file", type=_PATH)
@click.option("--manifest", type=_PATH, help="Write a manifest for `segue ingest` (JSONL).")
@click.option("--scores", type=_PATH,
              help="Write who likes what, for `segue collaborative serve` (CSV).")  # fmt: skip
@click.option("--map", "moved", type=MoveType(), multiple=True,
              help="This machine has the library's folder THEIRS as OURS; several: the first that "
              "fits.")  # fmt: skip
@click.option("--music", type=click.Path(path_type=Path, file_okay=False),
              help="Where the library's relative paths begin.  [default: the folder of "
              "FILE]")  # fmt: skip
@click.option("--listener",
              help="Of a library with accounts, only this one's liking; of others, whose it is.  "
              "[default: all; nobody's in particular]")  # fmt: skip
@click.option("--check/--no-check", default=True,
              help="Leave out files that are not there.  [default: check]")  # fmt: skip
@click.option("--overwrite", is_flag=True, help="Replace files of an earlier run.")
@json_option
def library(
    file: Path,
    manifest: Path | None,
    scores: Path | None,
    moved: tuple[tuple[str, str], ...],
    music: Path | None,
    listener: str | None,
    check: bool,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Turn the library of beets, Navidrome, iTunes or Music (FILE) into files for Segue.

    FILE is the library.db of beets, the navidrome.db of Navidrome, or the XML file that iTunes and
    Music export. It is only read. The manifest names the files with what the library knows and tags
    need not say. The scores say by plays, ratings and favourites who likes what, of tracks that are
    ingested by that manifest or from the same paths. Without either, the library is counted.

    Leaves with 0 when every file was taken, 1 when some are not there.
    """
    for target in (manifest, scores):
        if target is not None and _same(target, file):
            raise click.UsageError(f"{str(target)!r} is the library itself")
    if manifest is not None and scores is not None and _same(manifest, scores):
        raise click.UsageError("--manifest and --scores name the same file")
    kind = kind_of(file)
    converted = convert(
        library_tracks(file, kind),
        Paths(os.path.realpath(file.parent if music is None else music), moved, check),
        manifest=manifest,
        scores=scores,
        listener=listener,
        overwrite=overwrite,
        keep_all=as_json,
    )
    if as_json:
        say_json({"kind": kind, **asdict(converted)})
    else:
        for line in _lines(file, kind, converted):
            say(line)
    if converted.missing:
        raise SystemExit(EXIT_FAILED)


def _same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def _lines(file: Path, kind: str, converted: Converted) -> list[str]:
    lines = [
        f"{file}: library of {kind}, {converted.tracks} tracks, {converted.likings} scores of "
        f"{len(converted.listeners)} listeners."
    ]
    if converted.no_files:
        lines.append(f"{converted.no_files} entries are no files.")
    if converted.repeated:
        lines.append(f"{converted.repeated} entries name a file that another names too.")
    if converted.missing:
        lines.append(f"{converted.missing} files cannot be taken:")
        lines += [f"  {one.message} [{one.reason}]" for one in converted.problems]
        if converted.missing > len(converted.problems):
            lines.append(f"  and {converted.missing - len(converted.problems)} more (--json)")
        lines.append(converted.problems[0].next_step)
    return lines
