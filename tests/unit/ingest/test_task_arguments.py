"""The documented arguments of the task: what is read, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from segue.callers import Caller
from segue.catalogues import Catalogues
from segue.errors import CatalogueUnknown, InvalidArgument
from segue.ingest.task_arguments import read_task_arguments, salvaged_item
from segue.ingest_jobs import IngestItem
from segue.tracks import TrackMetadata


def test_everything_given() -> None:
    item = read_task_arguments(
        (),
        {
            "uri": "file:///a.mp3",
            "track_id": "a",
            "metadata": {
                "title": " T ",
                "artist": "A",
                "album": "B",
                "genres": ["Drum  and Bass", "drum and bass"],
                "moods": ["Calm"],
                "year": 2001,
            },
            "force": True,
            "replace_given": True,
        },
    )
    metadata = TrackMetadata("T", "A", "B", ("drum and bass",), ("calm",), 2001)
    assert item == IngestItem("a", "file:///a.mp3", metadata, force=True, replace_given=True)
    assert item.caller is Caller.OWNER


def test_a_catalogue_is_one_of_those_that_there_are() -> None:
    there = Catalogues(("archive",))
    item = read_task_arguments((), {"uri": "file:///a.mp3", "catalogue": "archive"}, there)
    assert item.catalogue == "archive"
    assert read_task_arguments((), {"uri": "file:///a.mp3"}, there).catalogue == ""
    with pytest.raises(CatalogueUnknown, match="archive"):
        read_task_arguments((), {"uri": "file:///a.mp3", "catalogue": "attic"}, there)


def test_track_id_follows_from_the_uri() -> None:
    first = read_task_arguments((), {"uri": "file:///a.mp3"})
    assert first == read_task_arguments((), {"uri": "file:///a.mp3", "track_id": None})
    assert first.track_id
    assert first.track_id != read_task_arguments((), {"uri": "file:///b.mp3"}).track_id


@pytest.mark.parametrize(
    ("kwargs", "field"),
    [
        ({}, "uri"),
        ({"uri": ""}, "uri"),
        ({"uri": 7}, "uri"),
        ({"uri": "x", "colour": "red"}, "colour"),
        ({"uri": "x"}, "uri"),
        ({"uri": "spool://x"}, "uri"),
        ({"uri": "file:///x", "track_id": 1}, "track_id"),
        ({"uri": "file:///x", "track_id": "x" * 257}, "track_id"),
        ({"uri": "x" * 17_000}, "uri"),
        ({"uri": "file:///x", "force": 1}, "force"),
        ({"uri": "file:///x", "replace_given": "yes"}, "replace_given"),
        ({"uri": "file:///x", "metadata": []}, "metadata"),
        ({"uri": "file:///x", "metadata": {"label": "y"}}, "metadata.label"),
        ({"uri": "file:///x", "metadata": {"title": 1}}, "metadata.title"),
        ({"uri": "file:///x", "metadata": {"genres": "rock"}}, "metadata.genres"),
        ({"uri": "file:///x", "metadata": {"moods": [1]}}, "metadata.moods"),
        ({"uri": "file:///x", "metadata": {"year": 99}}, "metadata.year"),
        ({"uri": "file:///\ud800"}, "uri"),
        ({"uri": "file:///x", "track_id": "\udfff"}, "track_id"),
        ({"uri": "file:///x", "metadata": {"title": "a\ud800b"}}, "metadata.title"),
        ({"uri": "file:///x", "metadata": {"genres": ["\ud800"]}}, "metadata.genres[0]"),
        ({"uri": "file:///x", "metadata": {"year": True}}, "metadata.year"),
        ({"uri": "file:///x", "metadata": {"title": "x" * 4_097}}, "metadata.title"),
        (
            {"uri": "file:///x", "metadata": {"moods": [f"m{n}" for n in range(1_001)]}},
            "metadata.moods",
        ),
    ],
)
def test_wrong_arguments_name_their_field(kwargs: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        read_task_arguments((), kwargs)
    assert caught.value.field == field
    salvaged_item(kwargs)


def test_positional_arguments_are_refused() -> None:
    with pytest.raises(InvalidArgument):
        read_task_arguments(("file:///a.mp3",), {})
