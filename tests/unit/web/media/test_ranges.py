"""Which bytes a request wants, by the rules of RFC 9110."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from segue.web.media.ranges import ByteRange, RangeNotSatisfiable, wanted_range

ETAG = '"now"'


def wanted(text, size=1_000, **others):
    return wanted_range(Headers({"range": text, **others}), size, ETAG)


@pytest.mark.parametrize(
    ("text", "start", "length"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-", 0, 1_000),
        ("bytes=500-", 500, 500),
        ("bytes=999-", 999, 1),
        ("bytes=10-19", 10, 10),
        ("bytes=990-5000", 990, 10),
        ("bytes=-1", 999, 1),
        ("bytes=-5000", 0, 1_000),
        ("Bytes= 1-2 ", 1, 2),
    ],
)
def test_one_range(text, start, length):
    assert wanted(text) == ByteRange(start, length)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bytes=-",
        "bytes=5-4",
        "bytes=0-1,5-6",
        "lines=1-2",
        "bytes=a-b",
        "bytes=1-2x",
        "bytes=+1-2",
    ],
)
def test_what_is_no_range_counts_as_no_wish(text):
    assert wanted(text) is None


@pytest.mark.parametrize("text", ["bytes=1000-", "bytes=5000-6000", "bytes=-0"])
def test_bytes_that_there_are_not(text):
    with pytest.raises(RangeNotSatisfiable, match="1000 bytes"):
        wanted(text)


def test_nothing_has_no_part():
    with pytest.raises(RangeNotSatisfiable):
        wanted("bytes=0-", size=0)


@pytest.mark.parametrize(
    ("tag", "held"), [('"now"', True), ('"then"', False), ('W/"now"', False), ("Fri, 1 Jan", False)]
)
def test_a_part_of_another_version_is_not_given(tag, held):
    assert (wanted("bytes=1-2", **{"if-range": tag}) is not None) is held


@given(st.integers(0, 50), st.integers(0, 50), st.integers(1, 40))
def test_every_part_lies_within(first, last, size):
    try:
        part = wanted(f"bytes={first}-{last}", size)
    except RangeNotSatisfiable:
        assert first >= size
        return
    if part is None:
        assert last < first
        return
    whole = bytes(range(size))
    assert whole[part.start : part.start + part.length] == whole[first : last + 1]
    assert part.content_range(size) == f"bytes {first}-{min(last, size - 1)}/{size}"
