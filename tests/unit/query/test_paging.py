"""Page tokens hold where the next page starts, and refuse everything but their own request."""

from __future__ import annotations

import base64

import pytest

from segue.errors import InvalidArgument, InvalidPageToken
from segue.query.paging import PageBinding, page_size
from segue.v1.catalog_service_pb2 import ListDeadLettersRequest, ListTracksRequest
from segue.v1.similarity_service_pb2 import SearchSimilarTracksRequest, Seed


def request(**fields: object) -> ListTracksRequest:
    return ListTracksRequest(filter={"genres": {"any_of": ["jazz"]}}, **fields)


TOKEN = PageBinding(request(page_size=5)).token("cursor ü")


def test_a_token_gives_its_cursor_back() -> None:
    assert PageBinding(request(page_token=TOKEN)).cursor() == "cursor ü"


def test_the_page_size_may_change() -> None:
    assert PageBinding(request(page_token=TOKEN, page_size=7)).cursor() == "cursor ü"


def test_the_request_stays_as_it_is() -> None:
    given = request(page_token=TOKEN, page_size=7)
    binding = PageBinding(given)
    assert binding.token(binding.cursor() or "") == TOKEN
    assert given == request(page_token=TOKEN, page_size=7)


def test_the_first_page_has_no_cursor() -> None:
    assert PageBinding(request()).cursor() is None
    assert PageBinding(request()).offset() == 0


@pytest.mark.parametrize(
    "other",
    [
        ListTracksRequest(filter={"genres": {"any_of": ["metal"]}}, page_token=TOKEN),
        ListTracksRequest(page_token=TOKEN),
        ListDeadLettersRequest(page_token=TOKEN),
    ],
)
def test_another_request_cannot_use_it(other: object) -> None:
    with pytest.raises(InvalidPageToken):
        PageBinding(other).cursor()


def test_another_space_cannot_use_it() -> None:
    seeded = SearchSimilarTracksRequest(seed=Seed(track_id="a"))
    seeded.page_token = PageBinding(seeded, "old-v1").token("10")
    again = SearchSimilarTracksRequest.FromString(seeded.SerializeToString())
    assert PageBinding(seeded, "old-v1").offset() == 10
    with pytest.raises(InvalidPageToken):
        PageBinding(again, "new-v1").offset()


def changed_tokens() -> list[str]:
    flipped = [
        TOKEN[:n] + ("A" if TOKEN[n] != "A" else "B") + TOKEN[n + 1 :] for n in range(len(TOKEN))
    ]
    cut = [TOKEN[:n] for n in range(1, len(TOKEN))]
    forged = base64.urlsafe_b64encode(b"0" * 12 + b"100").decode()
    return [*flipped, *cut, TOKEN + "!", "!" + TOKEN, TOKEN + "=", forged, "ü", "x", "\x00"]


@pytest.mark.parametrize("token", changed_tokens())
def test_a_changed_token_is_refused(token: str) -> None:
    with pytest.raises(InvalidPageToken):
        PageBinding(request(page_token=token)).cursor()


@pytest.mark.parametrize(("requested", "used"), [(0, 10), (1, 1), (100, 100)])
def test_page_sizes(requested: int, used: int) -> None:
    assert page_size(requested, default=10, largest=100) == used


@pytest.mark.parametrize("requested", [-1, 101])
def test_page_sizes_out_of_range(requested: int) -> None:
    with pytest.raises(InvalidArgument, match=r"outside \[0, 100\]"):
        page_size(requested, default=10, largest=100)
