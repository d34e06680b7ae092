"""``segue worker``."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import click

from segue.command import SegueCommand, json_option
from segue.permissions import this_user, unwritable_spool
from segue.settings import InvalidSetting, TelemetrySettings, from_environment

_METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


@click.command(cls=SegueCommand)
@json_option
def worker(as_json: bool) -> None:
    """Run the ingest worker: take tracks from the queue, embed them, store them in the index.

    Settings come from the environment: SEGUE_REDIS_URL, SEGUE_TRITON_URL, SEGUE_INDEX_URL and
    others; see docs/ingest.md.
    """
    del as_json  # only failures print
    with ExitStack() as stack:
        telemetry_settings = from_environment(TelemetrySettings)
        prepare_environment(telemetry_settings, stack)
        # Not before: the metrics library looks at the environment when it is imported.
        from segue.index.by_url import tell_of_plain_key
        from segue.ingest.app import IngestApp
        from segue.ingest.worker_settings import WorkerSettings
        from segue.telemetry import configure_logging, serve_metrics

        settings = WorkerSettings.from_environment()
        _make_spool(settings.queue.spool)
        configure_logging(telemetry_settings)
        tell_of_plain_key(settings.index)
        metrics = serve_metrics(telemetry_settings)
        if metrics is not None:
            stack.callback(metrics.close)
        code = IngestApp(settings).run_worker()
    sys.exit(code)


def _make_spool(spool: Path) -> None:
    try:
        make_writable(spool)
    except OSError as exc:
        raise unwritable_spool(spool, exc) from exc


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
    try:
        if given:
            folder = Path(given)
            make_writable(folder)
        else:
            folder = Path(tempfile.mkdtemp(prefix="segue-worker-metrics-"))
    except OSError as exc:
        raise InvalidSetting(
            f"the folder for metrics{f' {given}' if given else ''} cannot be written by "
            f"{this_user()}: {exc.strerror}",
            reason="METRICS_FOLDER_UNWRITABLE",
            next_step=f"Set {_METRICS_FOLDER} to a folder that this user can write; start again.",
        ) from exc
    if given:
        for leftover in folder.glob("*.db"):
            leftover.unlink(missing_ok=True)
    else:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
    os.environ[_METRICS_FOLDER] = os.fspath(folder)


def make_writable(folder: Path) -> None:
    """Make a folder where it is missing, and see that this process can write into it.

    Raises
    ------
    OSError
        When the folder cannot be made or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass
