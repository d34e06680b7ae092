"""A catalogue that moves from one stack to another: its files are not embedded again there."""

import json

import numpy as np
import pytest

from e2e.tones import RATE_HZ, write_tone, write_wav
from waiting import until


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    root = tmp_path_factory.mktemp("library")
    for number in range(6):
        write_tone(root / f"{number}.wav", 200 + 40 * number, seed=number)
    melody = write_melody(root / "melody.wav", 0.5)
    write_wav(root / "quieter.wav", 0.6 * melody)
    return root


def write_melody(path, loudness):
    """Twelve seconds of notes that come by chance: the sound says which recording it is."""
    rng = np.random.default_rng(20)
    length = RATE_HZ // 5
    time = np.arange(length) / RATE_HZ
    notes = [
        sum(np.sin(2 * np.pi * pitch * n * time) / n for n in (1, 2, 3)) * np.exp(-4 * time)
        for pitch in 110 * 2 ** (rng.integers(0, 36, 60) / 12)
    ]
    samples = loudness * np.concatenate(notes) / 2
    write_wav(path, samples)
    return samples


def listed(run, stack):
    answer = run("tracks", "--json", stack=stack)
    assert answer.code == 0, answer.stderr
    return {track["track_id"]: track for track in answer.json["tracks"]}


def copies(run, stack):
    """Ids of the tracks of the only group of copies, as soon as it was found."""

    def groups():
        answer = run("duplicates", "--json", stack=stack)
        assert answer.code == 0, answer.stderr
        return answer.json["groups"]

    (group,) = until(groups)
    return {track["track_id"] for track in group["tracks"]}


def full(run, stack, track_id):
    answer = run("track", track_id, "--json", stack=stack)
    assert answer.code == 0, answer.stderr
    return answer.json["track"]


def test_what_was_imported_is_not_embedded_again(start_stack, tmp_path_factory, library, run_segue):
    old = start_stack(tmp_path_factory.mktemp("old"))
    file = tmp_path_factory.mktemp("exports") / "catalogue.parquet"
    assert run_segue("ingest", library, "--json", stack=old).json["indexed"] == 8
    first = next(iter(listed(run_segue, old)))
    assert run_segue("edit", first, "--title", "By hand", stack=old).code == 0
    alike = copies(run_segue, old)
    assert len(alike) == 2
    before = listed(run_segue, old)
    known = {track_id: full(run_segue, old, track_id) for track_id in before}
    assert known[first]["field_sources"]["title"] == "FIELD_SOURCE_CORRECTED"
    assert any("estimated_tempo" in track for track in known.values())
    done = run_segue("export", file, "--json", stack=old)
    assert (done.code, done.json["tracks"]) == (0, 8), done.stderr

    new = start_stack(tmp_path_factory.mktemp("new"))
    state = str(tmp_path_factory.mktemp("state"))
    done = run_segue("import", file, "--json", stack=new)
    assert (done.code, done.json["tracks"], done.json["left_out"]) == (0, 8, []), done.stderr
    assert copies(run_segue, new) == alike
    assert listed(run_segue, new) == before
    assert {track_id: full(run_segue, new, track_id) for track_id in before} == known

    synced = run_segue("sync", library, "--json", stack=new, XDG_STATE_HOME=state)
    assert synced.code == 0, synced.stderr
    assert synced.json["unchanged"] == 8, json.dumps(synced.json)
    assert not any(synced.json[what] for what in ("new", "changed", "moved", "gone"))
    assert listed(run_segue, new) == before
    again = run_segue("ingest", library, "--json", stack=new, XDG_STATE_HOME=state)
    assert again.code == 0, again.stderr
    assert (again.json["indexed"], again.json["skipped"]) == (0, 8)
    assert {track["reason"] for track in again.json["tracks"]} == {"UNCHANGED"}
    assert listed(run_segue, new) == before
    forced = run_segue("ingest", library, "--force", "--json", stack=new, XDG_STATE_HOME=state)
    assert (forced.code, forced.json["indexed"]) == (0, 8), forced.stderr
    assert listed(run_segue, new)[first]["metadata"]["title"] == "By hand"
    search = run_segue("search", "--track", first, "--json", stack=new)
    assert search.code == 0, search.stderr
    # A search shows one of the two copies.
    assert len(search.json["results"]) == (7 if first in alike else 6)
