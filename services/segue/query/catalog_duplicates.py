"""The call that lists copies of recordings."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection
from itertools import groupby
from typing import Any

from segue.errors import InvalidPageToken
from segue.index.port import RecordingStore
from segue.limits import DEFAULT_LIST_PAGE, LARGEST_LIST_PAGE
from segue.query.catalog_calls import CatalogCalls
from segue.query.paging import Room, page_size
from segue.turns import paced
from segue.v1 import catalog_service_pb2 as messages

_BETWEEN = "\x1f"

_GROUPS_AT_ONCE = 64
"""Groups whose tracks are looked up together."""


class DuplicateCalls(CatalogCalls):
    """Tracks that are the same recording."""

    async def ListDuplicates(  # noqa: N802
        self, request: messages.ListDuplicatesRequest, context: Any
    ) -> messages.ListDuplicatesResponse:
        """Give one page of the groups."""
        del context
        index = self._backends.index_of(request)
        size = page_size(request.page_size, default=DEFAULT_LIST_PAGE, largest=LARGEST_LIST_PAGE)
        binding = self._tokens.binding(request, index.space)
        sizes = await index.recordings.sizes()
        totals = {recording: number for recording, number in sizes.items() if number > 1}
        # One more than is shown says where the next page starts.
        places = await _places(index.recordings, totals, binding.cursor(), size + 1)
        tracks = await index.get([track_id for _, track_id in places])
        # What was deleted a moment ago is passed over.
        places = [place for place in places if place[1] in tracks]
        written = await paced(
            lambda place: self._shown(tracks[place[1]], request.view),
            places[:size],
        )
        held = Room().held(written)
        response = messages.ListDuplicatesResponse(total_groups=len(totals))
        shown = zip(places[:held], written[:held], strict=True)
        for recording, rows in groupby(shown, key=lambda row: row[0][0]):
            group = list(rows)
            contents = {tracks[track_id].content_sha256 for (_, track_id), _ in group}
            response.groups.add(
                recording=recording,
                tracks=[message for _, message in group],
                total_tracks=totals[recording],
                same_content=len(contents) == 1 and "" not in contents,
            )
        if held < len(places):
            response.next_page_token = binding.token(_BETWEEN.join(places[held]))
        return response


async def _places(
    recordings: RecordingStore, groups: Collection[str], cursor: str | None, most: int
) -> list[tuple[str, str]]:
    """Group and id of the tracks from the cursor on, groups in order and ids rising in each."""
    start = _start(cursor)
    names = sorted(groups)
    found: list[tuple[str, str]] = []
    for first in range(bisect_left(names, start[0]), len(names), _GROUPS_AT_ONCE):
        piece = names[first : first + _GROUPS_AT_ONCE]
        members = await recordings.members(piece)
        rows = ((name, track_id) for name in piece for track_id in members.get(name, ()))
        found += [place for place in rows if place >= start]
        if len(found) >= most:
            break
    return found[:most]


def _start(cursor: str | None) -> tuple[str, str]:
    if cursor is None:
        return "", ""
    recording, between, track_id = cursor.partition(_BETWEEN)
    if not between:
        raise InvalidPageToken("page_token holds no place in a list of copies")
    return recording, track_id
