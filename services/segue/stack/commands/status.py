"""``segue status``: is it well, how much is in it, where does it run."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from segue.stack.commands.failing import EXIT_UNAVAILABLE, SegueCommand
from segue.stack.commands.places import Place, find_place, place_options
from segue.stack.scrape import scrape
from segue.v1 import catalog_service_pb2

SERVICES = (
    "segue.v1.SimilarityService",
    "segue.v1.CatalogService",
    "segue.index",
    "segue.embedder",
)


@dataclass(frozen=True, slots=True)
class Status:
    """What ``segue status`` says. None: not known from here."""

    address: str
    healthy: bool
    services: dict[str, bool]
    parts: dict[str, str]
    space: str
    model: str
    device: str | None
    tracks: int
    segments: int | None
    queued: int | None
    dead_letters: int


@click.command(cls=SegueCommand)
@place_options
def status(address: str | None, data: Path | None, timeout_seconds: float, as_json: bool) -> None:
    """Show the health of every part, the size of the catalogue, the model and its device.

    Leaves with 0 when everything is well, 3 when something does not answer.
    """
    told = read_status(find_place(address, data, timeout_seconds))
    if as_json:
        click.echo(json.dumps(asdict(told)))
    else:
        _print(told)
    if not told.healthy:
        raise SystemExit(EXIT_UNAVAILABLE)


def read_status(place: Place) -> Status:
    """Ask a stack how it is.

    Raises
    ------
    StackNotFound
        When nothing answers at all.
    """
    with place.client() as client:
        services = {service: client.serving(service) for service in SERVICES}
        facets = client.catalog("ListFacets", catalog_service_pb2.ListFacetsRequest())
        dead = client.catalog(
            "ListDeadLetters", catalog_service_pb2.ListDeadLettersRequest(page_size=1)
        )
    parts: dict[str, str] = {}
    numbers: dict[str, float] = {}
    if place.state is not None:
        for name, part in place.state.parts.items():
            parts[name] = "ready" if part.ready else "starting" if part.pid else "down"
            if part.restarts:
                parts[name] += f", restarted {part.restarts} times"
        numbers = scrape(place.state.parts["query"].metrics)
    well = all(word.startswith("ready") for word in parts.values())
    return Status(
        address=place.address,
        healthy=all(services.values()) and well,
        services=services,
        parts=parts,
        space=facets.embedding_space,
        model=facets.embedding_space.rpartition("-v")[0],
        device=None if place.state is None else place.state.device,
        tracks=facets.total_tracks,
        segments=_whole(numbers.get("segue_index_segments")),
        queued=_whole(numbers.get("segue_queue_depth")),
        dead_letters=dead.total,
    )


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def _print(told: Status) -> None:
    health = "[green]healthy[/green]" if told.healthy else "[red]not healthy[/red]"
    table = Table(
        title=f"Segue at {told.address}: {health}", title_justify="left", show_header=False
    )
    rows: list[tuple[str, object]] = [
        *((name, "serving" if fine else "not serving") for name, fine in told.services.items()),
        *told.parts.items(),
        ("model", told.model),
        ("embedding space", told.space),
        ("device", told.device),
        ("tracks", told.tracks),
        ("passages", told.segments),
        ("waiting in the queue", told.queued),
        ("dead letters", told.dead_letters),
    ]
    for name, value in rows:
        if value is not None:
            table.add_row(name, str(value))
    Console(highlight=False).print(table)
