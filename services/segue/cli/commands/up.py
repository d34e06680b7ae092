"""``segue up``: run the embedded stack until told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from dataclasses import asdict
from pathlib import Path

import click
from rich import box
from rich.table import Table
from rich.text import Text

from segue.catalogues import Catalogues
from segue.cli.options import data_option
from segue.cli.stack_address import data_folder
from segue.command import SegueCommand, insecure_option, json_option
from segue.errors import EmbedderUnavailable
from segue.exposure import check_listening
from segue.output import PlainConsole, say_json, say_secret, styled
from segue.resources import resource_folder
from segue.secret_file import read_secret
from segue.settings import DEFAULT_MODEL, CatalogueSettings, ModelSettings, from_environment
from segue.sign_in_codes import LIFETIME_SECONDS, sign_in_link
from segue.stack.folder import DataFolder, PartState, StackState
from segue.stack.model_choice import model_of
from segue.stack.part import PartEvent
from segue.stack.plan import InferenceServer, StackOptions, plan_stack
from segue.stack.ports import DEFAULT_BASE, choose_ports
from segue.stack.sockets import socket_folder
from segue.stack.supervisor import Supervisor, recover
from segue.stack.triton_wheel import fetch_triton


@click.command(cls=SegueCommand)
@data_option
@click.option("--model", envvar="SEGUE_MODEL", show_default="that of the folder's catalogue, or "
              f"{DEFAULT_MODEL} for a new one",
              help="Model of the repository that embeds audio.")  # fmt: skip
@click.option("--also-serve", "more_models", multiple=True, metavar="MODEL",
              help="Another model to serve beside it, repeatable: for `segue embed --model` and "
              "your own calls of the inference server.")  # fmt: skip
@click.option("--repository", type=click.Path(path_type=Path, exists=True, file_okay=False),
              help="Model repository, instead of the one that comes with Segue.")  # fmt: skip
@click.option("--triton", "triton_url", envvar="SEGUE_TRITON_URL", metavar="HOST:PORT",
              help="Inference server to use, instead of an embedded one.  "
              "[env: SEGUE_TRITON_URL]")  # fmt: skip
@click.option("--port-base", type=click.IntRange(0, 65_535), default=DEFAULT_BASE,
              show_default=True, help="First of the neighbouring ports that the parts listen on; "
              "0 takes any free ones.")  # fmt: skip
@click.option("--query-port", type=click.IntRange(1, 65_535),
              help="Port of the gRPC API.  [default: the port base]")  # fmt: skip
@click.option("--host", default="127.0.0.1", show_default=True,
              help="Address on which the gRPC API listens; everything else stays on the loopback. "
              "Another needs --insecure.")  # fmt: skip
@click.option("--page-host", default="127.0.0.1", show_default=True,
              help="Address on which the page listens, such as 0.0.0.0 for phones at home. "
              "Another needs --insecure.")  # fmt: skip
@insecure_option
@click.option("--open", "open_to_everybody", envvar="SEGUE_OPEN_TO_EVERYBODY", is_flag=True,
              help="Let every caller do what otherwise only you may: delete, correct and replace "
              "tracks, name any file of this machine.")  # fmt: skip
@click.option("--catalogue", "catalogues", multiple=True, metavar="NAME",
              help="A further catalogue, repeatable: its tracks and those of others never see each "
              "other.  [env: SEGUE_CATALOGUES, with commas between names]")  # fmt: skip
@click.option("--collaborative-scores", type=click.Path(path_type=Path, exists=True,
              dir_okay=False), help="CSV of collaborative scores: starts the reference "
              "CollaborativeScoreService over it and mixes by it.")  # fmt: skip
@click.option("--watch", multiple=True, metavar="FOLDER", type=click.Path(path_type=Path,
              exists=True, file_okay=False), help="Keep the catalogue to what this folder of music "
              "says, repeatable: segue sync --follow.")  # fmt: skip
@json_option
def up(
    data: Path | None,
    model: str | None,
    more_models: tuple[str, ...],
    repository: Path | None,
    triton_url: str | None,
    port_base: int,
    query_port: int | None,
    host: str,
    page_host: str,
    insecure: bool,
    open_to_everybody: bool,
    catalogues: tuple[str, ...],
    collaborative_scores: Path | None,
    watch: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Start the embedded stack and keep it running: queue, inference, index, worker, gRPC API.

    Stops cleanly on Ctrl-C or SIGTERM; the catalogue stays in the data folder. With --json, every
    event is one JSON line; the event "ready" carries all addresses.
    """
    if triton_url and (repository is not None or more_models):
        raise click.UsageError(
            "--repository and --also-serve are for the embedded server, not for that of --triton"
        )
    for one in (host, page_host):
        check_listening(f"{one}:0", insecure=insecure)
    served = _catalogues(catalogues)
    folder = data_folder(data)
    folder.prepare()
    narrator = Narrator(folder, as_json=as_json)
    if not model:
        model = model_of(folder, repository or resource_folder("model_repository"))
        narrator.model_kept(model)
    other = asyncio.run(_other_triton(triton_url, model)) if triton_url else None
    if other is None:
        fetch_triton(narrator.preparing)
    with folder.hold():
        narrator.orphans(recover(folder))
        options = StackOptions(
            ports=choose_ports(port_base, host=host, query=query_port, page_host=page_host),
            model=model,
            more_models=tuple(name for name in dict.fromkeys(more_models) if name != model),
            repository=None if repository is None else repository.resolve(),
            triton=other,
            collaborative_scores=collaborative_scores and collaborative_scores.resolve(),
            host=host,
            page_host=page_host,
            insecure=insecure,
            open_to_everybody=open_to_everybody,
            catalogues=served,
            watch=tuple(one.resolve() for one in watch),
        )
        with socket_folder(folder.run) as sockets:
            asyncio.run(_run(folder, options, sockets, narrator))
        narrator.stopped()


def _catalogues(names: tuple[str, ...]) -> Catalogues:
    """Those that are named here, else those of the environment."""
    if not names:
        return from_environment(CatalogueSettings).known
    try:
        return Catalogues.of(",".join(names))
    except ValueError as exc:
        raise click.UsageError(f"--catalogue: {exc}") from exc


async def _other_triton(url: str, model: str) -> InferenceServer:
    """The server, once it has answered that it serves the model."""
    # Slow to import, and needless for the embedded server.
    from segue.embedding.triton import ask_card

    try:
        card = await ask_card(url, model, from_environment(ModelSettings).model_version)
    except EmbedderUnavailable as exc:
        raise EmbedderUnavailable(
            str(exc),
            next_step=f"Start an inference server at {url} that serves {model}, name another with "
            "--triton or SEGUE_TRITON_URL, or leave both away for the embedded one.",
        ) from exc
    return InferenceServer(url, card.device)


async def _run(
    folder: DataFolder, options: StackOptions, sockets: Path, narrator: Narrator
) -> None:
    plans, state = plan_stack(folder, options, sockets)
    supervisor = Supervisor(folder, plans, state, narrator.event)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, supervisor.stop)

    async def when_ready(state: StackState) -> None:
        narrator.ready(state)

    narrator.starting([plan.name for plan in plans])
    await supervisor.run(when_ready)


class Narrator:
    """Says what happens to the stack, to a person or to a program."""

    def __init__(self, folder: DataFolder, *, as_json: bool) -> None:
        self._folder = folder
        self._as_json = as_json
        self._console = PlainConsole()
        self._began = time.monotonic()
        self._is_ready = False

    def preparing(self, phrase: str) -> None:
        """Say that something is fetched before the parts are started."""
        if self._as_json:
            self._line("preparing", detail=phrase)
        else:
            self._console.print(f"{phrase} ...")

    def model_kept(self, model: str) -> None:
        """Say that the folder's catalogue keeps a model that is not the default one, if so."""
        if model == DEFAULT_MODEL:
            return
        if self._as_json:
            self._line("model_kept", model=model)
        else:
            self._console.print(
                f"The catalogue of this folder goes on with its model, {model}. "
                f"--model {DEFAULT_MODEL} begins another one, to be ingested anew."
            )

    def starting(self, names: list[str]) -> None:
        """Say that the parts are about to be started."""
        if self._as_json:
            self._line("starting", parts=names)
        else:
            self._console.print(f"Starting {', '.join(names)} in {self._folder.root} ...")

    def orphans(self, pids: list[int]) -> None:
        """Say which processes of a killed supervisor were ended, if any."""
        if pids and self._as_json:
            self._line("recovered", ended=pids)
        elif pids:
            self._console.print(
                f"The stack that ran here before was killed: ended {len(pids)} left-over processes."
            )

    def event(self, name: str, event: PartEvent, phrase: str) -> None:
        """Say what happened to a part."""
        if self._as_json:
            self._line(f"part_{event.value}", part=name, detail=phrase)
        elif event is PartEvent.DIED:
            self._tell(styled(name, "yellow"), phrase)
        elif self._is_ready and event is PartEvent.READY:
            self._tell(styled(name, "green"), f"is back {phrase}")

    def ready(self, state: StackState) -> None:
        """Say that all parts are ready, and where."""
        self._is_ready = True
        seconds = time.monotonic() - self._began
        if self._as_json:
            self._line("ready", seconds=round(seconds, 3), **asdict(state))
            return
        self._console.print_whole(_table(state, self._folder))
        token = read_secret(self._folder.owner_token_file)
        link = sign_in_link(state.parts["web"].address, token, time.time())
        say_secret(f"The page, signed in: {link}")
        minutes = LIFETIME_SECONDS // 60
        self._console.print(f"The link holds once, for {minutes} minutes. Another: segue page")
        self._console.print(
            f"Ready after {seconds:.1f} s. Stop with Ctrl-C; the catalogue stays in "
            f"{self._folder.root}."
        )

    def stopped(self) -> None:
        """Say that all parts are stopped."""
        if self._as_json:
            self._line("stopped")
        else:
            self._console.print("Stopped.")

    def _tell(self, name: Text, phrase: str) -> None:
        self._console.print(time.strftime("%H:%M:%S"), name, phrase)

    def _line(self, event: str, **fields: object) -> None:
        say_json({"event": event, **fields})


def _table(state: StackState, folder: DataFolder) -> Table:
    """What each part serves, and where: each address on a line of its own, to click and copy."""
    table = Table(
        title=f"Segue: model {state.model} on {state.device}",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    for head in ("part", "", "where"):
        table.add_column(head, no_wrap=True)
    for name, part in state.parts.items():
        for number, (what, place) in enumerate(_places(name, part, folder).items()):
            table.add_row("" if number else name, what, place)
    return table


def _places(name: str, part: PartState, folder: DataFolder) -> dict[str, str]:
    told = {
        "address": part.address,
        "metrics": f"http://{part.metrics}" if part.metrics else "",
        "log": os.path.relpath(folder.logs / f"{name}.log", folder.root),
    }
    return {what: place for what, place in told.items() if place}
