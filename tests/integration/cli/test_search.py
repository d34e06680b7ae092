"""What ``segue search`` prints for a person."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from command_run import Run
from query_service import Service, direction
from segue.cli import clip
from segue.cli.option_types import ClockType
from tones import write_tone


@pytest.fixture
def vector(tmp_path: Path) -> Path:
    np.save(tmp_path / "vector.npy", direction(12.0))
    return tmp_path / "vector.npy"


def ids(output: str) -> list[str]:
    """Ids of the tracks in a table: one letter each, on a line of its own."""
    return re.findall(r"^\s+([a-e])\s*$", output, re.MULTILINE)


async def test_without_a_mix_the_table_has_the_score_alone(run: Run) -> None:
    result = await run("search", "--track", "a", "--limit", 2)
    assert result.exit_code == 0
    assert "embedding space bands-v1" in result.stdout
    assert "Bob – B" in result.stdout
    assert "0.985" in result.stdout  # cos 10°
    assert "jazz, blues, dark" in result.stdout
    assert "acoustic" not in result.stdout
    assert ids(result.stdout) == ["b", "c"]


async def test_a_mix_shows_both_sides_and_who_has_no_score(run: Run, service: Service) -> None:
    service.recommender.known = {"e": 2.0, "b": 1.0}
    result = await run("search", "--track", "a", "--user", "ann", "--weight", 0.9)
    assert service.recommender.asked[0][0].user_id == "ann"
    assert "acoustic" in result.stdout
    assert "collab." in result.stdout
    assert ids(result.stdout)[0] == "e"
    assert sorted(ids(result.stdout)) == ["b", "c", "d", "e"]
    (unknown,) = (line for line in result.stdout.splitlines() if "Dee – D" in line)
    assert " – " in unknown.partition("Dee")[0]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (None, "the collaborative source has no scores for these tracks: this is acoustic order"),
        (RuntimeError("no model"), "RuntimeError: no model"),
    ],
)
async def test_a_mix_that_did_not_come_about_says_why(
    run: Run, service: Service, error: Exception | None, told: str
) -> None:
    service.recommender.error = error
    result = await run("search", "--track", "a", "--mix", "rrf")
    assert result.exit_code == 0
    assert told in result.stdout
    assert ids(result.stdout) == ["b", "c", "d", "e"]


async def test_what_embed_writes_is_searched_by(run: Run, tmp_path: Path) -> None:
    def write(space: str) -> Path:
        path = tmp_path / f"{space}.npz"
        vectors = np.stack([direction(12.0), direction(79.0)])
        np.savez(path, files=np.array(["x.wav", "y.wav"]), vectors=vectors, space=np.array(space))
        return path

    result = await run("search", "--vector", write("bands-v1"), "--vector-of", "y.wav")
    assert ids(result.stdout)[0] == "e"
    refused = await run("search", "--vector", write("other-v1"), "--vector-of", "y.wav")
    assert refused.exit_code == 1
    assert "[SPACE_MISMATCH]" in refused.stderr


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("1:30", 90), ("1:02:03", 3723), ("90:00", 5400), ("0:01.5", 1.5), ("1.5", 1.5)],
)
def test_times_are_read_by_the_clock(text: str, seconds: float) -> None:
    assert ClockType().convert(text, None, None) == pytest.approx(seconds)


async def test_passages_are_shown_by_the_clock(run: Run, vector: Path) -> None:
    result = await run("search", "--vector", vector, "--match", "passage", "--limit", 1)
    assert ids(result.stdout) == ["b"]
    assert "0:10–0:20" in result.stdout


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (("--year", "1970-1980"), ["b", "c"]),
        (("--year", "1980-"), ["c", "d"]),
        (("--year", "1990"), ["d"]),
        (("--duration", "-75"), ["b"]),
        (("--artist", "ANN"), ["c"]),
        (("--all-genre", "jazz", "--all-genre", "blues"), ["b"]),
        (("--not-mood", "dark", "--exclude", "d"), ["e"]),
        (("--not-mood", "dark", "--exclude", "Dee – D"), ["e"]),
    ],
)
async def test_filters(run: Run, filters: tuple[str, ...], found: list[str]) -> None:
    assert ids((await run("search", "--track", "a", *filters)).stdout) == found


@pytest.mark.parametrize("command", [("search", "--track"), ("playlist", "build"), ("path", "b")])
async def test_tracks_to_leave_out_that_are_not_there_are_refused(
    run: Run, command: tuple[str, ...]
) -> None:
    result = await run(*command, "a", "--exclude", "xyz", "--exclude", "d", "--exclude", "www")
    assert result.exit_code == 1
    assert "no tracks 'xyz', 'www' in the catalogue" in result.stderr
    assert "[TRACK_NOT_FOUND]" in result.stderr


async def test_a_label_that_no_track_carries_is_named(run: Run) -> None:
    result = await run("search", "--track", "a", "--genre", "polka")
    assert result.exit_code == 0
    assert "No track of the catalogue carries: polka" in result.stdout
    assert "No tracks satisfy the search." in result.stdout


async def test_of_a_file_too_large_to_send_the_passage_is_sent(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    song = write_tone(tmp_path / "song.wav", seconds=30.0)
    monkeypatch.setattr(clip, "LARGEST_CLIP_BYTES", song.stat().st_size - 1)
    # Far below the size of the file, so that the answer can only come from a passage of it.
    result = await run("search", "--file", song, "--start", "0:05", "--length", "0:08")
    assert result.exit_code == 0
    assert len(ids(result.stdout)) == 5
    assert "passage" in result.stdout

    monkeypatch.setattr(clip, "LARGEST_CLIP_BYTES", 100)
    result = await run("search", "--file", song, "--start", 5, "--length", 8)
    assert result.exit_code == 1
    assert "[AUDIO_TOO_LARGE] Choose a shorter passage" in result.stderr
