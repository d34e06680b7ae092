"""Who may call what: one table, and the interceptor that holds every call to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc

from segue.callers import (
    ACTING_FOR,
    COUNTED_FOR,
    LISTENING,
    Call,
    Caller,
    current_call,
    current_caller,
    handed_on,
    machine_at,
    set_call,
)
from segue.errors import Unauthenticated
from segue.mix import Mix
from segue.owner_token import shows_token, token_of
from segue.query.interceptors import Stream, Unary, around
from segue.seeds import ListenerSeed, Seeds
from segue.settings import AccessSettings, InvalidSetting

OWNER_ONLY: dict[str, bool] = {
    "/segue.v1.CatalogService/IngestTracks": False,
    "/segue.v1.CatalogService/UploadTrack": False,
    "/segue.v1.CatalogService/WatchIngest": False,
    "/segue.v1.CatalogService/GetIngestJob": False,
    "/segue.v1.CatalogService/ListIngestJobs": True,
    "/segue.v1.CatalogService/CancelIngestJob": True,
    "/segue.v1.CatalogService/GetTrack": False,
    "/segue.v1.CatalogService/GetTracks": False,
    "/segue.v1.CatalogService/ListTracks": False,
    "/segue.v1.CatalogService/UpdateTrack": True,
    "/segue.v1.CatalogService/DescribeTrack": True,
    "/segue.v1.CatalogService/DeleteTrack": True,
    "/segue.v1.CatalogService/DeleteTracks": True,
    "/segue.v1.CatalogService/MoveTracks": True,
    "/segue.v1.CatalogService/UpsertTracks": True,
    "/segue.v1.CatalogService/ExportTracks": True,
    "/segue.v1.CatalogService/ListFacets": False,
    "/segue.v1.CatalogService/ListDuplicates": False,
    "/segue.v1.CatalogService/ListDeadLetters": False,
    "/segue.v1.CatalogService/ReplayDeadLetters": True,
    "/segue.v1.CatalogService/DismissDeadLetters": True,
    "/segue.v1.CatalogService/ReadAudio": True,
    "/segue.v1.CatalogService/ReadCover": True,
    "/segue.v1.CatalogService/ListKeptUploads": True,
    "/segue.v1.ListenerService/RecordInteractions": True,
    "/segue.v1.ListenerService/ForgetListener": True,
    "/segue.v1.MapService/GetMapInfo": False,
    "/segue.v1.MapService/GetMap": False,
    "/segue.v1.MapService/RebuildMap": True,
    "/segue.v1.SimilarityService/SearchSimilarTracks": False,
    "/segue.v1.SimilarityService/BatchSearchSimilarTracks": False,
    "/segue.v1.SimilarityService/SearchSegments": False,
    "/segue.v1.PlaylistService/BuildPlaylist": False,
    "/segue.v1.PlaylistService/FindPath": False,
    "/segue.v1.PlaylistService/DescribePlaylist": False,
    "/segue.v1.PlaylistService/ExportPlaylist": False,
    "/segue.v1.SimilarityService/SearchTracks": False,
    "/segue.v1.StatusService/GetStatus": False,
    "/segue.v1.StatusService/GetServerInfo": False,
}
"""Whether an RPC is for the owner only. One that is missing here is."""


def check_listeners(seeds: Seeds, mix: Mix | None = None) -> None:
    """See that the current caller may learn what the listeners of a search like.

    Ids of listeners are no secrets, and the answers to one tell what they play. A mix for the
    listener as whom the call is made tells nothing but their own plays.

    Raises
    ------
    NotPermitted
        When a guest names a listener.
    """
    if any(isinstance(one.seed, ListenerSeed) for one in seeds.seeds):
        current_caller().require_owner("a listener as a seed")
    if mix is not None and mix.user_id not in ("", current_call().listener):
        current_caller().require_owner("a mix for a listener")


class Access(grpc.aio.ServerInterceptor):  # type: ignore[misc]  # grpc ships no types
    """Finds out who calls, and refuses guests what only the owner may do.

    It stands inside of the boundary, which gives its refusals their status. Handlers and
    interceptors further in read :func:`segue.callers.current_caller`.

    Parameters
    ----------
    token
        The owner's token; empty: nobody can show it.
    open_to_everybody
        Permit everybody everything. Who shows the token is the owner all the same.
    """

    def __init__(self, token: str, *, open_to_everybody: bool = False) -> None:
        self._token = token
        self._others = Caller.ADMITTED if open_to_everybody else Caller.GUEST

    @classmethod
    def of(cls, settings: AccessSettings) -> Access:
        """What the settings ask for.

        Raises
        ------
        InvalidSetting
            When they neither name a token nor let everybody in.
        SecretFileUnusable
            When the token cannot be read.
        """
        token = token_of(settings)
        if not token and not settings.open_to_everybody:
            raise InvalidSetting(
                "nobody could be known as the owner of this service",
                reason="OWNER_TOKEN_MISSING",
                next_step="Set SEGUE_OWNER_TOKEN_FILE to a file with the owner's token (openssl "
                "rand -hex 32), or SEGUE_OPEN_TO_EVERYBODY=1 to let every caller do everything.",
            )
        return cls(token, open_to_everybody=settings.open_to_everybody)

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler:
        method = handler_call_details.method
        handler = await continuation(handler_call_details)
        if handler is None or not method.startswith("/segue."):
            return handler
        # Health and reflection say nothing of the catalogue.
        return around(
            handler,
            lambda inner: self._unary(method, inner),
            lambda inner: self._stream(method, inner),
        )

    def admit(self, method: str, metadata: Any) -> None:
        """Note who makes a call.

        Raises
        ------
        Unauthenticated
            When another token is shown, unless everybody is let in.
        NotPermitted
            When the call is for the owner only.
        """
        shown = shows_token(metadata, self._token)
        # Only the owner's own page is believed that it speaks for somebody else.
        guest = _guest_spoken_for(metadata) if shown else ""
        caller = Caller.OWNER if shown and not guest else self._others
        if shown is False and not caller.may_all:
            raise Unauthenticated("the token that was shown is not that of this stack's owner")
        if OWNER_ONLY.get(method, True):
            caller.require_owner(method.rpartition("/")[2])
        set_call(
            Call(
                caller,
                acting_for=guest,
                counted_for=_last(metadata, COUNTED_FOR) if caller is Caller.OWNER else "",
                listener=_last(metadata, LISTENING) if shown else "",
                # A recommender takes them for the word of whoever runs the product.
                handed_on=handed_on(metadata if caller.may_all else ()),
            )
        )

    def _unary(self, method: str, inner: Unary) -> Unary:
        async def answer(request: Any, context: Any) -> Any:
            self.admit(method, context.invocation_metadata())
            return await inner(request, context)

        return answer

    def _stream(self, method: str, inner: Stream) -> Stream:
        async def answers(request: Any, context: Any) -> AsyncIterator[Any]:
            self.admit(method, context.invocation_metadata())
            async for response in inner(request, context):
                yield response

        return answers


def _guest_spoken_for(metadata: Any) -> str:
    """The machine of the guest that a call is made for; empty when it is made for nobody."""
    if not any(key == ACTING_FOR for key, _ in metadata):
        return ""
    # A guest of a place that cannot be read is still a guest, and never the owner.
    return machine_at(_last(metadata, ACTING_FOR)) or "unknown"


def _last(metadata: Any, name: str) -> str:
    """What metadata says last under a name; empty where it says nothing."""
    return next((str(value) for key, value in reversed(tuple(metadata)) if key == name), "")
