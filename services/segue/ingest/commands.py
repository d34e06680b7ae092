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
from segue.settings import InvalidSetting, TelemetrySettings, from_environment

_METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
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
            make_writable(settings.queue.spool, "SEGUE_SPOOL", "SPOOL_UNWRITABLE")
        except SegueError as exc:
            raise click.ClickException(f"{exc} [{exc.reason}]\n{exc.next_step}") from exc
        configure_logging(telemetry_settings)
        metrics = serve_metrics(telemetry_settings)
        if metrics is not None:
            stack.callback(metrics.close)
        code = IngestApp(settings).run_worker()
    sys.exit(code)


def prepare_environment(settings: TelemetrySettings, stack: ExitStack) -> None:
    """Set what libraries read when they are imported.

    One native thread per process (there are as many processes as cores), no gRPC fork handlers
    (channels open after the fork), and a clean folder for the metrics of all processes: the one
    that PROMETHEUS_MULTIPROC_DIR names, or a temporary one that goes with ``stack``.

    Raises
    ------
    InvalidSetting
        When that folder cannot be written.
    """
    for variable in _ONE_THREAD:
        os.environ.setdefault(variable, "1")
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
    given = os.environ.pop(_METRICS_FOLDER, "")
    if settings.metrics_port == 0:
        return
    if given:
        folder = Path(given)
        make_writable(folder, _METRICS_FOLDER, "METRICS_FOLDER_UNWRITABLE")
        for leftover in folder.glob("*.db"):
            leftover.unlink(missing_ok=True)
    else:
        try:
            folder = Path(tempfile.mkdtemp(prefix="segue-worker-metrics-"))
        except OSError as exc:
            raise InvalidSetting(
                f"the metrics of the worker's processes have no folder: {exc.strerror}",
                reason="METRICS_FOLDER_UNWRITABLE",
                next_step=f"Set {_METRICS_FOLDER} to a folder that can be written; start again.",
            ) from exc
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
    os.environ[_METRICS_FOLDER] = os.fspath(folder)


def make_writable(folder: Path, variable: str, reason: str) -> None:
    """Make a folder where it is missing, and see that this process can write into it.

    Parameters
    ----------
    folder
        The folder.
    variable
        Environment variable that names it.
    reason
        Stable reason of the refusal.

    Raises
    ------
    InvalidSetting
        When the folder cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as exc:
        raise InvalidSetting(
            f"{variable} = {folder}: user {os.geteuid()}, group {os.getegid()}, cannot write "
            f"there: {exc.strerror}",
            reason=reason,
            next_step=f"Give the folder to that user, or set {variable} to another; start again.",
        ) from exc
