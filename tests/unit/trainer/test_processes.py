"""Child processes: one thread each, outcomes in order, and files that kill only their own."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from deadly_files import CrashingFile, DeadlyFile
from segue.audio.decoding import decode_stream
from segue.trainer import processes
from segue.trainer.processes import decode_each
from tones import write_tone


def samples(path: Path) -> int:
    return sum(block.size for block in decode_stream(path, 8_000))


def threads(path: Path) -> list[int]:
    np.dot(np.ones(2), np.ones(2))
    return [library["num_threads"] for library in threadpool_info()]


def child(path: Path) -> int:
    return os.getpid()


def mark(path: Path) -> int:
    path.touch()
    return 0


def unexpected(path: Path) -> int:
    return int(path.name)


def endless(path: Path) -> int:
    while path:
        pass
    return 0


def test_linear_algebra_runs_on_one_thread_and_only_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    (found,) = decode_each(threads, [Path("any")], 1)
    assert found
    assert set(found) == {1}
    assert os.environ["OPENBLAS_NUM_THREADS"] == "2"
    assert "MKL_NUM_THREADS" not in os.environ


def test_outcomes_keep_the_order_of_the_files(tmp_path: Path) -> None:
    seconds = [3.0, 1.0, 2.0, 0.5] * 6
    files = [write_tone(tmp_path / f"{n}.wav", n, length) for n, length in enumerate(seconds)]
    assert list(decode_each(samples, files, 2)) == [round(8_000 * length) for length in seconds]


def test_no_more_processes_than_files_and_none_without_any() -> None:
    found = list(decode_each(child, [Path("a"), Path("b")], 9))
    assert os.getpid() not in found
    assert len(set(found)) <= 2
    assert list(decode_each(child, [], 9)) == []


@pytest.mark.parametrize("deadly", [DeadlyFile, CrashingFile])
def test_a_file_that_kills_its_process_fails_alone(tmp_path: Path, deadly: type[Path]) -> None:
    fine = write_tone(tmp_path / "fine.wav", 1, 1.0)
    found = list(decode_each(samples, [fine, deadly(tmp_path / "x.wav"), fine, fine], 2))
    assert found == [8_000, "AUDIO_DECODER_CRASHED: the decoder crashed", 8_000, 8_000]


def test_a_file_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_FILE_SECONDS", 1.0)
    (found,) = decode_each(endless, [Path("x")], 1)
    assert isinstance(found, str)
    assert found.startswith("AUDIO_DECODER_TIMEOUT: ")


def test_refusals_and_undeclared_errors_are_told_and_the_process_stays(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    (refused,) = decode_each(samples, [tmp_path / "empty.wav"], 1)
    assert isinstance(refused, str)
    assert refused.startswith("AUDIO_EMPTY: ")
    first, failure, last = decode_each(unexpected, [Path("1"), Path("none"), Path("2")], 1)
    assert (first, last) == (1, 2)
    assert str(failure).startswith("AUDIO_UNDECODABLE: ValueError: ")


def test_outcomes_that_nobody_takes_are_not_made(tmp_path: Path) -> None:
    marks = [tmp_path / str(number) for number in range(200)]
    outcomes = decode_each(mark, marks, 1)
    next(outcomes)
    outcomes.close()
    assert 1 <= len(list(tmp_path.iterdir())) < 10
