"""Is a part ready? One question each, answered within a second, without the part's own library."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable
from pathlib import Path
from urllib.parse import urlsplit

PROBE_SECONDS = 1.0


async def redis_ready(socket: Path, user: str, password: str) -> bool:
    """Whether a Redis or Valkey answers PING; not while it still loads its append-only file."""
    request = f"AUTH {user} {password}\r\nPING\r\n".encode()
    return await _exchange(asyncio.open_unix_connection(socket), request, b"+OK\r\n", b"+PONG")


async def http_ready(url: str) -> bool:
    """Whether a plain-HTTP GET is answered with status 200."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 80
    request = f"GET {parts.path or '/'} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode()
    connecting = asyncio.open_connection(host, port)
    return await _exchange(connecting, request, (b"HTTP/1.0 200", b"HTTP/1.1 200"))


async def grpc_serving(address: str, service: str = "") -> bool:
    """Whether a gRPC server's health service calls ``service`` SERVING."""
    # Imported here: the probes of the other parts run while this takes its time.
    import grpc
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    async with grpc.aio.insecure_channel(address) as channel:
        try:
            answer = await health_pb2_grpc.HealthStub(channel).Check(
                health_pb2.HealthCheckRequest(service=service), timeout=PROBE_SECONDS
            )
        except grpc.aio.AioRpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


async def _exchange(
    connecting: Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]],
    request: bytes,
    *wanted: bytes | tuple[bytes, ...],
) -> bool:
    """Whether the lines of the answer begin as wanted."""
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            reader, writer = await connecting
            try:
                writer.write(request)
                await writer.drain()
                for beginning in wanted:
                    if not (await reader.readline()).startswith(beginning):
                        return False
                return True
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
    except (OSError, TimeoutError, ValueError):
        return False
