"""A catalogue that moves from one stack to another: its files are not embedded again there."""

import json

import pytest

from e2e.tones import write_tone


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    root = tmp_path_factory.mktemp("library")
    for number in range(6):
        write_tone(root / f"{number}.wav", 200 + 40 * number, seed=number)
    return root


def listed(run, stack):
    answer = run("tracks", "--json", stack=stack)
    assert answer.code == 0, answer.stderr
    return {track["track_id"]: track for track in answer.json["tracks"]}


def test_what_was_imported_is_not_embedded_again(start_stack, tmp_path_factory, library, run_segue):
    old = start_stack(tmp_path_factory.mktemp("old"))
    file = tmp_path_factory.mktemp("exports") / "catalogue.parquet"
    assert run_segue("ingest", library, "--json", stack=old).json["indexed"] == 6
    first = next(iter(listed(run_segue, old)))
    assert run_segue("edit", first, "--title", "By hand", stack=old).code == 0
    before = listed(run_segue, old)
    done = run_segue("export", file, "--json", stack=old)
    assert (done.code, done.json["tracks"]) == (0, 6), done.stderr

    new = start_stack(tmp_path_factory.mktemp("new"))
    state = str(tmp_path_factory.mktemp("state"))
    done = run_segue("import", file, "--json", stack=new)
    assert (done.code, done.json["tracks"], done.json["left_out"]) == (0, 6, []), done.stderr
    assert listed(run_segue, new) == before

    synced = run_segue("sync", library, "--json", stack=new, XDG_STATE_HOME=state)
    assert synced.code == 0, synced.stderr
    assert synced.json["unchanged"] == 6, json.dumps(synced.json)
    assert not any(synced.json[what] for what in ("new", "changed", "moved", "gone"))
    assert listed(run_segue, new) == before
    again = run_segue("ingest", library, "--json", stack=new, XDG_STATE_HOME=state)
    assert again.code == 0, again.stderr
    assert (again.json["indexed"], again.json["skipped"]) == (0, 6)
    assert {track["reason"] for track in again.json["tracks"]} == {"UNCHANGED"}
    assert listed(run_segue, new) == before
    assert listed(run_segue, new)[first]["metadata"]["title"] == "By hand"
    search = run_segue("search", "--track", first, "--json", stack=new)
    assert search.code == 0, search.stderr
    assert len(search.json["results"]) == 5
