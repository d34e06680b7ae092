"""Lists of the catalogue that the service gives page by page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from segue.cli.client import SegueClient
from segue.limits import LARGEST_LIST_PAGE


def pages(
    client: SegueClient, method: str, request: Any, *, limit: int | None = None
) -> Iterator[Any]:
    """Answers of a list method of CatalogService, until it has no more.

    Parameters
    ----------
    request
        What is asked for; its page size and token are set here.
    limit
        Most entries that are wanted. A page is no larger, and whoever has enough stops reading.
    """
    request.page_size = LARGEST_LIST_PAGE if limit is None else min(limit, LARGEST_LIST_PAGE)
    request.page_token = ""
    while True:
        answer = client.catalog(method, request)
        yield answer
        if not answer.next_page_token:
            return
        request.page_token = answer.next_page_token
