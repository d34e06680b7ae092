"""``segue status``: is it well, how much is in it, where does it run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from segue.cli.options import stack_options
from segue.cli.stack_address import StackAddress, find_stack
from segue.command import EXIT_UNAVAILABLE, SegueCommand
from segue.errors import SegueError
from segue.output import PlainConsole, lines, plain, say_json, styled
from segue.service_status import ServiceCondition, ServiceState, ServiceStatus
from segue.stack.folder import StackState

_NUMBERS = ("tracks", "passages", "unindexed", "queued", "oldest_age_seconds", "dead_letters")
_STYLES = {ServiceState.SERVING: "green", ServiceState.NOT_CONFIGURED: "dim"}


@dataclass(frozen=True, slots=True)
class StackStatus:
    """A stack as ``segue status`` found it.

    Attributes
    ----------
    query
        Whether the query service answers.
    service
        What the query service says; None while it does not answer.
    processes
        What the supervisor says of its processes; empty for a deployed stack.
    model, device
        As the query service says, else as the supervisor does.
    """

    address: str
    query: ServiceCondition
    service: ServiceStatus | None
    processes: Mapping[str, str]
    model: str | None
    device: str | None

    @property
    def healthy(self) -> bool:
        """Whether everything is well."""
        ready = all(word.startswith("ready") for word in self.processes.values())
        return self.service is not None and self.service.healthy and ready

    @property
    def conditions(self) -> dict[str, ServiceCondition]:
        """How the query service is, and every service behind it that it tells of."""
        return {"query": self.query, **({} if self.service is None else self.service.conditions)}

    def to_dict(self) -> dict[str, Any]:
        """What ``segue status --json`` prints; None is what is not known now."""
        service = self.service
        known: dict[str, Any] = {} if service is None else asdict(service)
        fields: dict[str, Any] = {
            "address": self.address,
            "healthy": self.healthy,
            "parts": {
                name: {**asdict(condition), "state": condition.state.value}
                for name, condition in self.conditions.items()
            },
            "processes": self.processes,
            "version": known.get("version"),
            "space": known.get("space") or None,
            "model": self.model,
            "device": self.device,
            **{name: known.get(name) for name in _NUMBERS},
            "workers": known.get("workers", []),
        }
        return fields


@click.command(cls=SegueCommand)
@stack_options
def status(address: str | None, data: Path | None, timeout_seconds: float, as_json: bool) -> None:
    """Show how every part is, the size of the catalogue and of the queue, the model, its device.

    Leaves with 0 when everything is well, 3 when something does not answer.
    """
    told = read_status(find_stack(address, data, timeout_seconds))
    if as_json:
        say_json(told.to_dict())
    else:
        _print(told)
    if not told.healthy:
        raise SystemExit(EXIT_UNAVAILABLE)


def read_status(stack: StackAddress) -> StackStatus:
    """Ask a stack how it is.

    Raises
    ------
    StackNotFound
        When nothing answers at all, not even a supervisor's state.
    RemoteError
        When the service is too old to tell, or does not answer in time.
    """
    service: ServiceStatus | None = None
    query = ServiceCondition(ServiceState.SERVING)
    try:
        with stack.client() as client:
            service = client.status()
    except SegueError as exc:
        if stack.state is None or not exc.retryable:
            raise
        # The supervisor still knows of its processes.
        query = ServiceCondition.of(ServiceState.DOWN, exc)
    told = ("", "") if service is None else (service.model, service.device)
    planned = (None, None) if stack.state is None else (stack.state.model, stack.state.device)
    return StackStatus(
        address=stack.address,
        query=query,
        service=service,
        processes={} if stack.state is None else _processes(stack.state),
        model=told[0] or planned[0],
        device=told[1] or planned[1],
    )


def _processes(state: StackState) -> dict[str, str]:
    told: dict[str, str] = {}
    for name, part in state.parts.items():
        told[name] = "ready" if part.ready else "starting" if part.pid else "down"
        if part.restarts:
            told[name] += f", restarted {part.restarts} times"
    return told


def _print(told: StackStatus) -> None:
    console = PlainConsole()
    health = styled("healthy", "green") if told.healthy else styled("not healthy", "red")
    version = "" if told.service is None else f" {told.service.version}"
    title = Text(plain(f"Segue{version} at {told.address}: ")).append_text(health)
    table = Table(title=title, title_justify="left")
    table.add_column("part", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column("detail", overflow="fold")
    details = dict(_details(told))
    for name, part in told.conditions.items():
        state = part.state.value.replace("_", " ")
        told_of_it = filter(None, (*details.get(name, ()), _why(part)))
        style = _STYLES.get(part.state, "red")
        table.add_row(name.replace("_", " "), styled(state, style), lines(*told_of_it))
    if told.processes:
        table.add_section()
        for name, state in told.processes.items():
            table.add_row(f"process {name}", state, "")
    console.print(table)


def _why(part: ServiceCondition) -> str:
    return f"{part.message} [{part.reason}] {part.next_step}".rstrip() if part.reason else ""


def _details(told: StackStatus) -> Iterator[tuple[str, Sequence[str]]]:
    """What is known of a service, by its name: lines."""
    if told.model is not None:
        yield "inference", [f"model {told.model}" + (f" on {told.device}" if told.device else "")]
    service = told.service
    if service is None:
        return
    if service.tracks is not None:
        how = (
            "searched exactly"
            if service.is_searched_exactly
            else f"not yet in the graph: {service.unindexed}"
        )
        sizes = f"{service.tracks} tracks, {service.passages} passages"
        yield "index", [f"{sizes} in {service.space}; {how}"]
    if service.queued is not None:
        oldest = _age(service.oldest_age_seconds or 0.0)
        yield (
            "queue",
            [
                f"{service.queued} waiting, oldest unfinished: {oldest}; dead letters: "
                f"{service.dead_letters}"
            ],
        )
    yield (
        "workers",
        [
            (f"{worker.host}, process {worker.pid}: " if worker.host else "")
            + f"{worker.concurrency} at a time, heard {worker.silence_seconds:.0f} s ago"
            for worker in service.workers
        ],
    )


def _age(seconds: float) -> str:
    if not seconds:
        return "none"
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
