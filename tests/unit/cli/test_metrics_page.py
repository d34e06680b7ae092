"""Numbers from a metrics page."""

from __future__ import annotations

from segue.cli.metrics_page import read_metrics
from segue.settings import TelemetrySettings
from segue.stack.ports import free_ports
from segue.telemetry import INGEST_TOTAL, serve_metrics


def test_samples_are_summed_over_their_labels() -> None:
    for reason, times in (("ONE", 2), ("TWO", 3)):
        INGEST_TOTAL.labels("test", reason).inc(times)
    port = free_ports(1)[0]
    server = serve_metrics(TelemetrySettings(metrics_port=port))
    assert server is not None
    try:
        read = read_metrics(f"127.0.0.1:{port}/metrics")
    finally:
        server.close()
    assert read["segue_build_info"] == 1
    assert read["segue_ingest_total"] >= 5


def test_a_page_that_does_not_answer_has_no_numbers() -> None:
    assert read_metrics(f"127.0.0.1:{free_ports(1)[0]}/metrics") == {}
