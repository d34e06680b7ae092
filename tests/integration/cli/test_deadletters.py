"""``segue deadletters``: what is listed, page by page, and put back into the queue."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from command_run import Run
from query_service import NOW, Service
from segue.cli import pages
from segue.ingest_jobs import DeadLetter, IngestItem
from segue.tracks import TrackMetadata


@pytest.fixture
def letters(service: Service) -> list[DeadLetter]:
    service.job_store.letters = [
        DeadLetter(
            dead_letter_id=f"letter-{number}",
            job_id="job-0",
            item=IngestItem(f"track-{number}", f"file:///music/{number}.mp3"),
            reason="AUDIO_SILENT" if number else "AUDIO_EMPTY",
            message="the audio is silent",
            next_step="Send audio that can be heard.",
            attempts=1 + number,
            died_at=NOW,
        )
        for number in range(5)
    ]
    return service.job_store.letters


async def test_an_empty_list_says_so(run: Run) -> None:
    assert (await run("deadletters", "list")).stdout == "No dead letters.\n"
    assert (await run("deadletters", "replay", "--all")).stdout == "Nothing to replay.\n"


async def test_each_letter_says_what_and_why(run: Run, letters: list[DeadLetter]) -> None:
    result = await run("deadletters", "list", "--limit", 2)
    assert result.stdout.startswith("2 of 5 dead letters\n")
    assert "letter-0  AUDIO_EMPTY, 1 attempt\n" in result.stdout
    assert "letter-1  AUDIO_SILENT, 2 attempts\n" in result.stdout
    assert "  track-1  file:///music/1.mp3\n" in result.stdout
    assert "  Send audio that can be heard.\n" in result.stdout


async def test_more_letters_than_a_page_holds(
    run: Run, letters: list[DeadLetter], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "LARGEST_LIST_PAGE", 2)
    told = json.loads(
        (await run("deadletters", "list", "--reason", "AUDIO_SILENT", "--json")).stdout
    )
    assert told["total"] == 4
    assert [letter["dead_letter_id"] for letter in told["dead_letters"]] == [
        f"letter-{number}" for number in range(1, 5)
    ]


async def test_replaying(run: Run, service: Service, letters: list[DeadLetter]) -> None:
    result = await run("deadletters", "replay", "letter-3")
    assert result.stdout == "1 dead letters are queued again as job job-1.\n"
    told = json.loads(
        (await run("deadletters", "replay", "--reason", "AUDIO_SILENT", "--json")).stdout
    )
    assert told == {"job_id": "job-2", "replayed": 3}
    assert [letter.dead_letter_id for letter in service.job_store.letters] == ["letter-0"]


async def test_dismissing(run: Run, service: Service, letters: list[DeadLetter]) -> None:
    result = await run("deadletters", "dismiss", "letter-3", "letter-4")
    assert result.stdout == "2 dead letters are dismissed.\n"
    told = json.loads(
        (await run("deadletters", "dismiss", "--reason", "AUDIO_SILENT", "--json")).stdout
    )
    assert told == {"dismissed": 2}
    assert [letter.dead_letter_id for letter in service.job_store.letters] == ["letter-0"]
    assert (await run("deadletters", "dismiss", "--all")).exit_code == 0
    assert service.job_store.letters == []
    assert (await run("deadletters", "dismiss", "--all")).stdout == "Nothing to dismiss.\n"


async def test_one_letter_is_shown_with_all_that_is_known(
    run: Run, service: Service, letters: list[DeadLetter], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "LARGEST_LIST_PAGE", 2)
    metadata = TrackMetadata("Song", "Ann", genres=("jazz", "blues"))
    item = IngestItem("mine", "file:///music/9.mp3", metadata)
    service.job_store.letters.append(
        replace(letters[4], dead_letter_id="wanted", item=item, occurrences=3)
    )
    result = await run("deadletters", "show", "wanted")
    assert result.stdout.splitlines() == [
        "wanted",
        "  reason: AUDIO_SILENT",
        "  message: the audio is silent",
        "  next step: Send audio that can be heard.",
        "  attempts: 5 attempts, failed 3 times",
        "  died at: 2025-03-04 05:06:07+00:00",
        "  track: mine",
        "  source: file:///music/9.mp3",
        "  job: job-0",
        "  title: Song",
        "  artist: Ann",
        "  genres: jazz, blues",
        "  artists: Ann",
    ]
    told = json.loads((await run("deadletters", "show", "wanted", "--json")).stdout)
    assert (told["occurrences"], told["item"]["track_id"]) == (3, "mine")


async def test_an_unknown_letter_is_refused(run: Run) -> None:
    for verb in ("show", "replay", "dismiss"):
        result = await run("deadletters", verb, "nobody")
        assert result.exit_code == 1
        assert "[NOT_FOUND]" in result.stderr
