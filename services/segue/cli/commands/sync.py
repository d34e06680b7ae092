"""``segue sync``: bring the catalogue to what folders say, once or from now on."""

from __future__ import annotations

import re
from pathlib import Path

import click

from segue.cli.chosen_catalogue import with_catalogue
from segue.cli.options import SourceType, retry_option, stack_options
from segue.cli.stack_address import data_folder, find_stack
from segue.cli.sync_result import report
from segue.cli.synchroniser import Synchroniser, SyncOptions
from segue.command import SegueCommand
from segue.errors import InvalidRequest
from segue.user_folders import state_folder

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}


class ServiceElsewhere(InvalidRequest):
    """The service cannot be expected to read this machine's files."""

    reason = "SYNC_NOT_LOCAL"
    next_step = (
        "Run the command on the service's machine; or, where the folders lie under the same paths "
        "there, say so with --same-paths."
    )


class DurationType(click.ParamType["float"]):
    """Seconds, or a number with a unit: ``90s``, ``15m``, ``12h``, ``7d``, ``2w``."""

    name = "DURATION"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhdw]?)", str(value).strip())
        if match is None:
            self.fail(f"{value!r} is not a duration such as 90s, 15m, 12h, 7d or 2w", param, ctx)
        return float(match[1]) * _UNITS[match[2]]


class ShareType(click.ParamType["float"]):
    """A percentage from 0 to 100, with or without its sign."""

    name = "PERCENT"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*%?", str(value).strip())
        if match is None or float(match[1]) > 100:
            self.fail(f"{value!r} is not a percentage from 0 to 100", param, ctx)
        return float(match[1]) / 100


@click.command(cls=SegueCommand)
@click.argument("folders", nargs=-1, required=True, type=SourceType(objects=False))
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--max-gone", "most_gone", type=ShareType(), default="10%",
              show_default=True,
              help="Stop, and change nothing, when more of a folder's tracks are "
              "gone.")  # fmt: skip
@click.option("--grace", "grace_seconds", type=DurationType(), default="0s", show_default=True,
              help="Delete a track only when its file has been missing for so long.")  # fmt: skip
@click.option("--retry", is_flag=True,
              help="Send again what was refused before and has not changed since.")  # fmt: skip
@click.option("--follow", is_flag=True, help="Go on: look again whenever something changes.")
@click.option("--rescan", "rescan_seconds", type=DurationType(), default="15m", show_default=True,
              help="With --follow: look again after so long at the latest.")  # fmt: skip
@click.option("--same-paths", is_flag=True,
              help="The service is elsewhere, and reads the folders under the same "
              "paths.")  # fmt: skip
@click.option("--state", envvar="SEGUE_SYNC_STATE", type=click.Path(path_type=Path),
              help="Folder of what makes the next run quick; it may be lost.  [default: "
              "$XDG_STATE_HOME/segue/sync, else ~/.local/state/segue/sync]")  # fmt: skip
@retry_option
@stack_options
def sync(
    folders: tuple[Path, ...],
    dry_run: bool,
    most_gone: float,
    grace_seconds: float,
    retry: bool,
    follow: bool,
    rescan_seconds: float,
    same_paths: bool,
    state: Path | None,
    retry_seconds: float,
    address: str | None,
    data: Path | None,
    timeout_seconds: float,
    as_json: bool,
) -> None:
    """Bring the catalogue to what FOLDERS say: what is new, changed, moved, gone.

    A file that moved keeps its track's id and corrections; a track whose file is gone is deleted.
    Only tracks from below the folders are touched. A folder that is empty or not there, as one on
    a disk that is not mounted, deletes nothing. A folder's manifest is heeded as in `segue ingest`.

    Audio that was refused before and has not changed since is counted, and not sent again.

    Leaves with 0 when the catalogue says what the folders say, 1 when something could not be taken
    or too much is gone, 3 when contact was lost.
    """
    stack = find_stack(address, data, timeout_seconds)
    if not (stack.on_this_machine or same_paths):
        raise ServiceElsewhere(f"{stack.address} is another machine, and may not see these folders")
    if follow and dry_run:
        raise click.UsageError("--follow and --dry-run exclude each other")
    synchroniser = Synchroniser(
        stack,
        folders,
        SyncOptions(
            most_gone=most_gone,
            grace_seconds=grace_seconds,
            dry_run=dry_run,
            retry=retry,
            keep_all=as_json,
            retry_seconds=retry_seconds,
        ),
        memory_folder=(state or state_folder() / "sync").expanduser(),
        # The port of an embedded stack may be another after each start.
        service=with_catalogue(address or str(data_folder(data).root)),
    )
    if follow:
        # Watches are slow to import, and needless for one look.
        from segue.cli.following import follow_folders

        follow_folders(synchroniser, folders, rescan_seconds=rescan_seconds, as_json=as_json)
        return
    raise SystemExit(report(synchroniser.run(), as_json=as_json))
