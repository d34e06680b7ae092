"""``segue.v1.ListenerService``: takes down what listeners did, and forgets a listener."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import grpc

from segue import telemetry
from segue.errors import InvalidArgument
from segue.interactions import Interaction
from segue.limits import MOST_INTERACTIONS, checked_size
from segue.query.backends import Backends
from segue.query.listener_keeper import ListenerKeeper
from segue.turns import paced
from segue.v1 import listener_service_pb2 as messages
from segue.v1.listener_service_pb2_grpc import (
    ListenerServiceServicer,
    add_ListenerServiceServicer_to_server,
)
from segue.wire.interactions import interaction_from_message
from segue.wire.jobs import request_id_from_text

SERVICE = "segue.v1.ListenerService"


class ListenerServicer(ListenerServiceServicer):
    """Takes interactions into the store of the catalogue's keeper, who writes them down later."""

    def __init__(self, backends: Backends, keepers: Mapping[str, ListenerKeeper]) -> None:
        self._backends = backends
        self._keepers = keepers

    def add_to(self, server: grpc.aio.Server) -> None:
        """Register with a server."""
        add_ListenerServiceServicer_to_server(self, server)  # type: ignore[no-untyped-call]

    async def RecordInteractions(  # noqa: N802  # named by the proto
        self, request: messages.RecordInteractionsRequest, context: Any
    ) -> messages.RecordInteractionsResponse:
        """Take down what listeners did, all of it or nothing."""
        del context
        keeper = self._keepers[self._backends.catalogue_of(request)]
        count = len(request.interactions)
        if not 1 <= count <= MOST_INTERACTIONS:
            raise InvalidArgument(
                "interactions", f"holds {count} entries, not 1 to {MOST_INTERACTIONS}"
            )
        request_id = request_id_from_text(request.request_id)
        now = datetime.now(UTC)

        def interaction(numbered: tuple[int, messages.Interaction]) -> Interaction:
            number, message = numbered
            return interaction_from_message(message, f"interactions[{number}]", now=now)

        interactions = await paced(interaction, enumerate(request.interactions))
        recorded, new = await keeper.store.record(interactions, request_id=request_id)
        if new:
            kinds = Counter(one.kind for one in interactions)
            for kind, number in kinds.items():
                telemetry.INTERACTIONS_TOTAL.labels(kind.value).inc(number)
        return messages.RecordInteractionsResponse(recorded=recorded)

    async def ForgetListener(  # noqa: N802
        self, request: messages.ForgetListenerRequest, context: Any
    ) -> messages.ForgetListenerResponse:
        """Remove every trace of a listener."""
        del context
        keeper = self._keepers[self._backends.catalogue_of(request)]
        if not request.user_id:
            raise InvalidArgument("user_id", "must not be empty")
        forgotten = await keeper.forget(checked_size(request.user_id, "user_id", "user_id"))
        return messages.ForgetListenerResponse(
            interactions=forgotten.interactions, factors=forgotten.factors
        )
