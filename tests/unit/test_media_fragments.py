import math

import pytest

from segue.errors import InvalidArgument
from segue.limits import checked_uri
from segue.media_fragments import Part, divided, divided_uri, names_impossible_part, part_digest


@pytest.mark.parametrize(
    ("fragment", "part"),
    [
        ("#t=12.5,200.04", Part(12.5, 200.04)),
        ("#t=12.5", Part(12.5)),
        ("#t=,200", Part(0.0, 200.0)),
        ("#t=npt:0,3600", Part(0.0, 3600.0)),
        ("#t=0", Part(0.0)),
    ],
)
def test_a_part_is_read(fragment, part):
    assert divided(f"/music/a.flac{fragment}") == ("/music/a.flac", part)
    assert divided_uri(f"file:///music/a.flac{fragment}") == ("file:///music/a.flac", part)


@pytest.mark.parametrize(
    "rest",
    ["#t=", "#t=a,b", "#t=1,2.flac", "#t=-1,2", "#t=1:00", "#t=9999999", "#t=1,2,3", "%23t=1,2"],
)
def test_other_writing_is_part_of_the_name(rest):
    uri = f"file:///music/a{rest}"
    assert divided_uri(uri) == (uri, None)
    assert checked_uri(uri) == uri


def test_a_part_that_ends_before_it_begins_is_refused():
    uri = "file:///music/a.flac#t=20,10"
    assert divided_uri(uri) == (uri, None)
    assert names_impossible_part(uri)
    with pytest.raises(InvalidArgument, match="ends before it begins"):
        checked_uri(uri)


def test_what_is_fetched_has_no_parts():
    uri = "https://example.org/a.flac#t=1,2"
    assert divided_uri(uri) == (uri, None)
    assert not names_impossible_part("https://example.org/a.flac#t=2,1")


@pytest.mark.parametrize(
    "part", [Part(0.0, 1 / 3), Part(12.506666666, 200.0), Part(0.1), Part(100.0)]
)
def test_a_part_is_written_as_it_is_read(part):
    path, again = divided(f"/a{part.fragment}")
    assert path == "/a"
    assert again.start_seconds == pytest.approx(part.start_seconds, abs=1e-6)
    assert again.end_seconds == pytest.approx(part.end_seconds, abs=1e-6)
    assert divided(f"/a{again.fragment}") == ("/a", again)


@pytest.mark.parametrize("bounds", [(2.0, 1.0), (1.0, 1.0), (-1.0, 1.0), (math.nan, None)])
def test_bounds_are_in_order(bounds):
    with pytest.raises(ValueError, match="a part from"):
        Part(*bounds)


def test_overlaps():
    assert Part(0.0, 10.0).overlap_seconds(Part(8.0, 20.0)) == pytest.approx(2.0)
    assert Part(0.0, 10.0).overlap_seconds(Part(10.0)) == 0
    assert Part(5.0).overlap_seconds(Part(8.0)) == math.inf


def test_parts_have_digests_of_their_own():
    digests = {
        part_digest(content, part)
        for content in ("aa", "ab")
        for part in (Part(0.0, 5.0), Part(5.0), Part(0.0, 5.5))
    }
    assert len(digests) == 6
    assert all(len(digest) == 64 for digest in digests)
