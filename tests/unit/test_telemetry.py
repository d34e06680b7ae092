"""How a process logs, looked at from outside (logging belongs to the whole process); metrics."""

from __future__ import annotations

import math
import socket
import subprocess
import sys

import pytest

from segue import telemetry
from segue.settings import InvalidSetting, TelemetrySettings
from segue.telemetry import serve_metrics
from segue.texts import control_character

SCRIPT = """
import logging, warnings
from segue.settings import TelemetrySettings
from segue.telemetry import configure_logging

configure_logging(TelemetrySettings())
log = logging.getLogger("segue.test")
log.debug("not at this level")
log.info("a file named %s", "one\\n  two  three.mp3\\n")
warnings.warn("of a\\nlibrary", UserWarning, stacklevel=1)
try:
    1 / 0
except ZeroDivisionError:
    log.exception("failed")
"""


def test_every_record_is_one_line_and_warnings_are_records() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=True
    )
    lines = [line[len("2026-01-01 12:00:00,000 ") :] for line in done.stderr.splitlines()]
    assert lines[:3] == [
        "INFO segue.test: a file named one two  three.mp3",
        "WARNING py.warnings: UserWarning: of a library (<string>:10)",
        "ERROR segue.test: failed",
    ]
    assert done.stderr.splitlines()[3] == "    Traceback (most recent call last):"
    assert done.stderr.endswith("    ZeroDivisionError: division by zero\n")


ATTACK = """
import logging, sys
from celery.utils.log import get_task_logger
from segue.settings import TelemetrySettings
from segue.telemetry import configure_logging

configure_logging(TelemetrySettings(log_level="DEBUG"))
title = sys.argv[1].encode().decode("unicode_escape")
uri = "https://ann:s3cret@host/a?token=s3cret"
for log in map(logging.getLogger, ("segue.test", get_task_logger("tasks").name, "httpx")):
    log.info("title %s of %s", title, uri)
    log.warning(f"{title} {uri}")
    try:
        raise ValueError(f"{title} {uri}")
    except ValueError:
        log.exception(title)
    log.info("with a stack of %s", title, stack_info=True)
logging.captureWarnings(True)
import warnings
warnings.warn(f"{title} {uri}")
"""


@pytest.mark.parametrize(
    "end", ["\\n", "\\r", "\\r\\n", "\\x0b", "\\x0c", "\\x85", "\\u2028", "\\x1c"]
)
def test_no_text_forges_a_line_moves_the_cursor_or_tells_a_secret(end: str) -> None:
    forged = f"a{end}2026-01-01 12:00:00,000 ERROR segue.query: forged\\x1b[2J\\x9b1m\\u202e"
    done = subprocess.run(
        [sys.executable, "-c", ATTACK, forged], capture_output=True, timeout=60, check=True
    )
    text = done.stderr.decode()
    assert "forged" in text
    assert "s3cret" not in text
    assert control_character(text.replace("\n", "")) is None
    records = [line for line in text.splitlines() if not line.startswith("    ")]
    assert len(records) == 3 * 4 + 1
    for line in records:
        assert not line.startswith("2026-01-01 12:00:00,000")


def test_the_queues_numbers_are_exported_by_who_shows_them_and_nobody_else() -> None:
    gauges = telemetry.QueueGauges()
    assert list(gauges.collect()) == []
    gauges.show(up=1, depth=2, age_seconds=3, dead_letters=4, alive=math.nan)
    told = {family.name: family.samples[0].value for family in gauges.collect()}
    assert told.keys() == telemetry.QueueGauges.NUMBERS.keys()
    assert told["segue_dead_letters"] == 4
    script = "from segue import telemetry; from prometheus_client import generate_latest; "
    script += "print(generate_latest(telemetry.registry()).decode())"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120
    )
    assert "segue_rpc_in_flight" in done.stdout
    assert "segue_dead_letters" not in done.stdout


def test_a_taken_port_of_metrics_is_refused_by_name() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InvalidSetting) as refused:
            serve_metrics(TelemetrySettings(metrics_port=port))
    assert refused.value.reason == "METRICS_ADDRESS_REFUSED"
    assert f"127.0.0.1:{port}: Address already in use" in str(refused.value)
    assert "SEGUE_METRICS_PORT" in refused.value.next_step


def test_metrics_are_for_this_machine_unless_that_is_said() -> None:
    with pytest.raises(InvalidSetting) as refused:
        serve_metrics(TelemetrySettings(metrics_host="0.0.0.0", metrics_port=9))
    assert refused.value.reason == "LISTEN_INSECURE"
    assert "SEGUE_INSECURE=1" in refused.value.next_step
    assert "--insecure" not in refused.value.next_step, "not every process has options"


def test_a_host_of_metrics_that_is_nowhere_is_refused() -> None:
    with pytest.raises(InvalidSetting, match="metrics cannot be served on"):
        serve_metrics(TelemetrySettings(metrics_host="no host", metrics_port=9, insecure=True))
