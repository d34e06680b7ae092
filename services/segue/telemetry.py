"""Logging set-up, and every Prometheus metric that Segue exports.

A worker forks: with ``PROMETHEUS_MULTIPROC_DIR`` set before the first import, its children write to
that folder and the parent serves the sum.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, TypeVar
from wsgiref.simple_server import WSGIServer

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    start_http_server,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

import segue
from segue.exposure import check_listening
from segue.log_lines import LineFormatter
from segue.settings import InvalidSetting, TelemetrySettings

M = TypeVar("M", Counter, Histogram)

_FAST = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_SLOW = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0)

BUILD_INFO = Gauge(
    "segue_build_info", "Version of Segue; always 1", ["version"], multiprocess_mode="livemax"
)
MODEL_INFO = Gauge(
    "segue_model_info",
    "Served model, and the device on which it really runs: 1 now, 0 before",
    ["model", "version", "device"],
    multiprocess_mode="livemax",
)

RPC_SECONDS = Histogram("segue_rpc_seconds", "Time to answer an RPC", ["method"], buckets=_FAST)
RPC_TOTAL = Counter(
    "segue_rpc_total", "Answered RPCs by status code and reason", ["method", "code", "reason"]
)
RPC_IN_FLIGHT = Gauge("segue_rpc_in_flight", "RPCs being answered now", multiprocess_mode="livesum")
ADMISSION_IN_USE = Gauge(
    "segue_admission_in_use",
    "What calls take now, by kind (call, probe, upload, watch, clip; memory in bytes)",
    ["kind"],
    multiprocess_mode="livesum",
)
ADMISSION_LIMIT = Gauge(
    "segue_admission_limit",
    "What calls may take together, by kind",
    ["kind"],
    multiprocess_mode="livesum",
)
ADMITTED_TOTAL = Counter(
    "segue_admitted_total",
    "What was admitted, by kind and caller (owner, listener, guest)",
    ["kind", "caller"],
)
REFUSED_TOTAL = Counter(
    "segue_refused_total",
    "What was refused because too much was asked for, by kind, reason and caller",
    ["kind", "reason", "caller"],
)
QUERY_STAGE_SECONDS = Histogram(
    "segue_query_stage_seconds",
    "Time per stage of a search: decode, embed, ann, collaborative, fuse",
    ["stage"],
    buckets=_FAST,
)
COLLABORATIVE_TOTAL = Counter(
    "segue_collaborative_total", "Mixed searches by what became of the mix", ["status"]
)
SEARCH_CANDIDATES = Counter(
    "segue_search_candidates",
    "Candidates of searches by what found them: acoustic, collaborative",
    ["stage"],
)
SEARCH_DROPPED = Counter(
    "segue_search_dropped",
    "Candidates that were no answers, by reason, such as COPY or ARTIST_CAP",
    ["reason"],
)
SEARCH_FALLBACKS = Counter(
    "segue_search_fallbacks",
    "Searches that did less than was asked for, by what was missing: ranker, variety",
    ["missing"],
)
ENGINE_SEARCHES = Histogram(
    "segue_engine_searches",
    "Searches of the vector engine for one page of answers, or one path",
    buckets=(1, 2, 3, 4, 6, 8, 12, 16, 24, 48, 96),
)
PLAYLIST_SHORTFALLS = Counter(
    "segue_playlist_shortfalls",
    "Playlists and paths that are less than was asked for, by kind: playlist, path",
    ["kind"],
)
LEARNED_LOADS = Counter(
    "segue_learned_loads",
    "Attempts to load what was learned of listeners, by what (factors, ranker), outcome (loaded, "
    "failed) and reason",
    ["what", "outcome", "reason"],
)

WEB_SECONDS = Histogram(
    "segue_web_seconds",
    "Time until the page has answered a request, by route, but for streams and media",
    ["route"],
    buckets=_FAST,
)
WEB_TOTAL = Counter(
    "segue_web_requests_total",
    "Answers of the page by route, status, and who asked (owner, listener, guest; nobody: refused "
    "before that was known)",
    ["route", "status", "caller"],
)
WEB_IN_FLIGHT = Gauge(
    "segue_web_in_flight", "Requests that the page is answering now", multiprocess_mode="livesum"
)
WEB_CONNECTIONS = Gauge(
    "segue_web_connections", "Connections to the page now", multiprocess_mode="livesum"
)
WEB_BYTES = Counter("segue_web_sent_bytes_total", "Bytes of bodies that were sent", ["route"])
WEB_SIGN_INS = Counter(
    "segue_web_sign_ins_total",
    "Attempts to sign in by outcome: owner, listener, refused",
    ["outcome"],
)

INGEST_STAGE_SECONDS = Histogram(
    "segue_ingest_stage_seconds",
    "Time per stage of one track: fetch, decode, mel, estimate, embed, upsert",
    ["stage"],
    buckets=_SLOW,
)
INGEST_TRACK_SECONDS = Histogram(
    "segue_ingest_track_seconds", "Time for one attempt at one track", buckets=_SLOW
)
INGEST_TOTAL = Counter(
    "segue_ingest_total",
    "Attempts at tracks by outcome (indexed, skipped, retried, dead, cancelled) and reason; and "
    "messages that were none (dropped)",
    ["outcome", "reason"],
)
INGEST_AUDIO_SECONDS = Counter("segue_ingest_audio_seconds", "Seconds of audio that were embedded")


class QueueGauges(Collector):
    """Numbers of the queue, shown by the one process that shows them first.

    Plain gauges would be exported by every process that has declared them, as zeros: with two that
    differ, an alert on growth never ends.
    """

    NUMBERS: ClassVar[dict[str, str]] = {
        "segue_queue_up": "Whether the queue answers the query service",
        "segue_queue_depth": "Tracks waiting in the queue",
        "segue_queue_age_seconds": "Age of the oldest track that is not finished",
        "segue_dead_letters": "Tracks resting in the dead-letter list",
        "segue_workers_alive": "Ingest workers that were heard moments ago",
    }

    def __init__(self) -> None:
        self._shown: dict[str, float] = {}

    def show(
        self, *, up: float, depth: float, age_seconds: float, dead_letters: float, alive: float
    ) -> None:
        """Show these from now on; NaN is what is not known."""
        numbers = (up, depth, age_seconds, dead_letters, alive)
        self._shown = dict(zip(self.NUMBERS, numbers, strict=True))

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """What is shown, for the registry."""
        for name, value in self._shown.items():
            yield GaugeMetricFamily(name, self.NUMBERS[name], value)


QUEUE = QueueGauges()
REGISTRY.register(QUEUE)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A version of something learned that is loaded.

    Attributes
    ----------
    created_at
        Seconds since 1970.
    listeners
        How many it was learned from.
    tracks
        How many have factors; None of a ranker, which knows no tracks.
    """

    version: str
    created_at: float
    listeners: int
    tracks: int | None = None


class LearnedGauges(Collector):
    """What is loaded of what was learned of listeners, shown by the processes that load it.

    Only the version that is loaded is shown: one for each that ever was would add up for ever.
    """

    NUMBERS: ClassVar[dict[str, str]] = {
        "segue_learned_info": "Loaded version of what was learned; always 1",
        "segue_learned_failing": "Whether the version that is to be served cannot be loaded",
        "segue_learned_age_seconds": "Age of the loaded version",
        "segue_learned_listeners": "Listeners that the loaded version was learned from",
        "segue_learned_tracks": "Tracks that have factors in the loaded version",
    }

    def __init__(self) -> None:
        self._shown: dict[tuple[str, str], tuple[Loaded | None, bool]] = {}

    def show(self, what: str, loaded: Loaded | None, *, failing: bool, catalogue: str = "") -> None:
        """Show from now on what is loaded of ``what``, which is ``factors`` or ``ranker``.

        Those of the default catalogue have no label that says so.
        """
        self._shown[what, catalogue] = (loaded, failing)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """What is shown, for the registry."""
        families = {name: GaugeMetricFamily(name, text) for name, text in self.NUMBERS.items()}

        def add(name: str, labels: dict[str, str], value: float) -> None:
            families[f"segue_learned_{name}"].add_sample(f"segue_learned_{name}", labels, value)

        for (what, catalogue), (loaded, fails) in list(self._shown.items()):
            labels = {"what": what} | ({"catalogue": catalogue} if catalogue else {})
            add("failing", labels, float(fails))
            if loaded is None:
                continue
            add("info", {**labels, "version": loaded.version}, 1.0)
            add("age_seconds", labels, max(time.time() - loaded.created_at, 0.0))
            add("listeners", labels, float(loaded.listeners))
            if loaded.tracks is not None:
                add("tracks", labels, float(loaded.tracks))
        yield from families.values()


LEARNED = LearnedGauges()
REGISTRY.register(LEARNED)


class MapGauges(Collector):
    """How the map of each catalogue is, shown by the processes that serve it."""

    NUMBERS: ClassVar[dict[str, str]] = {
        "segue_map_tracks": "Tracks that have a place on the served map; 0: there is none",
        "segue_map_age_seconds": "Age of the served map",
        "segue_map_waiting_seconds": "How long another map has been wanted; 0: none is",
        "segue_map_failing": "Whether the last attempt to make the map failed, or to load it",
    }

    def __init__(self) -> None:
        self._shown: dict[str, tuple[int, float | None, float | None, bool]] = {}

    def show(
        self,
        *,
        tracks: int,
        created_at: float | None,
        wanted_since: float | None,
        failing: bool,
        catalogue: str = "",
    ) -> None:
        """Show these from now on; times in seconds since 1970, None: there is none.

        Those of the default catalogue have no label that says so.
        """
        self._shown[catalogue] = (tracks, created_at, wanted_since, failing)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """What is shown, for the registry."""
        if not self._shown:
            return
        gauges = [
            GaugeMetricFamily(name, text, labels=["catalogue"])
            for name, text in self.NUMBERS.items()
        ]
        now = time.time()
        for catalogue, (tracks, created_at, wanted_since, failing) in list(self._shown.items()):
            values = (
                float(tracks),
                None if created_at is None else max(now - created_at, 0.0),
                0.0 if wanted_since is None else max(now - wanted_since, 0.0),
                float(failing),
            )
            for gauge, value in zip(gauges, values, strict=True):
                if value is not None:
                    gauge.add_metric([catalogue], value)
        yield from gauges


MAP = MapGauges()
REGISTRY.register(MAP)
MAP_BUILDS_TOTAL = Counter(
    "segue_map_builds",
    "Attempts to make the map by outcome (fitted, placed, failed, killed) and reason",
    ["outcome", "reason"],
)
MAP_BUILD_SECONDS = Histogram(
    "segue_map_build_seconds",
    "Time to make the map by stage: read, lay out, publish",
    ["stage"],
    buckets=_SLOW,
)
_OF_AN_INDEX = ["space", "catalogue"]
"""Prometheus takes an empty label for none: those of the default catalogue have the space alone."""

INDEX_TRACKS = Gauge("segue_index_tracks", "Tracks in the index", _OF_AN_INDEX)
INDEX_SEGMENTS = Gauge("segue_index_segments", "Passages in the index", _OF_AN_INDEX)
INDEX_UNINDEXED = Gauge(
    "segue_index_unindexed", "Song vectors that no graph covers yet", _OF_AN_INDEX
)
WORDS_WAITING = Gauge(
    "segue_words_waiting",
    "Whether tracks of an earlier version wait for the words that they are found by: 1, or 0",
    multiprocess_mode="livemax",
)
WORDS_FILLED_TOTAL = Counter(
    "segue_words_filled", "Tracks of an earlier version that were given words"
)
KEPT_UPLOADS = Gauge(
    "segue_kept_uploads", "Uploads whose audio is kept", multiprocess_mode="livemax"
)
KEPT_UPLOADS_BYTES = Gauge(
    "segue_kept_uploads_bytes",
    "Bytes of kept uploads, by kind (used, limit)",
    ["kind"],
    multiprocess_mode="livemax",
)
INTERACTIONS_TOTAL = Counter(
    "segue_interactions",
    "Recorded interactions of listeners by kind (play, skip, like, dislike)",
    ["kind"],
)
INTERACTIONS_WAITING = Gauge(
    "segue_interactions_waiting",
    "Recorded interactions that wait to be written to files",
    ["catalogue"],
    multiprocess_mode="livemax",
)
INTERACTIONS_WAITING_LIMIT = Gauge(
    "segue_interactions_waiting_limit",
    "Recorded interactions that may wait; no more are taken then",
    ["catalogue"],
    multiprocess_mode="livemax",
)
INTERACTIONS_AGE_SECONDS = Gauge(
    "segue_interactions_age_seconds",
    "How long the first interaction that is not in a file has waited",
    ["catalogue"],
    multiprocess_mode="livemax",
)
INTERACTIONS_WRITTEN_TOTAL = Counter(
    "segue_interactions_written", "Recorded interactions that were written to files"
)
INDEX_BUILDS_TOTAL = Counter("segue_index_builds", "Graph builds by outcome", ["outcome"])
INDEX_BUILD_SECONDS = Histogram(
    "segue_index_build_seconds", "Time to build and swap in a graph", buckets=_SLOW
)


@lru_cache(maxsize=256)
def _labelled(metric: M, label: str) -> M:
    """``metric.labels(label)``, looked up once: every search comes here."""
    return metric.labels(label)


def observe_search(
    seconds: Mapping[str, float],
    candidates: Mapping[str, int],
    dropped: Mapping[str, int],
    engine_searches: int,
) -> None:
    """Count what one page of a search, or a path, took.

    Seconds and candidates by stage, drops by reason.
    """
    for name, spent in seconds.items():
        _labelled(QUERY_STAGE_SECONDS, name).observe(spent)
    for name, count in candidates.items():
        _labelled(SEARCH_CANDIDATES, name).inc(count)
    for reason, count in dropped.items():
        _labelled(SEARCH_DROPPED, reason).inc(count)
    ENGINE_SEARCHES.observe(engine_searches)


@contextmanager
def stage(histogram: Histogram, name: str) -> Iterator[None]:
    """Observe the wall time of a block as ``stage=name``, whether it succeeds or fails."""
    started = time.perf_counter()
    try:
        yield
    finally:
        histogram.labels(name).observe(time.perf_counter() - started)


class MetricsServer:
    """Serves ``/metrics`` on a thread until closed."""

    def __init__(self, server: WSGIServer, thread: threading.Thread) -> None:
        self._server = server
        self._thread = thread

    @property
    def port(self) -> int:
        """Port that is really listened on."""
        return int(self._server.server_port)

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


def serve_metrics(settings: TelemetrySettings) -> MetricsServer | None:
    """Serve this process's metrics, or those of all its children when it forks; None for port 0.

    Raises
    ------
    InvalidSetting
        When that address cannot be listened on, or other machines reach it.
    """
    BUILD_INFO.labels(segue.__version__).set(1)
    if settings.metrics_port == 0:
        return None
    address = f"{settings.metrics_host}:{settings.metrics_port}"
    check_listening(address, insecure=settings.insecure, flag="")
    try:
        server, thread = start_http_server(
            settings.metrics_port, addr=settings.metrics_host, registry=registry()
        )
    except OSError as exc:
        raise InvalidSetting(
            f"metrics cannot be served on {address}: {exc.strerror}",
            reason="METRICS_ADDRESS_REFUSED",
            next_step="Set SEGUE_METRICS_PORT to a free port of this machine (0: no metrics), and "
            "SEGUE_METRICS_HOST to an address of it.",
        ) from exc
    return MetricsServer(server, thread)


def registry() -> CollectorRegistry:
    """The registry to scrape: over all children when the process forks."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    combined = CollectorRegistry()
    MultiProcessCollector(combined)  # type: ignore[no-untyped-call]
    return combined


def configure_logging(settings: TelemetrySettings) -> None:
    """Log to standard error, one line per record, with time, level and logger.

    Warnings of libraries are records too, without the line of source that raised them.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(LineFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    warnings.formatwarning = _in_one_line
    logging.captureWarnings(capture=True)


def _in_one_line(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    line: str | None = None,
) -> str:
    del line
    return f"{category.__name__}: {message} ({Path(filename).name}:{lineno})"
