"""Calls about what could not be ingested."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from segue.errors import InvalidArgument
from segue.ingest_jobs import DeadLetter
from segue.limits import DEFAULT_LIST_PAGE, LARGEST_LIST_PAGE, checked_count, checked_size
from segue.query.catalog_calls import CatalogCalls
from segue.query.guest_views import shown_dead_letter
from segue.query.paging import fitting_page, page_size
from segue.v1 import catalog_service_pb2 as messages
from segue.wire.jobs import request_id_from_text


class DeadLetterCalls(CatalogCalls):
    """Lists dead letters, queues them again, forgets them."""

    async def ListDeadLetters(  # noqa: N802
        self, request: messages.ListDeadLettersRequest, context: Any
    ) -> messages.ListDeadLettersResponse:
        """Give one page of the dead letters."""
        del context
        catalogue = self._backends.catalogue_of(request)
        size = page_size(request.page_size, default=DEFAULT_LIST_PAGE, largest=LARGEST_LIST_PAGE)
        checked_size(request.reason, "reason", "reason")
        binding = self._tokens.binding(request)
        after = binding.cursor()

        async def read(limit: int) -> tuple[Sequence[DeadLetter], tuple[str | None, int]]:
            letters, cursor, total = await self._job_store.dead_letters(
                limit=limit, after=after, reason=request.reason, catalogue=catalogue
            )
            return letters, (cursor, total)

        letters, (cursor, total) = await fitting_page(read, shown_dead_letter, size)
        return messages.ListDeadLettersResponse(
            dead_letters=letters,
            next_page_token="" if cursor is None else binding.token(cursor),
            total=total,
        )

    async def ReplayDeadLetters(  # noqa: N802
        self, request: messages.ReplayDeadLettersRequest, context: Any
    ) -> messages.ReplayDeadLettersResponse:
        """Queue dead letters again."""
        del context
        catalogue = self._backends.catalogue_of(request)
        _check_choice(request, "replay")
        job_id, replayed = await self._job_store.replay(
            list(request.dead_letter_ids),
            reason=request.reason,
            request_id=request_id_from_text(request.request_id),
            catalogue=catalogue,
        )
        return messages.ReplayDeadLettersResponse(job_id=job_id or "", replayed=replayed)

    async def DismissDeadLetters(  # noqa: N802
        self, request: messages.DismissDeadLettersRequest, context: Any
    ) -> messages.DismissDeadLettersResponse:
        """Forget dead letters."""
        del context
        catalogue = self._backends.catalogue_of(request)
        _check_choice(request, "dismiss")
        dismissed = await self._job_store.dismiss(
            list(request.dead_letter_ids),
            reason=request.reason,
            request_id=request_id_from_text(request.request_id),
            catalogue=catalogue,
        )
        return messages.DismissDeadLettersResponse(dismissed=dismissed)


def _check_choice(
    request: messages.ReplayDeadLettersRequest | messages.DismissDeadLettersRequest, verb: str
) -> None:
    """See that a request says which dead letters are meant."""
    checked_count(request.dead_letter_ids, "dead_letter_ids", "dead_letter_ids")
    for number, letter_id in enumerate(request.dead_letter_ids):
        checked_size(letter_id, "dead_letter_id", f"dead_letter_ids[{number}]")
    checked_size(request.reason, "reason", "reason")
    chosen = bool(request.dead_letter_ids or request.reason)
    if request.all and chosen:
        raise InvalidArgument("all", "must not be set beside dead_letter_ids or reason")
    if not request.all and not chosen:
        raise InvalidArgument("dead_letter_ids", f"is empty; to {verb} every dead letter, set all")
