"""``segue.v1.MapService``: a catalogue in two dimensions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import grpc

from segue.errors import InvalidArgument
from segue.limits import MOST_MAP_LABELS
from segue.query.backends import Backends, NamesCatalogue
from segue.query.map_keeper import MapKeeper
from segue.turns import Pace
from segue.v1 import map_service_pb2 as messages
from segue.v1.map_service_pb2_grpc import MapServiceServicer, add_MapServiceServicer_to_server
from segue.wire.maps import (
    about_to_message,
    layout_from_message,
    map_to_messages,
    work_to_message,
)

SERVICE = "segue.v1.MapService"


class MapServicer(MapServiceServicer):
    """Hands out maps, and has others made.

    Parameters
    ----------
    keepers
        Of each catalogue that there is.
    """

    def __init__(self, keepers: Mapping[str, MapKeeper], backends: Backends) -> None:
        self._keepers = keepers
        self._backends = backends

    def add_to(self, server: grpc.aio.Server) -> None:
        """Register with a server."""
        add_MapServiceServicer_to_server(self, server)  # type: ignore[no-untyped-call]

    async def GetMapInfo(  # noqa: N802
        self, request: messages.GetMapInfoRequest, context: Any
    ) -> messages.GetMapInfoResponse:
        """Say what the map is, and what is done about the next one."""
        del context
        index = self._backends.index_of(request)
        keeper = self._keeper_of(request)
        about = await keeper.look()
        return messages.GetMapInfoResponse(
            map=None if about is None else about_to_message(about),
            work=work_to_message(await keeper.store.tasks.work()),
            catalogue_tracks=(await index.info()).tracks,
        )

    async def GetMap(  # noqa: N802
        self, request: messages.GetMapRequest, context: Any
    ) -> AsyncIterator[messages.GetMapResponse]:
        """Give the map in columns."""
        del context
        self._backends.index_of(request)  # a stack that is starting has none to be compared with
        try:
            layout = layout_from_message(request.layout)
        except KeyError as exc:
            raise InvalidArgument("layout", f"there is no layout {request.layout}") from exc
        labels = list(dict.fromkeys(request.labels))
        if len(labels) > MOST_MAP_LABELS:
            raise InvalidArgument("labels", f"{len(labels)} labels, at most {MOST_MAP_LABELS}")
        about, one = await self._keeper_of(request).served()
        unknown = sorted(set(labels) - set(one.colours.labels))
        if unknown:
            raise InvalidArgument("labels", f"the map has no label {unknown[0]!r}")
        if request.known_version and request.known_version == about.version:
            return
        pace = Pace()
        for message in map_to_messages(about, one, layout, labels):
            yield message
            await pace.step()

    async def RebuildMap(  # noqa: N802
        self, request: messages.RebuildMapRequest, context: Any
    ) -> messages.RebuildMapResponse:
        """Have the map made again."""
        del context
        self._backends.index_of(request)  # a stack that is starting has nothing to map
        await self._keeper_of(request).store.tasks.want(asked=True, anew=request.anew)
        return messages.RebuildMapResponse()

    def _keeper_of(self, request: NamesCatalogue) -> MapKeeper:
        return self._keepers[self._backends.catalogue_of(request)]
