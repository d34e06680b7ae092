"""Page tokens hold where the next page starts, and refuse everything but their own request."""

from __future__ import annotations

import base64
import hashlib

import pytest

from segue.errors import InvalidPageToken
from segue.limits import LARGEST_LIST_BYTES
from segue.query.paging import PageTokens, fitting_page, page_size, parts
from segue.v1.catalog_service_pb2 import (
    Facet,
    ListDeadLettersRequest,
    ListFacetsResponse,
    ListTracksRequest,
)
from segue.v1.similarity_service_pb2 import SearchSimilarTracksRequest, Seed


def request(**fields: object) -> ListTracksRequest:
    return ListTracksRequest(filter={"genres": {"any_of": ["jazz"]}}, **fields)


TOKENS = PageTokens("a secret of this service")
TOKEN = TOKENS.binding(request(page_size=5)).token("cursor ü")


def test_a_token_gives_its_cursor_back() -> None:
    assert TOKENS.binding(request(page_token=TOKEN)).cursor() == "cursor ü"


def test_the_page_size_may_change() -> None:
    assert TOKENS.binding(request(page_token=TOKEN, page_size=7)).cursor() == "cursor ü"


def test_the_request_stays_as_it_is() -> None:
    given = request(page_token=TOKEN, page_size=7)
    binding = TOKENS.binding(given)
    assert binding.token(binding.cursor() or "") == TOKEN
    assert given == request(page_token=TOKEN, page_size=7)


def test_the_first_page_has_no_cursor() -> None:
    assert TOKENS.binding(request()).cursor() is None
    assert TOKENS.binding(request()).offset() == 0


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
        TOKENS.binding(other).cursor()


def test_another_space_cannot_use_it() -> None:
    seeded = SearchSimilarTracksRequest(seed=Seed(track_id="a"))
    seeded.page_token = TOKENS.binding(seeded, "old-v1").token("10")
    again = SearchSimilarTracksRequest.FromString(seeded.SerializeToString())
    assert TOKENS.binding(seeded, "old-v1").offset() == 10
    with pytest.raises(InvalidPageToken):
        TOKENS.binding(again, "new-v1").offset()


def changed_tokens() -> list[str]:
    flipped = [
        TOKEN[:n] + ("A" if TOKEN[n] != "A" else "B") + TOKEN[n + 1 :] for n in range(len(TOKEN))
    ]
    cut = [TOKEN[:n] for n in range(1, len(TOKEN))]
    forged = base64.urlsafe_b64encode(b"0" * 16 + b"100").decode()
    return [
        *flipped,
        *cut,
        TOKEN + "!",
        "!" + TOKEN,
        TOKEN + "=",
        forged,
        "ü",
        "x",
        "\x00",
        "A" * 5_000,
    ]


@pytest.mark.parametrize("token", changed_tokens())
def test_a_changed_token_is_refused(token: str) -> None:
    with pytest.raises(InvalidPageToken):
        TOKENS.binding(request(page_token=token)).cursor()


def test_a_token_of_another_key_is_refused() -> None:
    given = request(page_token=TOKEN)
    for other in (PageTokens("another secret"), PageTokens(), PageTokens()):
        with pytest.raises(InvalidPageToken):
            other.binding(given).cursor()


def test_replicas_that_share_the_secret_share_their_tokens() -> None:
    replica = PageTokens("a secret of this service")
    assert replica.binding(request(page_token=TOKEN)).cursor() == "cursor ü"


def test_a_mark_made_without_the_key_is_refused() -> None:
    common = request()
    content = common.SerializeToString(deterministic=True)
    fingerprint = hashlib.blake2b(b"ListTracksRequest\x1f\x1f" + content).digest()
    for key in (b"", fingerprint):
        mark = hashlib.blake2b(fingerprint + b"9999", key=key, digest_size=16).digest()
        forged = base64.urlsafe_b64encode(mark + b"9999").decode()
        with pytest.raises(InvalidPageToken):
            TOKENS.binding(request(page_token=forged)).offset()


@pytest.mark.parametrize("cursor", ["", "-1", "x", "1e3", "٣", "1" * 5_000, " 1"])
def test_a_place_that_is_no_number_is_refused(cursor: str) -> None:
    given = request(page_token=TOKENS.binding(request()).token(cursor))
    with pytest.raises(InvalidPageToken):
        TOKENS.binding(given).offset()


@pytest.mark.parametrize(
    ("requested", "used"),
    [(0, 10), (-1, 10), (-(2**31), 10), (1, 1), (100, 100), (101, 100), (2**31 - 1, 100)],
)
def test_a_page_size_is_brought_into_its_range(requested: int, used: int) -> None:
    assert page_size(requested, default=10, largest=100) == used


def facets(*sizes: int) -> list[Facet]:
    return [Facet(label="x" * size) for size in sizes]


def test_a_list_is_divided_so_that_each_answer_is_small() -> None:
    entries = facets(*[400_000] * 5)
    divided = list(parts(entries))
    assert [(len(part), follows) for part, follows in divided] == [(2, True), (2, True), (1, False)]
    assert [entry for part, _ in divided for entry in part] == entries
    for part, _ in divided:
        assert ListFacetsResponse(genres=part).ByteSize() <= LARGEST_LIST_BYTES


def test_many_small_entries_never_add_up_to_more_than_an_answer_holds() -> None:
    entries = facets(*[1] * 400_000)
    for part, follows in parts(entries):
        size = ListFacetsResponse(genres=part).ByteSize()
        assert size <= LARGEST_LIST_BYTES
        assert size > 0.4 * LARGEST_LIST_BYTES or not follows


def test_an_entry_that_no_answer_holds_is_an_answer_of_its_own() -> None:
    divided = [len(part) for part, _ in parts(facets(1, 3_000_000, 3_000_000, 1, 1))]
    assert divided == [1, 1, 1, 2]


def test_an_empty_list_is_one_answer() -> None:
    assert list(parts([])) == [([], False)]


async def test_a_page_that_is_too_large_is_read_again_as_a_shorter_one() -> None:
    entries = facets(*[300_000] * 10)
    asked = []

    async def read(limit: int) -> tuple[list[Facet], int]:
        asked.append(limit)
        return entries[:limit], limit

    page, cursor = await fitting_page(read, lambda facet: facet, 8)
    assert (len(page), cursor, asked) == (3, 3, [8, 3])


async def test_an_empty_page_fits() -> None:
    async def read(limit: int) -> tuple[list[Facet], None]:
        del limit
        return [], None

    assert await fitting_page(read, lambda facet: facet, 8) == ([], None)
