"""``segue worker``."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import click

from segue.errors import SegueError
from segue.settings import TelemetrySettings, from_environment

_ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


@click.command()
def worker() -> None:
    """Run the ingest worker: take tracks from the queue, embed them, store them in the index.

    Settings come from the environment: SEGUE_REDIS_URL, SEGUE_TRITON_URL, SEGUE_INDEX_URL and
    others; see docs/ingest.md.
    """
    with ExitStack() as stack:
        try:
            telemetry_settings = from_environment(TelemetrySettings)
            prepare_environment(telemetry_settings, stack)
            # Not before: the metrics library looks at the environment when it is imported.
            from segue.ingest.app import IngestApp
            from segue.ingest.opening import WorkerSettings
            from segue.telemetry import configure_logging, serve_metrics

            settings = WorkerSettings.from_environment()
        except SegueError as exc:
            raise click.ClickException(f"{exc}\n{exc.next_step}") from exc
        configure_logging(telemetry_settings)
        settings.queue.spool.mkdir(parents=True, exist_ok=True)
        metrics = serve_metrics(telemetry_settings)
        if metrics is not None:
            stack.callback(metrics.close)
        code = IngestApp(settings).run_worker()
    sys.exit(code)


def prepare_environment(settings: TelemetrySettings, stack: ExitStack) -> None:
    """Set what libraries read when they are imported.

    One native thread per process (there are as many processes as cores), no gRPC fork handlers
    (channels open after the fork), and a clean folder for the metrics of all processes.
    """
    for variable in _ONE_THREAD:
        os.environ.setdefault(variable, "1")
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
    if settings.metrics_port == 0:
        os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
        return
    given = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    folder = Path(given or tempfile.mkdtemp(prefix="segue-worker-metrics-"))
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in folder.glob("*.db"):
        leftover.unlink(missing_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    if given is None:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
