"""Searches that go by what their caller plays."""

from __future__ import annotations

from google.protobuf.message import Message

from segue.v1 import similarity_service_pb2 as messages
from segue.web.callers import WebCaller


def make_personal(message: Message, caller: WebCaller) -> None:
    """Have a mix that names nobody and brings no scores be for its caller, in place.

    Nothing happens to guests, and to requests that are no search.
    """
    if isinstance(message, messages.BatchSearchSimilarTracksRequest):
        for one in message.requests:
            make_personal(one, caller)
    elif isinstance(message, messages.SearchSimilarTracksRequest) and _is_for_anybody(message):
        message.mix.user_id = caller.listener


def _is_for_anybody(search: messages.SearchSimilarTracksRequest) -> bool:
    return search.HasField("mix") and not search.mix.user_id and not search.mix.scores
