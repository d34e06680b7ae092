"""Tracks by the words of their title, artists and album."""

from __future__ import annotations

from segue.errors import InvalidArgument
from segue.limits import (
    DEFAULT_LIST_PAGE,
    LARGEST_LIST_PAGE,
    MOST_QUERY_WORDS,
    checked_size,
)
from segue.query.backends import Backends
from segue.query.guest_views import shown_track
from segue.query.paging import PageTokens, fitting_page, page_size
from segue.v1 import similarity_service_pb2 as messages
from segue.wire.filters import filter_from_message, order_from_message
from segue.words import words_asked


async def found_page(
    request: messages.SearchTracksRequest, backends: Backends, tokens: PageTokens
) -> messages.SearchTracksResponse:
    """Answer one page of ``SearchTracks``.

    Raises
    ------
    InvalidArgument
        When the query is too long, or the filter, the order or the size of the page is none.
    InvalidPageToken
        When the token was not made for this request.
    IndexUnavailable
        When the index does not answer.
    """
    index = backends.index_of(request)
    size = page_size(request.page_size, default=DEFAULT_LIST_PAGE, largest=LARGEST_LIST_PAGE)
    words = _checked_query(request.query)
    where = filter_from_message(request.filter)
    order = order_from_message(request.order_by)
    binding = tokens.binding(request, index.space)
    after = binding.cursor()
    tracks, cursor = await fitting_page(
        lambda limit: index.find(words, limit=limit, after=after, where=where, order=order),
        lambda track: shown_track(track, request.view, backends.kept),
        size,
    )
    return messages.SearchTracksResponse(
        tracks=tracks, next_page_token="" if cursor is None else binding.token(cursor)
    )


def _checked_query(query: str) -> str:
    words = len(words_asked(checked_size(query, "query", "query")))
    if words > MOST_QUERY_WORDS:
        raise InvalidArgument("query", f"has {words} words, over {MOST_QUERY_WORDS}")
    return query
