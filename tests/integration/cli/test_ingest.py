"""What ``segue ingest`` sends, what becomes of what is refused, and what it prints for a person."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from command_run import Run
from query_service import Service
from segue.ingest_jobs import Submission
from tones import write_tone


def manifest(folder: Path, *rows: dict[str, str]) -> Path:
    path = folder / "list.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


async def test_one_refused_track_does_not_hold_back_its_batch(
    run: Run, service: Service, tmp_path: Path
) -> None:
    rows = [{"uri": f"http://music.example/{name}.mp3"} for name in "abcde"]
    rows[3]["uri"] = "http://music.example/" + "d" * 20_000
    result = await run("ingest", manifest(tmp_path, *rows), "--no-watch", "--json")
    assert result.exit_code == 1
    accepted = [item.uri for job in service.job_store.jobs.values() for item in job]
    assert sorted(accepted) == sorted(row["uri"] for row in rows if len(row["uri"]) < 100)
    told = json.loads(result.stdout)
    assert told["total"] == 4
    (failure,) = told["failures"]
    assert failure["place"].endswith("line 4")
    assert told["not_accepted"] == []


async def test_uploads_that_are_refused_or_cannot_be_read_are_failures(
    run: Run, service: Service, tmp_path: Path
) -> None:
    write_tone(tmp_path / "good.wav")
    write_tone(tmp_path / "large.wav", seconds=30.0)
    (tmp_path / "gone.wav").touch()
    rows = [{"path": "good.wav"}, {"path": "large.wav"}, {"uri": "https://music.example/far.mp3"}]
    result = await run("ingest", manifest(tmp_path, *rows), "--upload", "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    (failure,) = told["failures"]
    assert failure["place"] == str(tmp_path / "large.wav")
    assert failure["reason"] == "AUDIO_TOO_LARGE"
    assert (told["total"], told["indexed"]) == (2, 2)
    spooled = list(service.spool.iterdir())
    assert [path.read_bytes() for path in spooled] == [(tmp_path / "good.wav").read_bytes()]


async def test_uploads_to_a_job_that_is_cancelled_end(
    run: Run, service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = service.job_store.submit

    async def cancelled_after_the_first(*args: Any, **kwargs: Any) -> Submission:
        submission = await submit(*args, **kwargs)
        await service.job_store.cancel(submission.job_id)
        return submission

    monkeypatch.setattr(service.job_store, "submit", cancelled_after_the_first)
    songs = [write_tone(tmp_path / f"{number}.wav") for number in range(3)]
    result = await run("ingest", *songs, "--upload", "--json")
    told = json.loads(result.stdout)
    assert told["error"]["reason"] == "JOB_CANCELLED"
    assert (told["total"], told["jobs"]) == (1, ["job-1"])
    assert told["not_accepted"] == [str(song) for song in songs[1:]]
    assert result.exit_code == 1
    assert len(list(service.spool.iterdir())) == 1, "what is refused is not kept"


async def test_without_waiting_it_says_what_was_accepted_and_that_nobody_works(
    run: Run, service: Service, tmp_path: Path
) -> None:
    service.job_store.heard = []
    song = write_tone(tmp_path / "song.wav")
    result = await run("ingest", song, "--no-watch")
    assert result.exit_code == 0
    assert result.stdout == "1 tracks accepted as job job-1; not waiting for them.\n"
    assert "[NO_WORKER]" in result.stderr
    assert f"segue watch job-1 --address {service.address}" in result.stderr


async def test_of_many_failures_the_first_are_shown(run: Run, tmp_path: Path) -> None:
    songs = [tmp_path / f"{number}.mp3" for number in range(25)]
    result = await run("ingest", *songs)
    assert result.exit_code == 1
    assert result.stdout.count("no such file or folder [SOURCE_NOT_FOUND]") == 20
    assert "... and 5 more failures; see all with --json" in result.stdout


async def test_nothing_to_ingest_is_an_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()
    result = await run("ingest", tmp_path / "empty.jsonl")
    assert result.exit_code == 1
    assert "nothing to ingest" in result.stderr
