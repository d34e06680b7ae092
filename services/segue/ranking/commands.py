"""``segue collaborative``: the reference recommender."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import click

from segue.command import SegueCommand, insecure_option, json_option
from segue.exposure import check_listening
from segue.output import say, say_json
from segue.ranking.scores_file import ScoresFile
from segue.ranking.server import ScoresServer
from segue.settings import TelemetrySettings, from_environment
from segue.telemetry import configure_logging


@click.group()
def collaborative() -> None:
    """Collaborative scores: what listeners like."""


@collaborative.command(cls=SegueCommand)
@click.option(
    "--scores",
    required=True,
    type=click.Path(path_type=Path),
    help="CSV file with the header user_id,track_id,score.",
)
@click.option("--listen", default="127.0.0.1:50061", show_default=True, metavar="HOST:PORT")
@insecure_option
@json_option
def serve(scores: Path, listen: str, insecure: bool, as_json: bool) -> None:
    """Serve a scores file as CollaborativeScoreService.

    The address goes into SEGUE_COLLABORATIVE_URL of the query service, as grpc://HOST:PORT.
    """
    configure_logging(from_environment(TelemetrySettings))
    check_listening(listen, insecure=insecure)
    asyncio.run(_serve(ScoresFile.read(scores), listen, as_json=as_json))


async def _serve(scores: ScoresFile, listen: str, *, as_json: bool) -> None:
    server = ScoresServer(scores, listen)
    told_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told_to_stop.set)
    port = await server.start()
    if as_json:
        say_json({"port": port})
    else:
        say(f"serving scores on port {port}")
    try:
        await told_to_stop.wait()
    finally:
        await server.stop()
