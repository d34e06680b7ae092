"""Mixes of albums of which songs go while they are made."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import grpc
import pytest

from segue.v1 import similarity_service_pb2 as messages
from segue.web.backend import CallRefused
from segue.web.subsonic.parameters import Parameters
from segue.web.subsonic.similar import get_similar_songs

ALBUM = SimpleNamespace(songs=[SimpleNamespace(track_id=one) for one in ("a", "b")])


class AlbumCall:
    """A call about an album, answered with some pages and then refused."""

    def __init__(self, pages: list[list[str]], reason: str) -> None:
        self.parameters = Parameters([("id", "al-1"), ("count", "10")])
        self.asked: list[messages.SearchSimilarTracksRequest] = []
        self._pages = pages
        self._reason = reason

    async def album(self, identifier: str) -> Any:
        """The album, whatever its id."""
        del identifier
        return ALBUM

    async def ask(self, service: str, method: str, request: Any) -> Any:
        """The next page."""
        assert (service, method) == ("SimilarityService", "SearchSimilarTracks")
        self.asked.append(
            messages.SearchSimilarTracksRequest.FromString(request.SerializeToString())
        )
        if len(self.asked) > len(self._pages):
            code = grpc.StatusCode.NOT_FOUND
            raise CallRefused("gone", code=code, reason=self._reason, next_step="")
        answer = messages.SearchSimilarTracksResponse(next_page_token="further")
        for track_id in self._pages[len(self.asked) - 1]:
            answer.results.add().track.track_id = track_id
        return answer

    async def written(self, songs: list[Any]) -> list[Any]:
        """Their ids."""
        return [song.track_id for song in songs]


async def mixed(call: Any) -> Any:
    return (await get_similar_songs(call))["similarSongs"]["song"]


async def test_a_song_that_is_gone_is_passed_over() -> None:
    call = AlbumCall([["c", "d"]], "SEEDS_UNKNOWN")
    assert await mixed(call) == ["c", "d"]
    assert all(one.skip_unknown_seeds for one in call.asked)
    assert list(call.asked[0].seed.playlist.track_ids) == ["a", "b"]


@pytest.mark.parametrize(
    ("pages", "reason"), [([], "SEEDS_UNKNOWN"), ([["c"]], "INDEX_UNAVAILABLE")]
)
async def test_nothing_found_and_outages_are_said(pages: list[list[str]], reason: str) -> None:
    with pytest.raises(CallRefused):
        await mixed(AlbumCall(pages, reason))
