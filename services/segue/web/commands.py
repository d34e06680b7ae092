"""``segue web``: serves the page until it is told to stop."""

from __future__ import annotations

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
    host, _, port = settings.web_listen.rpartition(":")
    metrics = serve_metrics(telemetry)
    try:
        uvicorn.run(
            make_application(
                settings,
                token,
                access,
                from_environment(AudioSettings),
                from_environment(QueueSettings),
            ),
            host=host.strip("[]"),
            port=int(port),
            loop="asyncio",
            http=bounded_protocol(settings),
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    finally:
        if metrics is not None:
            metrics.close()
