"""``segue status``: is it well, how much is in it, where does it run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from segue.cli.options import stack_options
from segue.cli.stack_address import StackAddress, find_stack
from segue.command import EXIT_UNAVAILABLE, SegueCommand
from segue.errors import SegueError
from segue.stack.folder import StackState
from segue.v1 import status_service_pb2 as messages

SERVING = "serving"
_STYLES = {SERVING: "green", "not_configured": "dim"}


@dataclass(frozen=True, slots=True)
class PartCondition:
    """How a part is: ``serving``, ``down``, ``unknown`` or ``not_configured``, and why."""

    state: str
    reason: str = ""
    message: str = ""
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class LiveWorker:
    """An ingest worker, and how long ago it was heard."""

    host: str
    pid: int
    concurrency: int
    version: str
    silence_seconds: float


@dataclass(frozen=True, slots=True)
class Status:
    """What ``segue status`` says. None: not known now.

    Attributes
    ----------
    parts
        What the query service says of the parts behind it, and whether it answers itself.
    processes
        What the supervisor says of its processes; empty for a deployed stack.
    unindexed
        Tracks that no graph covers yet.
    """

    address: str
    healthy: bool
    parts: dict[str, PartCondition]
    processes: dict[str, str]
    version: str | None = None
    space: str | None = None
    model: str | None = None
    device: str | None = None
    tracks: int | None = None
    passages: int | None = None
    unindexed: int | None = None
    queued: int | None = None
    oldest_age_seconds: float | None = None
    dead_letters: int | None = None
    workers: list[LiveWorker] = field(default_factory=list)


@click.command(cls=SegueCommand)
@stack_options
def status(address: str | None, data: Path | None, timeout_seconds: float, as_json: bool) -> None:
    """Show how every part is, the size of the catalogue and of the queue, the model, its device.

    Leaves with 0 when everything is well, 3 when something does not answer.
    """
    told = read_status(find_stack(address, data, timeout_seconds))
    if as_json:
        click.echo(json.dumps(asdict(told)))
    else:
        _print(told)
    if not told.healthy:
        raise SystemExit(EXIT_UNAVAILABLE)


def read_status(stack: StackAddress) -> Status:
    """Ask a stack how it is.

    Raises
    ------
    StackNotFound
        When nothing answers at all, not even a supervisor's state.
    RemoteError
        When the service is too old to tell, or does not answer in time.
    """
    processes = {} if stack.state is None else _processes(stack.state)
    try:
        with stack.client() as client:
            answer = client.status()
    except SegueError as exc:
        if stack.state is None or not exc.retryable:
            raise
        # The supervisor still knows of its processes.
        down = PartCondition("down", exc.reason, str(exc), exc.next_step)
        return Status(
            address=stack.address,
            healthy=False,
            parts={"query": down},
            processes=processes,
            model=stack.state.model,
            device=stack.state.device,
        )
    index, inference, queue = answer.index, answer.inference, answer.queue
    ready = all(word.startswith("ready") for word in processes.values())
    return Status(
        address=stack.address,
        healthy=answer.healthy and ready,
        parts={
            "query": PartCondition(SERVING),
            "index": _condition(index.part),
            "inference": _condition(inference.part),
            "queue": _condition(queue.part),
            "workers": _condition(answer.workers.part),
            "collaborative_source": _condition(answer.collaborative_source.part),
        },
        processes=processes,
        version=answer.version,
        space=index.embedding_space or None,
        model=inference.model or (None if stack.state is None else stack.state.model),
        device=inference.device or (None if stack.state is None else stack.state.device),
        tracks=index.tracks if index.HasField("tracks") else None,
        passages=index.passages if index.HasField("passages") else None,
        unindexed=index.unindexed if index.HasField("unindexed") else None,
        queued=queue.depth if queue.HasField("depth") else None,
        oldest_age_seconds=queue.oldest_age.ToTimedelta().total_seconds()
        if queue.HasField("oldest_age")
        else None,
        dead_letters=queue.dead_letters if queue.HasField("dead_letters") else None,
        workers=[
            LiveWorker(
                host=worker.host,
                pid=worker.pid,
                concurrency=worker.concurrency,
                version=worker.version,
                silence_seconds=worker.silence.ToTimedelta().total_seconds(),
            )
            for worker in answer.workers.alive
        ],
    )


def _condition(part: messages.PartStatus) -> PartCondition:
    name = messages.PartState.Name(part.state).removeprefix("PART_STATE_").lower()
    return PartCondition(name, part.reason, part.message, part.next_step)


def _processes(state: StackState) -> dict[str, str]:
    told: dict[str, str] = {}
    for name, part in state.parts.items():
        told[name] = "ready" if part.ready else "starting" if part.pid else "down"
        if part.restarts:
            told[name] += f", restarted {part.restarts} times"
    return told


def _print(told: Status) -> None:
    console = Console(highlight=False)
    health = "[green]healthy[/green]" if told.healthy else "[red]not healthy[/red]"
    version = f" {told.version}" if told.version else ""
    table = Table(title=f"Segue{version} at {told.address}: {health}", title_justify="left")
    table.add_column("part", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column("detail", overflow="fold")
    details = dict(_details(told))
    for name, part in told.parts.items():
        state = part.state.replace("_", " ")
        lines = list(filter(None, (details.get(name), _why(part))))
        style = _STYLES.get(part.state, "red")
        table.add_row(name.replace("_", " "), Text(state, style=style), Text("\n".join(lines)))
    if told.processes:
        table.add_section()
        for name, state in told.processes.items():
            table.add_row(f"process {name}", state, "")
    console.print(table)


def _why(part: PartCondition) -> str:
    return f"{part.message} [{part.reason}] {part.next_step}".rstrip() if part.reason else ""


def _details(told: Status) -> Iterator[tuple[str, str]]:
    """What is known of a part, by its name."""
    if told.model is not None:
        yield "inference", f"model {told.model}" + (f" on {told.device}" if told.device else "")
    if told.tracks is not None:
        yield (
            "index",
            f"{told.tracks} tracks, {told.passages} passages in {told.space}; not yet in the "
            f"graph: {told.unindexed}",
        )
    if told.queued is not None:
        oldest = _age(told.oldest_age_seconds or 0.0)
        yield (
            "queue",
            f"{told.queued} waiting, oldest unfinished: {oldest}; dead letters: "
            f"{told.dead_letters}",
        )
    yield (
        "workers",
        "\n".join(
            f"{worker.host}, process {worker.pid}: {worker.concurrency} at a time, heard "
            f"{worker.silence_seconds:.0f} s ago"
            for worker in told.workers
        ),
    )


def _age(seconds: float) -> str:
    if not seconds:
        return "none"
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
