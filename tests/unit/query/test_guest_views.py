"""What is left out of the owner's tracks and dead letters when a guest looks."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from segue.callers import Call, Caller, set_call
from segue.errors import (
    CollaborativeUnavailable,
    EmbedderUnavailable,
    IndexUnavailable,
    NotFound,
    QueueFull,
    QueueUnavailable,
)
from segue.ingest_jobs import DeadLetter, IngestItem, ItemState, ItemStatus
from segue.layers import MetadataLayers, with_layers
from segue.query.guest_views import shown_dead_letter, shown_item_status, shown_message, shown_track
from segue.tracks import Track, TrackMetadata
from segue.v1 import track_pb2

FILE = "file:///home/lovelace/M%C3%BCsik/a%20song.mp3"
MASKED = "file:///***/a%20song.mp3"


def as_caller(caller: Caller, show, *arguments):
    async def ask():
        set_call(Call(caller))
        return show(*arguments)

    return asyncio.run(ask())


@pytest.mark.parametrize(
    "kind", [IndexUnavailable, EmbedderUnavailable, QueueUnavailable, CollaborativeUnavailable]
)
def test_only_the_owner_hears_where_a_part_that_is_away_should_be(kind) -> None:
    away = kind("nobody answers at 10.1.2.3:6379")
    assert as_caller(Caller.OWNER, shown_message, away) == str(away)
    assert as_caller(Caller.ADMITTED, shown_message, away) == str(away)
    told = as_caller(Caller.GUEST, shown_message, away)
    assert "does not answer" in told
    assert "10.1" not in told


@pytest.mark.parametrize("kind", [QueueFull, NotFound])
def test_a_guest_hears_what_they_can_do_something_about(kind) -> None:
    assert as_caller(Caller.GUEST, shown_message, kind("so and so")) == "so and so"


@pytest.mark.parametrize("caller", [Caller.OWNER, Caller.ADMITTED])
def test_the_owner_sees_where_the_audio_lies(caller: Caller) -> None:
    track = Track("a", source_uri=FILE)
    assert as_caller(caller, shown_track, track, track_pb2.TRACK_VIEW_FULL, None).source_uri == FILE
    shown = as_caller(caller, shown_dead_letter, letter(Caller.OWNER))
    assert (shown.item.uri, shown.message, shown.next_step) == (FILE, "no /home/lovelace", "chmod")


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        (FILE, MASKED),
        ("FILE:///a.mp3", "file:///***/a.mp3"),
        ("https://music.example/a/b.mp3", "https://music.example/a/b.mp3"),
        ("s3://music/private/a.mp3", "s3://***/a.mp3"),
        ("spool://0f3a.mp3", "spool://0f3a.mp3"),
        ("", ""),
    ],
)
def test_a_guest_sees_the_last_name_of_a_file(uri: str, shown: str) -> None:
    track = Track("a", source_uri=uri)
    message = as_caller(Caller.GUEST, shown_track, track, track_pb2.TRACK_VIEW_FULL, None)
    assert message.source_uri == shown
    basic = as_caller(Caller.GUEST, shown_track, track, track_pb2.TRACK_VIEW_BASIC, None)
    assert not basic.source_uri


def test_a_guest_does_not_see_what_a_correction_hides() -> None:
    layers = MetadataLayers(TrackMetadata("Tag"), TrackMetadata("Given"), {"title": "Right"})
    track = with_layers(Track("a"), layers)
    owners = as_caller(Caller.OWNER, shown_track, track, track_pb2.TRACK_VIEW_FULL, None)
    assert (owners.hidden_tags.title, owners.hidden_given.title) == ("Tag", "Given")
    guests = as_caller(Caller.GUEST, shown_track, track, track_pb2.TRACK_VIEW_FULL, None)
    assert guests.metadata.title == "Right"
    assert guests.field_sources["title"] == track_pb2.FIELD_SOURCE_CORRECTED
    assert not guests.HasField("hidden_tags")
    assert not guests.HasField("hidden_given")


def test_a_guest_hears_nothing_of_folders_and_users_from_the_owners_dead_letters() -> None:
    shown = as_caller(Caller.GUEST, shown_dead_letter, letter(Caller.OWNER))
    assert shown.item.uri == MASKED
    assert shown.reason == "SOURCE_NOT_READABLE"
    assert "lovelace" not in str(shown)
    assert not shown.next_step


def test_a_guest_hears_all_of_what_guests_sent() -> None:
    shown = as_caller(Caller.GUEST, shown_dead_letter, letter(Caller.GUEST))
    assert (shown.item.uri, shown.message, shown.next_step) == (FILE, "no /home/lovelace", "chmod")


@pytest.mark.parametrize("asked_by", [Caller.OWNER, Caller.GUEST])
def test_a_guest_who_knows_a_job_hears_of_its_tracks_what_guests_may(asked_by: Caller) -> None:
    status = ItemStatus("a", FILE, ItemState.DEAD, "GONE", "no /home/lovelace", 1, asked_by)
    shown = as_caller(Caller.GUEST, shown_item_status, status)
    assert (shown.track_id, shown.reason) == ("a", "GONE")
    assert (shown.uri == FILE) is ("lovelace" in shown.message) is (asked_by is Caller.GUEST)
    assert as_caller(Caller.OWNER, shown_item_status, status).message == "no /home/lovelace"


def letter(asked_by: Caller) -> DeadLetter:
    return DeadLetter(
        dead_letter_id="1/0",
        job_id="1",
        item=IngestItem("a", FILE, caller=asked_by),
        reason="SOURCE_NOT_READABLE",
        message="no /home/lovelace",
        next_step="chmod",
        attempts=1,
        died_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
