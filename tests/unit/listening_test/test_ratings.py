"""Files of ratings."""

from __future__ import annotations

import pytest

from segue.errors import SourceError
from segue.listening_test.ratings import Rating, RatingsUnusable, ratings_to_csv, read_ratings

RATINGS = [
    Rating("t1", "r1", "one", "a, b", 10, "q1", "2026-01-02T03:04:05Z"),
    Rating("t1", "r1", 'the "second"', "c", 1, "q1", "2026-01-02T03:04:05Z"),
]


def test_ratings_are_read_as_they_were_written(tmp_path):
    path = tmp_path / "ratings.csv"
    path.write_text(ratings_to_csv(RATINGS), "utf-8")
    assert read_ratings(path) == RATINGS


def test_what_is_not_known_is_not_heeded(tmp_path):
    path = tmp_path / "ratings.csv"
    path.write_text("\ufeffmood,rating,candidate,system,rater,trial\n,7,c,one,r,t\n", "utf-8")
    assert read_ratings(path) == [Rating("t", "r", "one", "c", 7)]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no column 'trial'"),
        ("trial,rater,system,candidate\n", "no column 'rating'"),
        ("trial,rater,system,candidate,rating\nt,r,s,c,11\n", "line 2: '11' is no whole number"),
        ("trial,rater,system,candidate,rating\nt,r,s,c,0\n", "'0' is no whole number"),
        ("trial,rater,system,candidate,rating\nt,r,s,c,7.5\n", "'7.5' is no whole number"),
        ("trial,rater,system,candidate,rating\nt,r,s,c\n", "rating is empty"),
        ("trial,rater,system,candidate,rating\n,r,s,c,5\n", "trial is empty"),
        (
            "trial,rater,system,candidate,rating\n" + 2 * "t,r,s,c,5\n",
            "line 3: this is rated twice",
        ),
    ],
)
def test_what_is_no_rating_is_refused(tmp_path, text, complaint):
    path = tmp_path / "ratings.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(RatingsUnusable, match=complaint):
        read_ratings(path)


def test_files_that_cannot_be_read_are_refused(tmp_path):
    with pytest.raises(SourceError):
        read_ratings(tmp_path / "none.csv")
    path = tmp_path / "binary"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RatingsUnusable, match="no text"):
        read_ratings(path)
