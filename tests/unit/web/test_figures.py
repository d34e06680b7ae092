import math

import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server

from segue.stack.ports import free_ports
from segue.web.figures import Figures, Reading, figures_between, percentile, summed

BUCKETS = {0.01: 50.0, 0.02: 90.0, 0.1: 100.0, math.inf: 100.0}


@pytest.mark.parametrize(
    ("buckets", "share", "expected"),
    [
        (BUCKETS, 0.5, 0.01),
        (BUCKETS, 0.7, 0.015),
        (BUCKETS, 0.95, 0.06),
        (BUCKETS, 0.99, 0.092),
        ({0.01: 0.0, math.inf: 10.0}, 0.5, 0.01),  # all beyond the last bound
        ({0.01: 0.0, math.inf: 0.0}, 0.5, None),
        ({}, 0.5, None),
    ],
)
def test_percentiles_are_those_of_prometheus(buckets, share, expected):
    found = percentile(buckets, share)

    assert found is None if expected is None else found == pytest.approx(expected)


def counted(searches, ingested):
    return {
        ("segue_rpc_seconds_bucket", "SearchSimilarTracks", "0.01"): searches / 2,
        ("segue_rpc_seconds_bucket", "SearchSimilarTracks", "0.02"): searches,
        ("segue_rpc_seconds_bucket", "SearchSimilarTracks", "+Inf"): searches,
        ("segue_rpc_seconds_bucket", "ReadAudio", "+Inf"): 9_000.0,
        ("segue_ingest_total", "indexed", ""): ingested,
    }


def test_two_readings_say_how_fast():
    before = Reading(100.0, counted(1_000.0, 40.0), {})
    now = Reading(160.0, counted(1_600.0, 55.0), {"http://a/metrics": True})

    figures = figures_between(before, now)

    assert figures["calls_per_second"] == pytest.approx(10.0)
    assert figures["tracks_per_minute"] == pytest.approx(15.0)
    (search,) = figures["latency"]
    assert search["method"] == "SearchSimilarTracks"
    assert search["calls"] == pytest.approx(600.0)
    assert search["p50_seconds"] == pytest.approx(0.01)
    assert search["p99_seconds"] == pytest.approx(0.0198)
    assert figures["metrics"] == [{"url": "http://a/metrics", "answers": True}]


def test_a_service_that_started_anew_counts_from_nothing():
    figures = figures_between(
        Reading(0.0, counted(1_000.0, 40.0), {}), Reading(60.0, counted(60.0, 6.0), {})
    )

    assert figures["calls_per_second"] == pytest.approx(1.0)
    assert figures["tracks_per_minute"] == pytest.approx(6.0)


def test_without_an_earlier_reading_rates_are_not_known():
    figures = figures_between(None, Reading(5.0, counted(10.0, 1.0), {}))

    assert figures["window_seconds"] is None
    assert figures["calls_per_second"] is None
    assert figures["latency"][0]["p50_seconds"] == pytest.approx(0.01)


async def test_pages_are_read_and_summed():
    registry = CollectorRegistry()
    seconds = Histogram("segue_rpc_seconds", "s", ["method"], registry=registry, buckets=(0.01, 1))
    ended = Counter("segue_ingest_total", "t", ["outcome", "reason"], registry=registry)
    seconds.labels("/segue.v1.SimilarityService/SearchTracks").observe(0.005)
    ended.labels("indexed", "").inc(3)
    port = free_ports(1)[0]
    server, thread = start_http_server(port, "127.0.0.1", registry)
    now = 0.0
    url = f"http://127.0.0.1:{port}/metrics"
    figures = Figures((url, "http://127.0.0.1:1/metrics"), lambda: now)
    try:
        first = await figures.read()
        ended.labels("indexed", "").inc(2)
        now = 60.0
        second = await figures.read()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

    assert first["latency"][0]["method"] == "SearchTracks"
    assert second["tracks_per_minute"] == pytest.approx(2.0)
    assert [one["answers"] for one in second["metrics"]] == [True, False]
    assert await Figures((), lambda: 0.0).read() is None
    assert await figures.read() is None


def test_what_is_no_metric_of_ours_is_passed_over():
    assert summed(["# HELP x y\n# TYPE x counter\nx_total 3\n"]) == {}
