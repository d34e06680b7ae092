"""A real Prometheus watches a real stack: every panel and rule of the repository shows data."""

from __future__ import annotations

import csv
import json
import math
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest

from promql import DEPLOY, Query, panel_queries, rules
from segue.owner_token import token_metadata
from segue.stack.ports import free_ports
from segue.stack.running import RunningStack
from segue.v1 import catalog_service_pb2, catalog_service_pb2_grpc
from segue.v1 import similarity_service_pb2 as similarity_pb2
from segue.v1 import similarity_service_pb2_grpc as similarity_pb2_grpc
from waiting import until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

DEMO = DEPLOY / "demo"
RATE_INTERVAL = "1m"
"""What Grafana puts in for $__rate_interval at a scrape interval of 15 s."""

PATIENCE_SECONDS = 150.0
CALL_SECONDS = 60.0
RULES = [query for kind in ("record", "alert") for _, query in rules(kind)]
RECORDED = dict(rules("record"))


class PrometheusServer:
    """The HTTP API of a Prometheus."""

    def __init__(self, address: str) -> None:
        self._api = f"http://{address}/api/v1/"
        self.missed = [query for query in panel_queries() if not needs_gpu(query)]
        """Of the panels: what showed nothing yet, whenever it was looked at."""

    def get(self, path: str, **parameters: str) -> Any:
        url = f"{self._api}{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=CALL_SECONDS) as answer:
            return json.load(answer)["data"]

    def series(self, expression: str) -> list[dict[str, Any]]:
        """Series of the expression now, without those that are no number."""
        found = self.get("query", query=expression)["result"]
        return [one for one in found if math.isfinite(float(one["value"][1]))]

    def shows(self, query: Query) -> bool:
        """Whether the query gives a number under every label that its legend names."""
        return any(
            set(query.legend_labels) <= set(one["metric"]) or "vector(0)" in query.expression
            for one in self.series(query.runnable(RATE_INTERVAL))
        )


@dataclass(frozen=True, slots=True)
class Stack:
    """The two services of a running stack, and its page."""

    catalog: catalog_service_pb2_grpc.CatalogServiceStub
    similarity: similarity_pb2_grpc.SimilarityServiceStub
    token: str
    page: str

    def ingest(self, files: list[Path], *, force: bool = False, dead: bool = False) -> list[str]:
        """Ingest files, wait until each is indexed (or dead), and give their track ids."""
        items = [
            catalog_service_pb2.IngestItem(track_id=file.stem, uri=file.as_uri(), force=force)
            for file in files
        ]
        accepted = self.catalog.IngestTracks(
            catalog_service_pb2.IngestTracksRequest(items=items),
            timeout=CALL_SECONDS,
            metadata=token_metadata(self.token),
        )
        watch = catalog_service_pb2.WatchIngestRequest(job_id=accepted.job_id)
        *_, last = self.catalog.WatchIngest(watch, timeout=CALL_SECONDS)
        assert (last.job.dead > 0) == dead, last
        return list(accepted.track_ids)

    def search(self, **fields: Any) -> similarity_pb2.SearchSimilarTracksResponse:
        request = similarity_pb2.SearchSimilarTracksRequest(**fields)
        return self.similarity.SearchSimilarTracks(
            request, timeout=CALL_SECONDS, metadata=token_metadata(self.token)
        )

    def ask_page(self, path: str, body: object | None = None, **headers: str) -> int:
        """The status of the page's answer."""
        request = urllib.request.Request(
            f"{self.page}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "X-Segue-Page": "1", **headers},
        )
        try:
            with urllib.request.urlopen(request, timeout=CALL_SECONDS) as answer:
                answer.read()
                return int(answer.status)
        except urllib.error.HTTPError as exc:
            with exc:
                return exc.code


@contextmanager
def running_prometheus(configuration: Path, folder: Path) -> Iterator[PrometheusServer]:
    """A Prometheus that has scraped every part of the stack."""
    address = f"127.0.0.1:{free_ports(1)[0]}"
    command = [
        "prometheus",
        f"--config.file={configuration}",
        f"--storage.tsdb.path={folder}",
        f"--web.listen-address={address}",
    ]
    log = folder.with_suffix(".log")
    with log.open("wb") as stderr, subprocess.Popen(command, stderr=stderr) as process:
        server = PrometheusServer(address)

        def scraped() -> bool:
            assert process.poll() is None, log.read_text()
            return len(server.series("up == 1")) == 4  # query, worker, web and Triton

        try:
            until(scraped, not_yet=urllib.error.URLError)
            yield server
        finally:
            process.terminate()


_TURNS_OF_THE_MAP = (0, 2, 4)
"""One map shows no increase: it is made again after it was scraped."""


def load(stack: Stack, broken: Path, listener: str, turn: int) -> None:
    """One turn of everything that leaves a trace in a metric."""
    files = sorted((DEMO / "catalogue").glob("*/*-1.*"))[:4]
    tracks = stack.ingest(files, force=turn > 0)
    broken.write_bytes(f"no audio, turn {turn}".encode())
    stack.ingest([broken], dead=True)
    seed = similarity_pb2.Seed(track_id=tracks[0])
    clip = similarity_pb2.Seed(clip=similarity_pb2.ClipSeed(audio=files[0].read_bytes()))
    for _ in range(5):
        stack.search(seed=seed)
    stack.search(seed=clip)
    stack.search(seed=seed, mix=similarity_pb2.HybridMix(user_id=listener))
    assert stack.ask_page("") == 200
    for _ in range(3):
        assert stack.ask_page("api/v1/similar", {"seed": {"track_id": tracks[0]}}) == 200
    assert stack.ask_page("api/v1/session", {"token": stack.token}) == 200
    with pytest.raises(grpc.RpcError, match="no track 'nobody'"):
        stack.search(seed=similarity_pb2.Seed(track_id="nobody"))


def interactions(path: Path) -> Path:
    """Plays that factors can be learned from."""
    rows = [f"l{one},t{other},play" for one in range(20) for other in range(one % 5, 30, 2)]
    path.write_text("\n".join(["user_id,track_id,kind", *rows]) + "\n")
    return path


@pytest.fixture(scope="module")
def prometheus(
    tmp_path_factory: pytest.TempPathFactory,
    start_stack: Callable[..., RunningStack],
    run_segue: Callable[..., Any],
) -> Iterator[PrometheusServer]:
    """A Prometheus after the stack was under load for as long as a panel needs, or too long."""
    if shutil.which("prometheus") is None:
        pytest.skip("prometheus is not installed (Debian: apt-get install prometheus)")
    root = tmp_path_factory.mktemp("monitoring")
    # The configuration stands unchanged where it looks for the data folder of `make up`.
    shutil.copytree(DEPLOY / "prometheus", root / "deploy" / "prometheus")
    configuration = root / "deploy" / "prometheus" / "embedded.yml"
    data = root / "data" / "demo"
    data.mkdir(parents=True)
    scores = DEMO / "collaborative_scores.csv"
    with scores.open(newline="") as file:
        listener = next(csv.DictReader(file))["user_id"]
    running = start_stack(data, "--collaborative-scores", str(scores))
    # They are loaded whatever is mixed in: they also tell how popular tracks are.
    learned = run_segue("cf", "train", interactions(root / "plays.csv"), stack=running)
    assert learned.code == 0, learned.stderr
    with (
        grpc.insecure_channel(running.address) as channel,
        running_prometheus(configuration, root / "tsdb") as server,
    ):
        stack = Stack(
            catalog_service_pb2_grpc.CatalogServiceStub(channel),
            similarity_pb2_grpc.SimilarityServiceStub(channel),
            running.token,
            running.page,
        )
        deadline = time.monotonic() + PATIENCE_SECONDS
        turn = 0
        while server.missed and time.monotonic() < deadline:
            load(stack, root / f"broken-{turn}.mp3", listener, turn)
            if turn in _TURNS_OF_THE_MAP:
                made = run_segue("map", "build", stack=running)
                assert made.code == 0, made.stderr
            # Some show only for as long as something happened lately: that they did is enough.
            server.missed = [query for query in server.missed if not server.shows(query)]
            turn += 1
        yield server


def needs_gpu(query: Query) -> bool:
    return any(name.startswith("nv_gpu_") for name in query.metrics())


@pytest.mark.parametrize("query", panel_queries(), ids=str)
def test_every_panel_shows_data(prometheus: PrometheusServer, query: Query) -> None:
    if needs_gpu(query):
        if not prometheus.series("nv_gpu_utilization"):
            pytest.skip("Triton sees no GPU here")
        assert prometheus.shows(query), query.expression
    assert query not in prometheus.missed, query.expression


@pytest.mark.parametrize("record", RECORDED)
def test_every_recording_rule_records(prometheus: PrometheusServer, record: str) -> None:
    until(prometheus.series, record)


def test_every_rule_is_loaded_and_evaluates(prometheus: PrometheusServer) -> None:
    loaded = [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]
    assert len(loaded) == len(RULES)
    assert {
        rule["name"]: rule.get("lastError", "") for rule in loaded if rule["health"] != "ok"
    } == {}


def test_a_healthy_stack_raises_no_alert_but_that_of_its_dead_letters(
    prometheus: PrometheusServer,
) -> None:

    def firing() -> set[str]:
        found = prometheus.series('ALERTS{alertstate="firing"}')
        return {one["metric"]["alertname"] for one in found}

    assert until(firing) == {"SegueDeadLettersGrowing"}
