"""What a run of ``segue ingest`` remembers of what it submitted."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from segue.cli.ingest_journal import KEPT_SECONDS, Accepted, IngestIsRunning, IngestJournal
from segue.ingest_jobs import IngestItem
from segue.library.places import uri_of

SERVICE = "127.0.0.1:1"
COMMAND = ["/music", "False"]


def journal(folder: Path, command: list[str] = COMMAND, **options: bool) -> IngestJournal:
    return IngestJournal(folder, SERVICE, command, **options)


@pytest.fixture
def items(tmp_path: Path) -> list[IngestItem]:
    songs = [tmp_path / f"{number}.wav" for number in range(4)]
    for number, song in enumerate(songs):
        song.write_bytes(b"x" * number)
    return [IngestItem("", uri_of(str(song))) for song in songs]


def submit(into: IngestJournal, items: list[IngestItem], job_id: str) -> None:
    into.submitting(items)
    into.submitted(items, [Accepted(job_id, f"id of {item.uri}") for item in items])


def test_a_run_that_is_cut_off_is_known(tmp_path: Path, items: list[IngestItem]) -> None:
    with journal(tmp_path / "state") as first:
        submit(first, items[:2], "job")
    with journal(tmp_path / "state") as second:
        known = second.accepted(items)
        assert known == {
            0: Accepted("job", f"id of {items[0].uri}"),
            1: Accepted("job", f"id of {items[1].uri}"),
        }
        assert second.on_its_way(items) == []


def test_what_had_no_answer_goes_under_the_same_id(tmp_path: Path, items: list[IngestItem]) -> None:
    with journal(tmp_path / "state") as first:
        submit(first, items[:1], "job")
        request = first.submitting(items[2:])
    with journal(tmp_path / "state") as second:
        assert second.on_its_way(items) == [2, 3]
        assert second.submitting(items[2:]) == request
        assert second.submitting(items[1:]) != request


def test_what_changed_meanwhile_is_submitted_again(tmp_path: Path, items: list[IngestItem]) -> None:
    with journal(tmp_path / "state") as first:
        submit(first, items[:2], "job")
        first.submitting(items[2:])
    os.utime(tmp_path / "1.wav", (1, 1))
    (tmp_path / "3.wav").write_bytes(b"longer than before")
    with journal(tmp_path / "state") as second:
        assert second.accepted(items).keys() == {0}
        assert second.on_its_way(items) == []


def test_jobs_can_be_forgotten(tmp_path: Path, items: list[IngestItem]) -> None:
    with journal(tmp_path / "state") as first:
        submit(first, items[:2], "gone")
        submit(first, items[2:], "known")
        first.forget(["gone"])
        assert first.accepted(items).keys() == {2, 3}


def test_another_command_another_run(tmp_path: Path, items: list[IngestItem]) -> None:
    with journal(tmp_path / "state") as first:
        submit(first, items, "job")
        with journal(tmp_path / "state", ["/music", "True"]) as other:
            assert not other.accepted(items)
    with journal(tmp_path / "state", resume=False) as anew:
        assert not anew.accepted(items)
    with journal(tmp_path / "state") as after:
        assert not after.accepted(items)


def test_a_run_that_came_to_its_end_is_forgotten(tmp_path: Path, items: list[IngestItem]) -> None:
    with journal(tmp_path / "state") as first:
        submit(first, items, "job")
        first.end()
    with journal(tmp_path / "state") as second:
        assert not second.accepted(items)


def test_a_run_of_long_ago_is_over(tmp_path: Path, items: list[IngestItem]) -> None:
    with journal(tmp_path / "state") as first:
        submit(first, items, "job")
    (file,) = (tmp_path / "state").iterdir()
    long_ago = time.time() - KEPT_SECONDS - 60
    os.utime(file, (long_ago, long_ago))
    with journal(tmp_path / "state") as second:
        assert not second.accepted(items)


@pytest.mark.parametrize(
    "torn", [b'{"accepted": [["', b"\xff\xfe", b"[]\n{}\n3\n", b'{"run": "x"}\n']
)
def test_a_torn_line_is_passed_over(tmp_path: Path, items: list[IngestItem], torn: bytes) -> None:
    with journal(tmp_path / "state") as first:
        submit(first, items[:2], "job")
    (file,) = (tmp_path / "state").iterdir()
    file.write_bytes(file.read_bytes() + torn)
    with journal(tmp_path / "state") as second:
        submit(second, items[2:3], "job")
    with journal(tmp_path / "state") as third:
        assert third.accepted(items).keys() == {0, 1, 2}


def test_two_runs_of_one_command_do_not_mix(tmp_path: Path) -> None:
    with (
        journal(tmp_path / "state"),
        pytest.raises(IngestIsRunning, match="running already"),
        journal(tmp_path / "state"),
    ):
        pass


def test_without_a_place_nothing_is_noted(tmp_path: Path, items: list[IngestItem]) -> None:
    (tmp_path / "state").write_text("no folder")
    with journal(tmp_path / "state") as first:
        submit(first, items, "job")
        assert first.accepted(items).keys() == {0, 1, 2, 3}
        first.end()


def test_a_run_that_submitted_nothing_leaves_nothing(tmp_path: Path) -> None:
    with journal(tmp_path / "state"):
        pass
    assert list((tmp_path / "state").iterdir()) == []
