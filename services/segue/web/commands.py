"""``segue web``: serves the page until it is told to stop."""

from __future__ import annotations

import signal

import click
import uvicorn

from segue.command import SegueCommand, json_option
from segue.exposure import check_listening
from segue.owner_token import token_of
from segue.settings import (
    AccessSettings,
    AudioSettings,
    QueueSettings,
    TelemetrySettings,
    WebSettings,
    from_environment,
)
from segue.telemetry import configure_logging, serve_metrics
from segue.web.application import make_application
from segue.web.connections import bounded_protocol
from segue.web.listening import bound_socket

GRACE_SECONDS = 5


@click.command(cls=SegueCommand)
@json_option
def web(as_json: bool) -> None:
    """Serve the page, the HTTP/JSON API and OpenSubsonic.

    Everything is configured by SEGUE_* environment variables. Ends gracefully on SIGTERM.
    """
    del as_json  # only failures print
    telemetry = from_environment(TelemetrySettings)
    configure_logging(telemetry)
    settings = from_environment(WebSettings)
    check_listening(settings.web_listen, insecure=settings.insecure, flag="")
    access = from_environment(AccessSettings)
    token = token_of(access)
    with bound_socket(settings.web_listen) as listening:
        application = make_application(
            settings,
            token,
            access,
            from_environment(AudioSettings),
            from_environment(QueueSettings),
        )
        server = uvicorn.Server(
            uvicorn.Config(
                application,
                loop="asyncio",
                http=bounded_protocol(settings),
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        metrics = serve_metrics(telemetry)
        try:
            # uvicorn ends by these, and raises them once more when it has: that is no failure.
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: None)
            server.run(sockets=[listening])
        finally:
            if metrics is not None:
                metrics.close()
    if not server.started:
        raise SystemExit(1)  # its log says why
