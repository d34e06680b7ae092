"""What is asked of the query service in the owner's name for others waits for its turn."""

from __future__ import annotations

import asyncio

import grpc

from segue.turns import set_line
from segue.v1 import status_service_pb2, status_service_pb2_grpc
from segue.web.backend import LENT_AT_ONCE, Backend
from segue.web.callers import GUEST, OWNER, OWNERS_LINE, WebCaller


class Slow(status_service_pb2_grpc.StatusServiceServicer):
    """Answers when it is told to, and counts who waits for that."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.waiting = 0

    async def GetServerInfo(self, request, context):  # noqa: N802  # as the proto calls it
        self.waiting += 1
        await self.go_on.wait()
        return status_service_pb2.GetServerInfoResponse()

    async def has(self, waiting: int) -> None:
        while self.waiting < waiting:
            await asyncio.sleep(0.01)


async def test_a_crowd_in_the_owners_name_does_not_keep_the_owner_waiting() -> None:
    slow, server = Slow(), grpc.aio.server()
    status_service_pb2_grpc.add_StatusServiceServicer_to_server(slow, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    backend = Backend(f"127.0.0.1:{port}", "token")

    def asked(caller: WebCaller, line: str) -> asyncio.Task[object]:
        async def ask() -> object:
            set_line((line,))
            request = status_service_pb2.GetServerInfoRequest()
            return await backend.call("StatusService", "GetServerInfo", request, caller)

        return asyncio.create_task(ask())

    try:
        crowd = [asked(OWNER, "192.0.2.7") for _ in range(3 * LENT_AT_ONCE)]
        await slow.has(LENT_AT_ONCE)
        others = [asked(OWNER, OWNERS_LINE), asked(GUEST, "192.0.2.8")]
        await slow.has(LENT_AT_ONCE + len(others))
        assert slow.waiting == LENT_AT_ONCE + len(others)
        slow.go_on.set()
        await asyncio.gather(*crowd, *others)
        assert slow.waiting == len(crowd) + len(others)
    finally:
        await backend.close()
        await server.stop(None)
