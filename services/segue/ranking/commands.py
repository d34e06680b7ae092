"""``segue collaborative``: the reference recommender."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import click

from segue.errors import SegueError
from segue.ranking.scores_file import ScoresFile
from segue.ranking.server import ScoresServer
from segue.settings import TelemetrySettings, from_environment
from segue.telemetry import configure_logging


@click.group()
def collaborative() -> None:
    """Collaborative scores: what listeners like."""


@collaborative.command()
@click.option(
    "--scores",
    required=True,
    type=click.Path(path_type=Path),
    help="CSV file with the header user_id,track_id,score.",
)
@click.option("--listen", default="127.0.0.1:50061", show_default=True, metavar="HOST:PORT")
def serve(scores: Path, listen: str) -> None:
    """Serve a scores file as CollaborativeScoreService.

    The address goes into SEGUE_COLLABORATIVE_URL of the query service, as grpc://HOST:PORT.
    """
    try:
        configure_logging(from_environment(TelemetrySettings))
        asyncio.run(_serve(ScoresFile.read(scores), listen))
    except SegueError as error:
        raise click.ClickException(f"{error}. {error.next_step}") from error


async def _serve(scores: ScoresFile, listen: str) -> None:
    server = ScoresServer(scores, listen)
    told_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told_to_stop.set)
    port = await server.start()
    click.echo(f"serving scores on port {port}")
    try:
        await told_to_stop.wait()
    finally:
        await server.stop()
