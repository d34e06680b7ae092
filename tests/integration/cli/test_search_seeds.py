"""What ``segue search`` can start from, and what it shows of passages."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from command_run import Run
from segue.cli import clip
from tones import write_tone


def ids(output: str) -> list[str]:
    """Ids of the tracks in a table: one letter each, at the end of a line."""
    return re.findall(r"(?:^|\s)([a-e])\s*$", output, re.MULTILINE)


async def test_seeds_for_are_averaged(run: Run) -> None:
    # The middle of 0 and 30 degrees is 15: b and c are 5 degrees from it.
    result = await run("search", "--track", "a", "--track", "d", "--json")
    found = json.loads(result.stdout)["results"]
    assert [one["track"]["track_id"] for one in found] == ["b", "c", "e"]
    assert found[0]["score"] == pytest.approx(0.9962, abs=1e-3)  # cos 5°


async def test_the_best_of_the_seeds_counts_where_asked_for(run: Run) -> None:
    words = ("--track", "a", "--track", "e", "--strategy", "best", "--json")
    found = json.loads((await run("search", *words)).stdout)["results"]
    assert [one["track"]["track_id"] for one in found] == ["b", "c", "d"]
    assert found[0]["score"] == pytest.approx(0.9848, abs=1e-3)  # cos 10°


async def test_a_seed_that_weighs_more_draws_the_answer_to_it(run: Run) -> None:
    result = await run("search", "--track", "a", "--track", "d", "--weigh", "d", 9)
    assert ids(result.stdout) == ["c", "b", "e"]


async def test_a_file_weighs_by_whatever_path_names_it(run: Run, tmp_path: Path) -> None:
    listed = tmp_path / "mine.txt"
    listed.write_text("d\n")
    spelt = f"{tmp_path}/./mine.txt"
    result = await run("search", "--track", "a", "--playlist", spelt, "--weigh", spelt, 9)
    assert ids(result.stdout) == ["c", "b", "e"]


async def test_a_seed_against_drives_it_away(run: Run) -> None:
    result = await run("search", "--track", "c", "--against", "a")
    assert ids(result.stdout)[:2] == ["d", "b"]
    heavier = await run("search", "--track", "c", "--track", "b", "--against", "a", "--json")
    assert json.loads(heavier.stdout)["results"][0]["track"]["track_id"] == "d"


async def test_an_artist_is_a_seed(run: Run) -> None:
    result = await run("search", "--artist-seed", "ann", "--strategy", "average")
    assert ids(result.stdout)[0] == "b"
    assert not {"a", "c"} & set(ids(result.stdout))


async def test_a_list_of_tracks_is_a_seed(run: Run, tmp_path: Path) -> None:
    listed = tmp_path / "mine.txt"
    listed.write_text("# two of them\na\nDee – D\n")
    result = await run("search", "--playlist", listed, "--strategy", "average")
    assert sorted(ids(result.stdout)) == ["b", "c", "e"]


async def test_a_playlist_that_was_written_is_a_seed(run: Run, tmp_path: Path) -> None:
    # The catalogue's files are not on this machine: that is said of each, by its line.
    saved = await run("playlist", "export", "a", "d", "--output", tmp_path / "mine.m3u8")
    assert saved.exit_code == 0
    result = await run("search", "--playlist", tmp_path / "mine.m3u8")
    assert result.exit_code == 1
    assert "[SEEDS_UNKNOWN]" in result.stderr
    assert result.stderr.count("track mine.m3u8 line ") == 2
    others = await run(
        "search", "--playlist", tmp_path / "mine.m3u8", "--track", "a", "--skip-unknown"
    )
    assert others.stdout.count("track mine.m3u8 line ") == 2
    assert ids(others.stdout) == ["b", "c", "d", "e"]


async def test_seeds_that_are_not_known_are_named_one_by_one(run: Run) -> None:
    words = ("search", "--track", "x", "--track", "a", "--against", "y")
    refused = await run(*words)
    assert refused.exit_code == 1
    assert "these seeds are not known: track x, track y" in refused.stderr
    assert "--skip-unknown" in refused.stderr
    result = await run(*words, "--skip-unknown")
    assert "Not known, and passed over: track x, track y" in result.stdout
    assert ids(result.stdout) == ["b", "c", "d", "e"]


async def test_one_track_that_is_not_known_is_told_as_before(run: Run) -> None:
    refused = await run("search", "--track", "x")
    assert refused.exit_code == 1
    assert "[TRACK_NOT_FOUND]" in refused.stderr


async def test_a_seed_for_and_against_is_refused(run: Run) -> None:
    refused = await run("search", "--track", "a", "--track", "b", "--against", "a")
    assert refused.exit_code == 1
    assert "[SEEDS_CONTRADICTORY]" in refused.stderr


async def test_a_listener_of_whom_nothing_is_known_is_refused(run: Run) -> None:
    refused = await run("search", "--listener", "nobody-knows-me")
    assert refused.exit_code != 0
    assert "nobody-knows-me" not in refused.stderr


async def test_a_passage_of_a_track_is_a_seed(run: Run) -> None:
    # The second passage of a lies at 3 degrees, b at 10.
    result = await run("search", "--track", "a", "--start", "0:12", "--limit", 1, "--json")
    (found,) = json.loads(result.stdout)["results"]
    assert found["track"]["track_id"] == "b"
    assert found["score"] == pytest.approx(0.9925, abs=1e-3)  # cos 7°


async def test_segments_show_the_best_passages_of_each_track(run: Run) -> None:
    words = ("search", "--segments", "--track", "a", "--start", 0, "--not-seed-track")
    result = await run(*words, "--per-track", 2, "--limit", 2, "--explain")
    assert re.findall(r"\d:\d\d–\d:\d\d", result.stdout) == ["0:00–0:10", "0:10–0:20"] * 2
    assert "Candidates:" in result.stdout
    one_each = json.loads((await run(*words, "--json")).stdout)["results"]
    assert [one["track"]["track_id"] for one in one_each] == ["b", "c", "d", "e"]
    assert all(len(one["passages"]) == 1 for one in one_each)


async def test_a_highlight_shows_the_passage_though_tracks_are_compared(run: Run) -> None:
    plain = await run("search", "--track", "a", "--limit", 1)
    assert "passage" not in plain.stdout
    result = await run("search", "--track", "a", "--limit", 1, "--highlight")
    assert "0:00–0:10" in result.stdout  # of b, at 7 degrees


async def test_every_passage_is_compared_where_asked_for(run: Run) -> None:
    words = ("--track", "a", "--match", "late", "--limit", 1, "--json")
    (found,) = json.loads((await run("search", *words)).stdout)["results"]
    # Passages of a at ±3 degrees; the nearest of b's, at 7, is 10 and 4 degrees from them.
    assert found["score"] == pytest.approx(0.9912, abs=1e-3)


async def test_a_boost_raises_what_is_of_a_genre(run: Run) -> None:
    result = await run("search", "--track", "a", "--boost-genre", "metal", 1, "--explain")
    assert ids(result.stdout)[:2] == ["c", "d"]
    assert "+1.000" in result.stdout


async def test_of_files_too_large_to_send_together_passages_are_sent(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    songs = [write_tone(tmp_path / f"{number}.wav", seconds=30.0) for number in range(2)]
    words = ("search", "--file", songs[0], "--file", songs[1], "--length", 8)
    monkeypatch.setattr(clip, "_LARGEST_BESIDE_OTHERS", songs[0].stat().st_size)
    result = await run(*words)
    assert result.exit_code == 0
    assert len(set(ids(result.stdout))) == 5
    monkeypatch.setattr(clip, "_LARGEST_BESIDE_OTHERS", 100)
    refused = await run(*words)
    assert refused.exit_code == 1
    assert "[AUDIO_TOO_LARGE]" in refused.stderr


async def test_what_clips_may_take_together_is_what_the_service_takes(
    run: Run, tmp_path: Path
) -> None:
    song = write_tone(tmp_path / "song.wav", seconds=12.0)
    with song.open("ab") as file:
        file.truncate(clip._LARGEST_BESIDE_OTHERS)
    result = await run("search", "--file", song, "--track", "a")
    assert result.exit_code == 0, result.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "to start from"),
        (("--against", "a"), "to start from"),
        (("--artist-seed", "Ann", "--length", 3), "choose a passage of --file"),
        (("--track", "a", "--vector-of", "x"), "--vector-of chooses"),
        (("--track", "a", "--weigh", "b", 2), "no seed is named so"),
        (("--track", "a", "--per-track", 2), "--per-track wants --segments"),
        (("--track", "a", "--not-seed-track"), "--not-seed-track wants --segments"),
        (("--segments", "--track", "a", "--against", "b"), "--against has no place"),
        (("--segments", "--track", "a", "--weight", 0), "--weight has no place"),
        (("--segments", "--track", "a", "--track", "b"), "wants one --track"),
    ],
)
async def test_options_that_do_not_fit_are_refused(
    run: Run, words: tuple[object, ...], told: str
) -> None:
    refused = await run("search", *words)
    assert refused.exit_code == 2
    assert told in refused.stderr
