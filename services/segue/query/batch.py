"""Many searches in one call, each answered or refused by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from segue.errors import InvalidArgument, SegueError
from segue.index.port import TrackIndex
from segue.limits import (
    DEFAULT_SEARCH_PAGE,
    LARGEST_LIST_BYTES,
    LARGEST_SEARCH_PAGE,
    MOST_BATCH_ANSWERS,
    MOST_BATCH_SEARCHES,
    MOST_BATCH_SEEDS,
)
from segue.query.costs import search_cost
from segue.query.late_interaction import MOST_PASSAGES
from segue.query.paging import Room
from segue.query.shared_searches import SharedSearches
from segue.query.tastes import MOST_TASTES
from segue.v1 import similarity_service_pb2 as messages
from segue.wire.seeds import seed_messages

_BATCH_BYTES = 3 * LARGEST_LIST_BYTES
"""Of all results together: a client that sets nothing reads 4 MiB."""

_Answer = Callable[
    [TrackIndex, messages.SearchSimilarTracksRequest, Room],
    Awaitable[messages.SearchSimilarTracksResponse],
]


async def answer_all(
    index: TrackIndex, requests: Sequence[messages.SearchSimilarTracksRequest], answer: _Answer
) -> list[messages.BatchSearchResult]:
    """Answer the first pages of searches, at the same time.

    Parameters
    ----------
    answer
        Answers one search from an index, of as many results as there is room for.

    Raises
    ------
    InvalidArgument
        When there are none or too many, or they ask for too much together.
    """
    _check_size(requests)
    shared = SharedSearches(index, len(requests))

    async def one(request: messages.SearchSimilarTracksRequest) -> messages.BatchSearchResult:
        try:
            _check_for_batch(request, index.catalogue)
            request.catalogue = index.catalogue  # its next page is asked for alone
            room = Room(_BATCH_BYTES // len(requests))
            response = await answer(shared.as_index, request, room)
        except SegueError as error:
            failure = messages.SearchFailure(
                reason=error.reason, message=str(error), next_step=error.next_step
            )
            return messages.BatchSearchResult(failure=failure)
        finally:
            shared.one_is_done()
        return messages.BatchSearchResult(response=response)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(request)) for request in requests]
    return [task.result() for task in tasks]


def _check_size(requests: Sequence[messages.SearchSimilarTracksRequest]) -> None:
    number = len(requests)
    if not 1 <= number <= MOST_BATCH_SEARCHES:
        raise InvalidArgument(
            "requests", f"holds {number} searches, outside [1, {MOST_BATCH_SEARCHES}]"
        )
    answers = sum(
        min(max(one.page_size, 0) or DEFAULT_SEARCH_PAGE, LARGEST_SEARCH_PAGE) for one in requests
    )
    if answers > MOST_BATCH_ANSWERS:
        raise InvalidArgument(
            "requests", f"ask for {answers} results together, over {MOST_BATCH_ANSWERS}"
        )
    seeds = sum(map(search_cost, requests))
    if seeds > MOST_BATCH_SEEDS:
        raise InvalidArgument(
            "requests",
            f"count {seeds} seeds together, over {MOST_BATCH_SEEDS}: a playlist, an artist and a "
            f"listener count {MOST_TASTES}, late interaction {MOST_PASSAGES}",
        )


def _check_for_batch(request: messages.SearchSimilarTracksRequest, catalogue: str) -> None:
    if request.catalogue not in ("", catalogue):
        raise InvalidArgument("catalogue", "a batch is of one catalogue, which itself names")
    if request.page_token:
        raise InvalidArgument("page_token", "a search of a batch begins with its first page")
    if any(seed.HasField("clip") for seed in seed_messages(request)):
        raise InvalidArgument("seed.clip", "a batch takes no clips: search by each alone")
