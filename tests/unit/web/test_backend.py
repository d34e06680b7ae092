"""Whom a call of the page is made for, and that a crowd keeps nobody waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import pytest

from segue.callers import ACTING_FOR, COUNTED_FOR, LISTENING
from segue.errors import Overloaded
from segue.turns import set_line
from segue.v1 import status_service_pb2, status_service_pb2_grpc
from segue.web.backend import OF_OTHERS_AT_ONCE, Backend
from segue.web.callers import GUEST, OWNER, Role, WebCaller

ANN = WebCaller(Role.LISTENER, "Ann", "ann", "192.0.2.7")
ANYBODY = WebCaller(Role.OWNER, machine="::1", proven=False)
CROWD, OTHER = WebCaller(Role.GUEST, machine="192.0.2.8"), WebCaller(Role.GUEST, machine="::1")


class Slow(status_service_pb2_grpc.StatusServiceServicer):
    """Answers when it is told to, and counts who waits for that."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.waiting = 0
        self.said: dict[str, str] = {}

    async def GetServerInfo(self, request, context):  # noqa: N802  # as the proto calls it
        self.waiting += 1
        self.said = dict(context.invocation_metadata())
        await self.go_on.wait()
        return status_service_pb2.GetServerInfoResponse()

    async def has(self, waiting: int) -> None:
        while self.waiting < waiting:
            await asyncio.sleep(0.01)


@asynccontextmanager
async def served(**options: int) -> AsyncIterator[tuple[Slow, Backend]]:
    slow = Slow()
    server = grpc.aio.server(options=[(f"grpc.{name}", value) for name, value in options.items()])
    status_service_pb2_grpc.add_StatusServiceServicer_to_server(slow, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    backend = Backend(f"127.0.0.1:{port}", "token")
    try:
        yield slow, backend
    finally:
        await backend.close()
        await server.stop(None)


def asked(backend: Backend, caller: WebCaller, **more: float) -> asyncio.Task[object]:
    async def ask() -> object:
        set_line((caller.machine,))
        request = status_service_pb2.GetServerInfoRequest()
        return await backend.call("StatusService", "GetServerInfo", request, caller, **more)

    return asyncio.create_task(ask())


@pytest.mark.parametrize(
    ("caller", "said"),
    [
        (OWNER, {"authorization", LISTENING}),
        (ANN, {"authorization", ACTING_FOR, LISTENING}),
        (ANN.as_reader, {"authorization", COUNTED_FOR, LISTENING}),
        (OTHER, {"authorization", ACTING_FOR}),
        (OTHER.as_reader, {"authorization", ACTING_FOR}),
        (GUEST, set()),
        (ANYBODY, {"authorization", ACTING_FOR, LISTENING}),
    ],
)
async def test_the_query_service_is_told_for_whom_it_is(caller: WebCaller, said: set[str]) -> None:
    async with served() as (slow, backend):
        slow.go_on.set()
        await asked(backend, caller)
        assert said == slow.said.keys() & {"authorization", ACTING_FOR, COUNTED_FOR, LISTENING}
        assert slow.said.get(COUNTED_FOR, "ann") == "ann"


async def test_a_crowd_keeps_neither_the_owner_nor_others_waiting() -> None:
    async with served() as (slow, backend):
        crowd = [asked(backend, CROWD) for _ in range(3 * OF_OTHERS_AT_ONCE)]
        await slow.has(OF_OTHERS_AT_ONCE)
        owners, other = asked(backend, OWNER), asked(backend, OTHER)
        await slow.has(OF_OTHERS_AT_ONCE + 1)
        assert slow.waiting == OF_OTHERS_AT_ONCE + 1
        crowd.pop(0).cancel()  # of those who have their turn: the other is next
        crowd.pop(0).cancel()
        await slow.has(OF_OTHERS_AT_ONCE + 3)
        slow.go_on.set()
        await asyncio.wait_for(asyncio.gather(owners, other, *crowd), 60)


async def test_a_connection_that_others_fill_is_not_the_owners() -> None:
    async with served(max_concurrent_streams=4) as (slow, backend):
        first = asked(backend, CROWD)
        await slow.has(1)  # it is known by now how many calls the connection carries
        crowd = [first, *(asked(backend, CROWD) for _ in range(8))]
        await slow.has(4)
        owners = asked(backend, OWNER)
        await asyncio.wait_for(slow.has(5), 20)
        slow.go_on.set()
        await owners
        # gRPC refuses some of those that come where others have only just ended.
        await asyncio.gather(*crowd, return_exceptions=True)


async def test_who_has_no_turn_in_time_is_told_so() -> None:
    async with served() as (slow, backend):
        crowd = [asked(backend, CROWD) for _ in range(OF_OTHERS_AT_ONCE)]
        await slow.has(OF_OTHERS_AT_ONCE)
        with pytest.raises(Overloaded) as refused:
            await asked(backend, OTHER, timeout_seconds=0.05)
        assert refused.value.reason == "TOO_MANY_CALLS"
        slow.go_on.set()
        await asyncio.gather(*crowd)
