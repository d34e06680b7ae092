"""``segue ingest``: send audio to a stack and watch it arrive."""

from __future__ import annotations

import os
from pathlib import Path

import click

from segue.cli.chosen_catalogue import with_catalogue
from segue.cli.ingest_journal import IngestJournal
from segue.cli.ingest_result import finish
from segue.cli.job_follower import JobFollower
from segue.cli.kept_uploads import kept_to_ingest
from segue.cli.options import KeptSource, SourceType, retry_option, stack_options
from segue.cli.sender import Sender
from segue.cli.sources import collect
from segue.cli.stack_address import data_folder, find_stack
from segue.command import SegueCommand
from segue.errors import SegueError
from segue.object_names import ObjectName
from segue.output import say
from segue.user_folders import state_folder


class NothingToIngest(SegueError):
    """Nothing of what was named can be ingested."""

    reason = "NOTHING_TO_INGEST"
    next_step = "Name audio files, folders that hold some, playlists, or CSV or JSONL manifests."


@click.command(cls=SegueCommand)
@click.argument("sources", nargs=-1, required=True, type=SourceType(objects=True))
@click.option("--upload/--no-upload", default=None,
              help="Send the files' bytes instead of their paths.  [default: unless the stack is "
              "on this machine and yours]")  # fmt: skip
@click.option("--force", is_flag=True, help="Embed again what is unchanged since the last time.")
@click.option("--resume/--no-resume", default=True,
              help="Go on with a run of the same command that was cut off: nothing that it sent is "
              "sent again.  [default: resume]")  # fmt: skip
@click.option("--watch/--no-watch", default=True, help="Wait until every track has arrived.")
@retry_option
@stack_options
def ingest(
    sources: tuple[Path | ObjectName | KeptSource, ...],
    upload: bool | None,
    force: bool,
    resume: bool,
    watch: bool,
    retry_seconds: float,
    address: str | None,
    data: Path | None,
    timeout_seconds: float,
    as_json: bool,
) -> None:
    """Ingest audio files, folders of them, manifests and playlists (SOURCES).

    A manifest (CSV, JSONL) names one track per line: path or uri, and optionally track_id, title,
    artist, album, genres, moods, year. Relative paths start at the manifest. What is not given is
    read from tags. A playlist (M3U8, XSPF, JSPF) stands for the files and addresses that it names.
    A folder's own manifest.jsonl or manifest.csv is used; audio that it does not name is taken too.
    A file that a cue sheet divides, beside it or in it, is one track for each of the sheet's; name
    the file itself to have it whole. Links are followed, each file counts once, and the summary
    says what was left out of a folder, such as playlists.
    s3://bucket/key names an object, s3://bucket/folder/ all audio below it, listed with the
    credentials of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (AWS_ENDPOINT_URL: not AWS).
    kept:// stands for all uploads that the stack keeps: after a change of the model it embeds them.

    A run that was killed or lost contact is taken up when the same command is run again.

    Leaves with 0 when every track is in the catalogue, 1 when some failed or could not be taken, 3
    when contact was lost.
    """
    stack = find_stack(address, data, timeout_seconds)
    digests = [one.sha256 for one in sources if isinstance(one, KeptSource)]
    by_bytes = not stack.reads_files if upload is None else upload
    found = collect(
        (one for one in sources if not isinstance(one, KeptSource)),
        force=force,
        keep_all=as_json,
        whole=by_bytes,
    )
    follower = JobFollower(stack, retry_seconds=retry_seconds, quiet=as_json)
    follower.result.failures += found.problems
    follower.result.left_out = found.left_out
    follower.result.divided = found.divided
    for sheet in found.unheeded_sheets:
        follower.note(sheet.reason, f"{sheet.place}: {sheet.message}. {sheet.next_step}")
    if not as_json:
        for note in found.notes:
            say(note, err=True)
    journal = IngestJournal(
        state_folder() / "ingest",
        with_catalogue(address or str(data_folder(data).root)),
        [
            *(os.path.realpath(one) if isinstance(one, Path) else str(one) for one in sources),
            f"{by_bytes} {force}",
        ],
        resume=resume,
    )
    sender = Sender(follower, upload=by_bytes, journal=journal)
    with (
        journal,
        stack.client(follower.patience) as client,
        follower.keeping_what_was_accepted(),
    ):
        if digests:
            found.items += kept_to_ingest(client, digests, follower.result.failures, force=force)
        if found.items:
            sender.send(client, found.items)
        elif not follower.result.failures:
            raise NothingToIngest("nothing to ingest")
        if watch:
            follower.follow(client)
        elif follower.result.jobs:
            follower.look_for_workers(client)
        journal.end()
    finish(follower.result, watched=watch, as_json=as_json)
