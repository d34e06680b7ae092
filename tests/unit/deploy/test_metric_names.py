"""Dashboards and rules name only metrics that exist, and every metric is shown somewhere."""

from __future__ import annotations

import pytest
from prometheus_client import Counter, Gauge, Histogram

from promql import Query, panel_queries, rules
from segue import telemetry

# As Triton serves them, embedded (2.51) and deployed; those of the GPU only where it sees one.
TRITON = {
    "nv_inference_request_success",
    "nv_inference_request_failure",
    "nv_inference_count",
    "nv_inference_exec_count",
    "nv_inference_request_duration_us",
    "nv_inference_queue_duration_us",
    "nv_inference_compute_input_duration_us",
    "nv_inference_compute_infer_duration_us",
    "nv_inference_compute_output_duration_us",
    "nv_inference_pending_request_count",
    "nv_cpu_utilization",
    "nv_cpu_memory_used_bytes",
    "nv_cpu_memory_total_bytes",
    "nv_gpu_utilization",
    "nv_gpu_memory_used_bytes",
    "nv_gpu_memory_total_bytes",
}
PROMETHEUS = {"up", "ALERTS", "process_resident_memory_bytes", "process_cpu_seconds_total"}
SUFFIXES = {Counter: ("_total",), Gauge: ("",), Histogram: ("_bucket", "_sum", "_count")}


def declared() -> dict[str, set[str]]:
    """Declared metric to the names of its series."""
    metrics = [metric for metric in vars(telemetry).values() if isinstance(metric, tuple(SUFFIXES))]
    collected = (telemetry.QueueGauges, telemetry.LearnedGauges, telemetry.MapGauges)
    shown = {name: {name} for one in collected for name in one.NUMBERS}
    return shown | {
        metric.describe()[0].name: {
            metric.describe()[0].name + suffix for suffix in SUFFIXES[type(metric)]
        }
        for metric in metrics
    }


RECORDED = dict(rules("record"))
ALERTS = dict(rules("alert"))
QUERIES = [*panel_queries(), *RECORDED.values(), *ALERTS.values()]


def test_names_are_read_from_expressions() -> None:
    query = Query(
        "here",
        'sum by (le, stage) (rate(a_total{b="c(d)"}[5m])) / on (e) (f:g:h > 1e6) or vector(0.5)',
    )
    assert query.metrics() == {"a_total", "f:g:h"}


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_every_named_metric_exists(query: Query) -> None:
    known = set().union(*declared().values(), RECORDED, TRITON, PROMETHEUS)
    assert query.metrics()
    assert query.metrics() <= known


@pytest.mark.parametrize(("metric", "series"), declared().items())
def test_every_declared_metric_is_used(metric: str, series: set[str]) -> None:
    used = set().union(*(query.metrics() for query in QUERIES))
    assert series & used, f"{metric} is on no dashboard and in no rule"


@pytest.mark.parametrize("record", RECORDED)
def test_every_recorded_series_is_used(record: str) -> None:
    others = [query for name, query in RECORDED.items() if name != record]
    queries = [*panel_queries(), *ALERTS.values(), *others]
    assert any(record in query.metrics() for query in queries)
