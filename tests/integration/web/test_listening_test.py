"""The listening test of a catalogue that is not the default one: drawn, heard and rated there."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
import soundfile
from click.testing import CliRunner

from command_run import against
from query_service import CATALOGUE, DIMENSION, TOKEN, serve
from segue.cli import main
from segue.index.exact import ExactIndex
from segue.query.access import Access

from .conftest import RATE_HZ, client_of, steps

ARCHIVED = [one.track.track_id for one in CATALOGUE[:4]]


async def index_of(folder, catalogue, seconds, track_ids):
    """Tracks whose audio has a length by which their catalogue is known."""
    index = ExactIndex(space="bands-v1", dimension=DIMENSION, catalogue=catalogue)
    for one in CATALOGUE:
        if one.track.track_id in track_ids:
            path = folder / f"{catalogue or 'default'}-{one.track.track_id}.flac"
            soundfile.write(path, steps(seconds), RATE_HZ)
            track = replace(one.track, source_uri=path.as_uri(), duration_seconds=float(seconds))
            await index.upsert([replace(one, track=track)])
    return index


@pytest.fixture
async def service(tmp_path):
    """The same ids in two catalogues, with other audio; one track is in the default one alone."""
    default = await index_of(tmp_path, "", 2, [*ARCHIVED, "e"])
    archive = await index_of(tmp_path, "archive", 3, ARCHIVED)
    async for running in serve(default, tmp_path, access=Access(TOKEN), others=[archive]):
        yield running


@pytest.fixture
def plan(service, tmp_path, monkeypatch):
    """Plan a listening test, of whole tracks and of passages; the parsed answer."""
    monkeypatch.setenv("SEGUE_WEB_FOLDER", str(tmp_path / "web"))
    monkeypatch.setenv("SEGUE_OWNER_TOKEN", TOKEN)
    run = against(service.address)

    async def planned(*words, code=0):
        done = await run("listening", "plan", "--json", *words)
        assert done.exit_code == code, done.output
        return json.loads(done.stdout) if done.stdout else done.stderr

    return planned


@pytest.fixture
async def rater(application):
    async with client_of(application, Authorization=f"Bearer {TOKEN}") as client:
        yield client


async def test_another_catalogue_is_drawn_from_and_played(plan, rater, monkeypatch):
    monkeypatch.setenv("SEGUE_CATALOGUE", "archive")
    planned = await plan("--queries", 4, "--other-match", "passage")
    assert (planned["catalogue"], planned["trials"]) == ("archive", 4)
    for _ in range(4):
        trial = (await rater.get("listening-test/next")).json()
        for sound in (trial["query"], *trial["candidates"]):
            assert sound["duration_seconds"] == 3
            where = f"listening-test/trials/{trial['trial']}/{sound['sound']}/audio"
            assert soundfile.info(io.BytesIO((await rater.get(where)).content)).duration == 3
        ratings = {one["sound"]: 5 for one in trial["candidates"]}
        said = await rater.post(
            "listening-test/ratings", json={"trial": trial["trial"], "ratings": ratings}
        )
        assert said.status_code == 200, said.text
    shown = CliRunner().invoke(main, ["listening", "show"])
    assert shown.output.startswith("4 trials of bands-v1, bands-v1 passage, random from the cat")


async def test_the_other_system_may_be_the_default_catalogue(plan):
    planned = await plan("--queries", 3, "--catalogue", "archive", "--other-catalogue", "")
    assert planned["systems"] == ["bands-v1", "bands-v1 default", "random"]
    assert planned["shared"] == 3, "both have the same tracks"


async def test_a_catalogue_that_is_none_is_refused_before_anything_is_planned(plan, tmp_path):
    refused = await plan("--catalogue", "archiv", "--other-match", "passage", code=1)
    assert refused["error"]["reason"] == "CATALOGUE_UNKNOWN"
    assert not (tmp_path / "web" / "listening").exists()
