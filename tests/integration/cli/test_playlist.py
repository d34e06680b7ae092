"""``segue playlist`` and ``segue path`` against a running service."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command_run import Run
from segue.library.playlist import read_playlist


async def test_a_playlist_as_a_table_and_as_a_file(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "quiet evening.m3u8"
    result = await run(
        "playlist", "build", "a", "--tracks", "3", "--with-seeds", "--save", str(target)
    )
    assert result.exit_code == 0, result.output
    assert "embedding space bands-v1" in result.output
    assert "cohesion" in result.output
    assert f"Saved: {target}" in result.output
    lines = target.read_text().splitlines()
    assert lines[:4] == [
        "#EXTM3U",
        "#PLAYLIST:quiet evening",
        "#EXTINF:60,Ann - A",
        "/music/a.flac",
    ]
    again = await run("playlist", "build", "a", "--tracks", "3", "--save", str(target))
    assert again.exit_code == 1
    assert "TARGET_EXISTS" in again.output
    assert target.read_text().splitlines() == lines
    replaced = await run(
        "playlist", "build", "a", "--tracks", "2", "--save", str(target), "--overwrite"
    )
    assert replaced.exit_code == 0
    assert "#EXTINF:60,Ann - A" not in target.read_text()


async def test_a_playlist_as_json(run: Run) -> None:
    result = await run("playlist", "build", "a", "--against", "e", "--minutes", "2", "--json")
    assert result.exit_code == 0, result.output
    answer = json.loads(result.output)
    assert [one["track"]["track_id"] for one in answer["tracks"]] == ["b"] or answer["tracks"]
    assert answer["properties"]["duration_seconds"] > 0
    assert answer["explanation"]["engine_searches"] >= 1


async def test_what_was_not_possible_is_told(run: Run) -> None:
    result = await run("playlist", "build", "a", "--tracks", "9")
    assert result.exit_code == 0
    assert "the playlist has 4 of 9 tracks" in result.output
    none = await run("playlist", "build", "a", "--artist", "nobody")
    assert none.exit_code == 1
    assert "PLAYLIST_IMPOSSIBLE" in none.output


async def test_seeds_that_are_not_known(run: Run) -> None:
    refused = await run("playlist", "build", "a", "nothing like it")
    assert refused.exit_code == 1
    assert "SEEDS_UNKNOWN" in refused.output
    passed_over = await run("playlist", "build", "a", "nothing like it", "--skip-unknown")
    assert passed_over.exit_code == 0, passed_over.output
    assert "Not known, and passed over: track nothing like it" in passed_over.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["build"], "give a TRACK to start from"),
        (["build", "a", "--tracks", "501"], "501 is not in the range"),
        (["build", "a", "--tracks", "5", "--minutes", "5"], "exclude each other"),
        (["build", "a", "--energy", "0.5"], "two or more numbers in [0, 1]"),
        (["build", "a", "--energy", "0.5,x"], "two or more numbers in [0, 1]"),
        (["build", "a", "--energy", "0,nan"], "two or more numbers in [0, 1]"),
        (["build", "a", "--save", "list.txt"], "does not end in .m3u, .m3u8, .xspf, .jspf"),
        (["export", "a", "--output", "list.txt"], "give --format"),
    ],
)
async def test_wrong_usage(run: Run, arguments: list[str], message: str) -> None:
    result = await run("playlist", *arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())


async def test_what_a_list_is_like(run: Run) -> None:
    result = await run("playlist", "describe", "a", "b", "d")
    assert result.exit_code == 0, result.output
    assert "steps: 0.985, 0.940" in result.output
    assert "shared labels 67%" in result.output
    shown = json.loads((await run("playlist", "describe", "a", "--json")).output)
    assert shown["properties"]["cohesion"] == 1


@pytest.mark.parametrize(("name", "form"), [("l.xspf", []), ("l", ["--format", "xspf"])])
async def test_a_list_as_a_file(run: Run, tmp_path: Path, name: str, form: list[str]) -> None:
    target = tmp_path / name
    result = await run("playlist", "export", "b", "a", *form, "--output", str(target))
    assert result.exit_code == 0, result.output
    assert "file:///music/b.flac" in target.read_text()
    if name.endswith(".xspf"):
        # Its files are not there: what is read tells that it looked for them.
        problems = read_playlist(target).problems
        assert [str(one.place) for one in problems] == [f"{target} track 1", f"{target} track 2"]


async def test_a_file_that_cannot_be_written(run: Run, tmp_path: Path) -> None:
    result = await run(
        "playlist", "export", "a", "--output", str(tmp_path / "no" / "l.m3u"), "--json"
    )
    assert result.exit_code == 1
    assert json.loads(result.output)["error"]["reason"] == "TARGET_NOT_WRITABLE"


async def test_a_path(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "way.jspf"
    result = await run("path", "a", "Eve – E", "--tracks", "4", "--save", str(target))
    assert result.exit_code == 0, result.output
    assert "unevenness" in result.output
    tracks = json.loads(target.read_text())["playlist"]["track"]
    assert [tracks[0]["title"], tracks[-1]["title"]] == ["A", "E"]
    assert len(tracks) == 4
    shown = json.loads((await run("path", "a", "e", "--tracks", "2", "--json")).output)
    assert [one["track"]["track_id"] for one in shown["tracks"]] == ["a", "e"]


async def test_a_path_that_goes_nowhere(run: Run) -> None:
    result = await run("path", "a", "a")
    assert result.exit_code == 1
    assert "PATH_IMPOSSIBLE" in result.output


async def test_tracks_that_are_not_there_are_all_named(run: Run) -> None:
    seeds = await run("playlist", "build", "a", "xyz", "--against", "www")
    assert seeds.exit_code == 1
    assert "[SEEDS_UNKNOWN]" in seeds.output
    assert "track xyz, track www" in seeds.output
    listed = await run("playlist", "describe", "xyz", "a", "www")
    assert listed.exit_code == 1
    assert "no tracks 'xyz', 'www' in the catalogue" in listed.output
    ends = await run("path", "xyz", "www")
    assert "no tracks 'xyz', 'www' in the catalogue" in ends.output
