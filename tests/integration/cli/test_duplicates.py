"""``segue duplicates``, and what ``segue search`` shows of copies."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from command_run import Run
from query_service import Service, embedded
from random_fingerprints import fingerprint_of, noisy, random_codes
from segue.query.recording_keeper import settle

CODES = random_codes(1)


@pytest.fixture
async def copies(service: Service) -> None:
    """Beside the catalogue of five: ``x`` and ``y`` near ``b``, and a second file of ``c``."""
    for number, name in enumerate("xy"):
        one = embedded(name, 10.5 + number / 10, artist="Ann", genres=("jazz",))
        fingerprint = fingerprint_of(noisy(CODES, 0.02, number))
        await service.index.upsert([replace(one, fingerprint=fingerprint)])
    again = embedded("c", 20, artist="Ann", genres=("metal",))
    await service.index.upsert([replace(again, track=replace(again.track, track_id="z"))])
    await settle(service.index)


async def test_nothing_is_twice(run: Run) -> None:
    result = await run("duplicates")
    assert result.exit_code == 0
    assert "No two tracks are the same recording." in result.stdout


@pytest.mark.usefixtures("copies")
async def test_groups_are_shown_with_what_they_share(run: Run) -> None:
    result = await run("duplicates")
    assert result.exit_code == 0
    assert "Recordings with copies: 2. Shown: 4 tracks of 2." in result.stdout
    assert sorted(re.findall(r"^\s*([xycz])\s*$", result.stdout, re.MULTILINE)) == list("cxyz")
    assert len(re.findall(r"^ file ", result.stdout, re.MULTILINE)) == 1
    assert len(re.findall(r"^ recording ", result.stdout, re.MULTILINE)) == 1
    assert "flac" in result.stdout


@pytest.mark.usefixtures("copies")
@pytest.mark.parametrize(("limit", "tracks"), [(1, 1), (3, 3), (100, 4)])
async def test_json_has_as_many_tracks_as_asked_for(run: Run, limit: int, tracks: int) -> None:
    result = await run("duplicates", "--limit", limit, "--json")
    shown = json.loads(result.stdout)
    assert shown["total_groups"] == 2
    assert sum(len(group["tracks"]) for group in shown["groups"]) == tracks
    assert all(group["total_tracks"] == 2 for group in shown["groups"])


@pytest.mark.usefixtures("copies")
async def test_a_search_shows_one_copy_and_how_many_others(run: Run) -> None:
    result = await run("search", "--track", "a")
    ids = re.findall(r"^\s+([a-z])\s*$", result.stdout, re.MULTILINE)
    assert ids == ["b", "x", "c", "d", "e"]
    assert result.stdout.count("+1") == 2
    everything = await run("search", "--track", "a", "--all-copies")
    ids = re.findall(r"^\s+([a-z])\s*$", everything.stdout, re.MULTILINE)
    assert ids == ["b", "x", "y", "c", "z", "d", "e"]
    assert "+1" not in everything.stdout
    assert "copies" not in everything.stdout
