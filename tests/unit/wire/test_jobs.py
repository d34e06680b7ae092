"""Tracks to ingest and jobs as messages, and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from segue.callers import Caller
from segue.errors import InvalidArgument
from segue.ingest_jobs import (
    DeadLetter,
    IngestItem,
    ItemState,
    ItemStatus,
    JobChange,
    JobProgress,
)
from segue.limits import TEXT_BYTES
from segue.tracks import TrackMetadata
from segue.v1 import catalog_service_pb2 as messages
from segue.wire.jobs import (
    dead_letter_to_message,
    item_from_message,
    item_status_from_message,
    item_status_to_message,
    item_to_message,
    job_change_from_message,
    job_change_to_message,
    job_from_message,
    job_to_message,
    request_id_from_text,
)

NOW = datetime(2025, 3, 4, 5, 6, 7, 891000, tzinfo=UTC)
ITEM = IngestItem("a", "https://host/a.mp3", TrackMetadata("T", genres=("jazz",)), force=True)


def progress(finished_at: datetime | None = None) -> JobProgress:
    counts = {state: number for number, state in enumerate(ItemState)}
    return JobProgress("job", NOW, finished_at, counts)


def test_an_item_comes_back_as_it_went() -> None:
    assert item_from_message(item_to_message(ITEM), "items[0]", Caller.OWNER) == ITEM


def test_an_item_without_an_id_gets_one_from_its_uri() -> None:
    first, second = (
        item_from_message(messages.IngestItem(uri=uri), "items[0]", Caller.GUEST).track_id
        for uri in ("file:///a.mp3", "file:///b.mp3")
    )
    assert first.startswith("uri-")
    assert first != second


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "a.mp3",
        "spool://a.mp3",
        "file://elsewhere/a.mp3",
        "file:a.mp3",
        "http:///a.mp3",
        "http://[",
        "file:///" + "x" * TEXT_BYTES["uri"],
        "file:///a\nb.mp3",
        "http://host/\u202eabc",
    ],
    ids=lambda uri: uri[:24] or "empty",
)
def test_a_uri_that_names_no_audio_is_refused(uri: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        item_from_message(messages.IngestItem(uri=uri), "items[3]", Caller.GUEST)
    assert refused.value.field == "items[3].uri"


@pytest.mark.parametrize("state", ItemState)
def test_the_status_of_an_item_comes_back_as_it_went(state: ItemState) -> None:
    status = ItemStatus("a", "file:///a.mp3", state, "AUDIO_EMPTY", "it is empty", 3)
    assert item_status_from_message(item_status_to_message(status)) == status


def test_a_state_of_a_later_version_is_said_to_be_unknown() -> None:
    with pytest.raises(InvalidArgument, match="99"):
        item_status_from_message(messages.IngestItemStatus(state=99))


@pytest.mark.parametrize("finished_at", [None, NOW])
def test_a_job_comes_back_as_it_went(finished_at: datetime | None) -> None:
    message = job_to_message(progress(finished_at))
    assert job_from_message(message) == progress(finished_at)
    assert (message.total, message.done) == (progress().total, progress().done)


@pytest.mark.parametrize("alive", [None, True, False])
def test_a_change_comes_back_as_it_went(alive: bool | None) -> None:
    change = JobChange(progress(), [ItemStatus("a", "file:///a.mp3", ItemState.DEAD)], alive)
    assert job_change_from_message(job_change_to_message(change)) == change


@pytest.mark.parametrize("more", [True, False])
def test_the_end_is_not_told_while_more_follows(more: bool) -> None:
    done = JobProgress("job", NOW, NOW, {ItemState.INDEXED: 2})
    message = job_change_to_message(JobChange(done, [], more=more))
    assert (message.more, message.job.done, message.job.indexed) == (more, not more, 2)
    assert job_change_from_message(message).last is not more


def test_a_dead_letter_holds_its_item() -> None:
    letter = DeadLetter("d", "job", ITEM, "AUDIO_EMPTY", "it is empty", "Send it again.", 5, NOW)
    message = dead_letter_to_message(letter)
    assert item_from_message(message.item, "item", Caller.OWNER) == ITEM


def test_what_is_told_of_an_item_holds_no_secret() -> None:
    item = replace(ITEM, uri="https://ann:s3cret@host/a.mp3?token=s3cret")
    letter = DeadLetter("d", "job", item, "AUDIO_EMPTY", "it is empty", "Send it again.", 5, NOW)
    status = ItemStatus("a", item.uri, ItemState.DEAD)
    for told in (dead_letter_to_message(letter), item_status_to_message(status)):
        assert "s3cret" not in str(told)
        assert "https://***@host/a.mp3?token=***" in str(told)


def test_a_dead_letter_says_why() -> None:
    letter = DeadLetter("d", "job", ITEM, "AUDIO_EMPTY", "it is empty", "Send it again.", 5, NOW)
    message = dead_letter_to_message(letter)
    assert (message.reason, message.next_step) == ("AUDIO_EMPTY", "Send it again.")
    assert message.attempts == 5


def test_a_request_id_has_one_spelling() -> None:
    spelt = "6D6A3A55-5F43-5F0C-9A59-0F6D7B8F2C11"
    assert request_id_from_text(spelt) == request_id_from_text(spelt.lower())
    assert request_id_from_text("") == ""
    with pytest.raises(InvalidArgument, match="request_id"):
        request_id_from_text("17")
    with pytest.raises(InvalidArgument, match="request_id: has 1000000 bytes"):
        request_id_from_text("1" * 1_000_000)
