"""Health check of a container: exit status 0 when the process inside answers.

``healthcheck.py grpc HOST:PORT`` asks the standard health service, ``healthcheck.py http URL``
wants an answer of status 200.
"""

from __future__ import annotations

import http
import sys
import urllib.error
import urllib.request

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

TIMEOUT_SECONDS = 3.0


def serving(address: str) -> bool:
    """Whether the gRPC server as a whole reports SERVING."""
    with grpc.insecure_channel(address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        try:
            answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=TIMEOUT_SECONDS)
        except grpc.RpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def answers(url: str) -> bool:
    """Whether a GET is answered with status 200."""
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310  # from compose
            return bool(response.status == http.HTTPStatus.OK)
    except (urllib.error.URLError, TimeoutError):
        return False


CHECKS = {"grpc": serving, "http": answers}

if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in CHECKS:
        sys.exit("usage: healthcheck.py grpc HOST:PORT | http URL")
    sys.exit(0 if CHECKS[sys.argv[1]](sys.argv[2]) else 1)
