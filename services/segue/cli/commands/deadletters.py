"""``segue deadletters``: what failed for good, another try for it, or none."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import Any

import click
from google.protobuf.json_format import MessageToDict

from segue.cli.client import SegueClient
from segue.cli.json_output import print_json
from segue.cli.options import stack_options
from segue.cli.pages import pages
from segue.cli.stack_address import find_stack
from segue.command import SegueCommand
from segue.errors import NotFound
from segue.output import say, say_json
from segue.v1 import catalog_service_pb2


@click.group()
def deadletters() -> None:
    """List tracks whose ingest failed for good, try them again, or dismiss them."""


@deadletters.command("list", cls=SegueCommand)
@click.option("--reason", default="", metavar="CODE", help="Only those with this reason.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True,
              help="Most entries to show.")  # fmt: skip
@stack_options
def list_letters(
    reason: str,
    limit: int,
    address: str | None,
    data: Path | None,
    timeout_seconds: float,
    as_json: bool,
) -> None:
    """List dead letters, newest first, each with its reason and what to do."""
    with find_stack(address, data, timeout_seconds).client() as client:
        letters, total = read_letters(client, reason=reason, limit=limit)
    if as_json:
        entries = [MessageToDict(letter, preserving_proto_field_name=True) for letter in letters]
        say_json({"total": total, "dead_letters": entries})
        return
    if not letters:
        say("No dead letters.")
        return
    say(f"{len(letters)} of {total} dead letters")
    for letter in letters:
        say("")
        say(f"{letter.dead_letter_id}  {letter.reason}, {_tries(letter)}")
        say(f"  {letter.item.track_id}  {letter.item.uri}")
        say(f"  {letter.message}")
        say(f"  {letter.next_step}")


@deadletters.command(cls=SegueCommand)
@click.argument("dead_letter_id", metavar="ID")
@stack_options
def show(
    dead_letter_id: str,
    address: str | None,
    data: Path | None,
    timeout_seconds: float,
    as_json: bool,
) -> None:
    """Show all that is known of a dead letter."""
    with find_stack(address, data, timeout_seconds).client() as client:
        letter = _read_letter(client, dead_letter_id)
    if as_json:
        print_json(letter)
        return
    given = MessageToDict(letter.item.metadata, preserving_proto_field_name=True)
    rows = {
        "reason": letter.reason,
        "message": letter.message,
        "next step": letter.next_step,
        "attempts": _tries(letter),
        "died at": letter.died_at.ToDatetime(UTC).isoformat(sep=" ", timespec="seconds"),
        "track": letter.item.track_id,
        "source": letter.item.uri,
        "job": letter.job_id,
        **{name: ", ".join(map(str, _listed(value))) for name, value in given.items()},
    }
    say(letter.dead_letter_id)
    for name, value in rows.items():
        if value:
            say(f"  {name}: {value}")


@deadletters.command(cls=SegueCommand)
@click.argument("dead_letter_ids", metavar="[ID]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Dismiss every dead letter.")
@click.option("--reason", default="", metavar="CODE", help="Dismiss all with this reason.")
@stack_options
def dismiss(
    dead_letter_ids: tuple[str, ...],
    everything: bool,
    reason: str,
    address: str | None,
    data: Path | None,
    timeout_seconds: float,
    as_json: bool,
) -> None:
    """Forget dead letters: those named, those of a reason, or --all.

    They cannot be tried again then, and the files of uploads among them are removed. For the owner
    of the stack only.
    """
    _check_choice(dead_letter_ids, everything, reason)
    with find_stack(address, data, timeout_seconds).client() as client:
        answer = client.catalog(
            "DismissDeadLetters",
            catalog_service_pb2.DismissDeadLettersRequest(
                dead_letter_ids=dead_letter_ids, reason=reason, all=everything
            ),
        )
    if as_json:
        say_json({"dismissed": answer.dismissed})
    elif answer.dismissed:
        say(f"{answer.dismissed} dead letters are dismissed.")
    else:
        say("Nothing to dismiss.")


@deadletters.command(cls=SegueCommand)
@click.argument("dead_letter_ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Replay every dead letter.")
@click.option("--reason", default="", metavar="CODE", help="Replay all with this reason.")
@stack_options
def replay(
    dead_letter_ids: tuple[str, ...],
    everything: bool,
    reason: str,
    address: str | None,
    data: Path | None,
    timeout_seconds: float,
    as_json: bool,
) -> None:
    """Put dead letters back into the queue: those named, those of a reason, or --all."""
    _check_choice(dead_letter_ids, everything, reason)
    with find_stack(address, data, timeout_seconds).client() as client:
        answer = client.catalog(
            "ReplayDeadLetters",
            catalog_service_pb2.ReplayDeadLettersRequest(
                dead_letter_ids=dead_letter_ids, reason=reason, all=everything
            ),
        )
    if as_json:
        say_json({"job_id": answer.job_id, "replayed": answer.replayed})
    elif answer.replayed:
        say(f"{answer.replayed} dead letters are queued again as job {answer.job_id}.")
    else:
        say("Nothing to replay.")


def read_letters(client: SegueClient, *, reason: str = "", limit: int) -> tuple[list[Any], int]:
    """Read dead letters, newest first.

    Returns
    -------
    tuple
        At most ``limit`` messages, and how many dead letters there are in all.
    """
    letters: list[Any] = []
    total = 0
    request = catalog_service_pb2.ListDeadLettersRequest(reason=reason)
    for page in pages(client, "ListDeadLetters", request, limit=limit):
        letters += page.dead_letters
        total = page.total
        if len(letters) >= limit:
            break
    return letters[:limit], total


def _read_letter(client: SegueClient, dead_letter_id: str) -> Any:
    request = catalog_service_pb2.ListDeadLettersRequest()
    for page in pages(client, "ListDeadLetters", request):
        for letter in page.dead_letters:
            if letter.dead_letter_id == dead_letter_id:
                return letter
    raise NotFound(
        f"no dead letter {dead_letter_id!r}",
        next_step="List those there are: segue deadletters list",
    )


def _check_choice(dead_letter_ids: tuple[str, ...], everything: bool, reason: str) -> None:
    if sum((bool(dead_letter_ids), everything, bool(reason))) != 1:
        raise click.UsageError("name dead letters, or give one of --all and --reason")


def _tries(letter: Any) -> str:
    tries = "1 attempt" if letter.attempts == 1 else f"{letter.attempts} attempts"
    return tries if letter.occurrences <= 1 else f"{tries}, failed {letter.occurrences} times"


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]
