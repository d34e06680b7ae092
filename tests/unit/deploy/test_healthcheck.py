"""The health check of the containers, against real servers."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from wsgiref.simple_server import WSGIRequestHandler, make_server

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from deployment import ROOT

SCRIPT = ROOT / "deploy" / "healthcheck.py"


def status(*arguments: str) -> int:
    return subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True).returncode


def becomes_healthy(*arguments: str) -> bool:
    """Whether a check says so within a minute: one alone may run out of time on a busy machine."""
    deadline = time.monotonic() + 60
    while (found := status(*arguments)) != 0 and time.monotonic() < deadline:
        time.sleep(0.1)
    return found == 0


@pytest.fixture
def server() -> Iterator[tuple[str, health.HealthServicer]]:
    servicer = health.HealthServicer()
    server = grpc.server(ThreadPoolExecutor(max_workers=2))
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}", servicer
    server.stop(grace=None).wait()


def test_a_serving_grpc_server_is_healthy(server: tuple[str, health.HealthServicer]) -> None:
    address, servicer = server
    servicer.set("", health_pb2.HealthCheckResponse.SERVING)
    assert becomes_healthy("grpc", address)


def test_a_server_that_waits_for_its_parts_is_not(
    server: tuple[str, health.HealthServicer],
) -> None:
    address, servicer = server
    servicer.set("", health_pb2.HealthCheckResponse.NOT_SERVING)
    assert status("grpc", address) == 1


@pytest.fixture
def site() -> Iterator[str]:
    class Quiet(WSGIRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    def answer(environ, start_response):
        found = environ["PATH_INFO"] == "/metrics"
        start_response("200 OK" if found else "404 Not Found", [("Content-Type", "text/plain")])
        return [b""]

    with make_server("127.0.0.1", 0, answer, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_an_answer_of_200_is_healthy(site: str) -> None:
    assert becomes_healthy("http", f"{site}/metrics")


def test_another_answer_is_not(site: str) -> None:
    assert status("http", f"{site}/nothing") == 1


@pytest.mark.parametrize("arguments", [("grpc", "127.0.0.1:1"), ("http", "http://127.0.0.1:1/")])
def test_no_answer_is_unhealthy(arguments: tuple[str, str]) -> None:
    assert status(*arguments) == 1


@pytest.mark.parametrize("arguments", [(), ("grpc",), ("ftp", "127.0.0.1:1")])
def test_a_wrong_call_is_unhealthy(arguments: tuple[str, ...]) -> None:
    assert status(*arguments) == 1
