"""Reads the details of an error that the service answered."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status


class Refusal:
    """A refused call: its code, message and details by kind."""

    def __init__(self, error: grpc.aio.AioRpcError) -> None:
        status = rpc_status.from_call(_Call(error))
        assert status is not None, f"no details: {error!r}"
        assert status.code == error.code().value[0]
        self.code = error.code()
        self.message = status.message
        self._details = list(status.details)

    def detail(self, kind: type[Any]) -> Any:
        """The only detail of a kind."""
        found = [one for one in self._details if one.Is(kind.DESCRIPTOR)]
        assert len(found) == 1, f"{len(found)} details of {kind.__name__}"
        message = kind()
        found[0].Unpack(message)
        return message

    @property
    def reason(self) -> str:
        info = self.detail(error_details_pb2.ErrorInfo)
        assert info.domain == "segue"
        assert info.metadata["next_step"]
        return str(info.reason)

    @property
    def field(self) -> str:
        violations = self.detail(error_details_pb2.BadRequest).field_violations
        assert len(violations) == 1
        return str(violations[0].field)


class _Call:
    """What grpc_status reads, for an error of the asyncio client."""

    def __init__(self, error: grpc.aio.AioRpcError) -> None:
        self.code = error.code
        self.details = error.details
        self.trailing_metadata = lambda: tuple(error.trailing_metadata())


async def refusal(call: Awaitable[object]) -> Refusal:
    """The refusal of a call that must not succeed."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return Refusal(caught.value)
