"""The split: 80/10/10 by group, the same whatever else the set holds."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.trainer.data import Grouping, TrainingTrack
from segue.trainer.data.track import group_of

SPLIT_OF_ARTISTS = ["train", "train", "test", "validation", "train"]
SPLIT_OF_TRACKS = ["test", "train", "validation", "validation", "train"]

names = st.text(max_size=8)


@st.composite
def sets_of_tracks(draw: st.DrawFn) -> list[TrainingTrack]:
    by: Grouping = draw(st.sampled_from(get_args(Grouping)))
    rows = draw(st.lists(st.tuples(st.text(min_size=1), names, names), unique_by=lambda r: r[0]))
    return [
        TrainingTrack(
            track_id, Path("x"), artist, album, group=group_of(by, track_id, artist, album)
        )
        for track_id, artist, album in rows
    ]


@given(sets_of_tracks())
def test_no_group_straddles_the_split(tracks: list[TrainingTrack]) -> None:
    parts: dict[str, set[str]] = {}
    for track in tracks:
        parts.setdefault(track.group, set()).add(track.split)
    assert all(len(splits) == 1 for splits in parts.values())


@given(st.lists(st.tuples(names, names), min_size=2), st.sampled_from(get_args(Grouping)))
def test_tracks_of_one_artist_or_album_share_a_group(
    rows: list[tuple[str, str]], by: Grouping
) -> None:
    groups = [group_of(by, f"t{number}", *row) for number, row in enumerate(rows)]
    for first, one in enumerate(rows):
        for second, other in enumerate(rows):
            same = (
                first == second
                or (by == "artist" and one[0] == other[0] != "")
                or (by == "album" and one == other and one[1].strip() != "")
            )
            if same:
                assert groups[first] == groups[second]


@settings(max_examples=8)
@given(st.text(), st.integers(1, 3))
def test_shares_are_near_80_10_10(salt: str, per_artist: int) -> None:
    tracks = [
        TrainingTrack(f"{salt}{number}", Path("x"), artist=f"{salt} {number // per_artist}")
        for number in range(2_000 * per_artist)
    ]
    shares = Counter(track.split for track in tracks)
    # Six standard deviations of the share of 2,000 artists.
    assert shares["train"] / len(tracks) == pytest.approx(0.8, abs=0.054)
    assert shares["validation"] / len(tracks) == pytest.approx(0.1, abs=0.041)
    assert shares["test"] / len(tracks) == pytest.approx(0.1, abs=0.041)


def test_the_split_of_a_track_never_changes() -> None:
    # Known answers: these tracks were trained on, or not, by models that are in use.
    found = [TrainingTrack("a", Path("x"), artist=f"artist {n}").split for n in range(5)]
    assert found == SPLIT_OF_ARTISTS
    assert [TrainingTrack(f"t{n}", Path("x")).split for n in range(5)] == SPLIT_OF_TRACKS


def test_reserved_and_published_tracks_stand_where_they_were_put() -> None:
    reserved = [TrainingTrack(f"t{n}", Path("x"), held_out=True) for n in range(30)]
    assert {track.split for track in reserved} == {"test"}
    published = [TrainingTrack(f"t{n}", Path("x"), published="validation") for n in range(30)]
    assert {track.split for track in published} == {"validation"}
