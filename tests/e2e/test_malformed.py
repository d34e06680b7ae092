"""Damaged, lying and foreign files, by path and as uploads: refused with a reason, no harm done.

The stack that takes them is shared, so a worker that crashed or hung would also show in the tests
that come after.
"""

import json

import numpy as np
import pytest

from malformed_audio import malformed_audio
from segue.cli.client import RemoteError
from segue.v1 import catalog_service_pb2, similarity_service_pb2

FILES = malformed_audio()

INDEXED = catalog_service_pb2.INGEST_STATE_INDEXED
DEAD = catalog_service_pb2.INGEST_STATE_DEAD

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("malformed")
    for file in FILES:
        (folder / file.name).write_bytes(file.content)
    return folder


@pytest.fixture(scope="module", params=["by path", "by upload"])
def outcomes(request, stack, run_segue, folder):
    """Prefix of the track ids, and (state, reason) of every file by name."""
    upload = request.param == "by upload"
    prefix = "upload" if upload else "path"
    manifest = folder / f"{prefix}.jsonl"
    lines = [{"track_id": f"{prefix}/{file.name}", "path": file.name} for file in FILES]
    manifest.write_text("\n".join(map(json.dumps, lines)))
    before = stack.state.parts["worker"]

    told = run_segue("ingest", manifest, "--json", *(["--upload"] if upload else []), stack=stack)

    assert told.code == 1, told.stderr
    after = stack.state.parts["worker"]
    assert (after.pid, after.restarts) == (before.pid, before.restarts)
    return prefix, told.json


def items(client, jobs):
    found = {}
    for job_id in jobs:
        request = catalog_service_pb2.GetIngestJobRequest(job_id=job_id, include_items=True)
        for item in client.catalog("GetIngestJob", request).items:
            found[item.track_id] = item
    return found


def test_there_are_enough_of_them():
    assert len({file.name for file in FILES}) == len(FILES) >= 60


def test_each_is_refused_with_a_reason_of_its_kind(client, outcomes, folder):
    prefix, told = outcomes
    known = items(client, told["jobs"])
    at_the_door = {failure["place"]: failure["reason"] for failure in told["failures"]}
    wrong = {}
    for file in FILES:
        item = known.get(f"{prefix}/{file.name}")
        if item is None:
            reason = at_the_door.get(str(folder / file.name))
            if reason not in file.reasons:
                wrong[file.name] = f"refused at the door: {reason}"
        elif item.state == INDEXED:
            if not file.may_decode:
                wrong[file.name] = "indexed"
        elif item.state != DEAD or item.reason not in file.reasons:
            wrong[file.name] = f"{item.state} {item.reason}, not {sorted(file.reasons)}"
    assert wrong == {}


def test_what_died_rests_among_the_dead_letters_with_its_next_step(client, outcomes):
    _, told = outcomes
    dead = {k: v.reason for k, v in items(client, told["jobs"]).items() if v.state == DEAD}
    page = client.catalog(
        "ListDeadLetters", catalog_service_pb2.ListDeadLettersRequest(page_size=1_000)
    )

    letters = [letter for letter in page.dead_letters if letter.job_id in told["jobs"]]

    assert {letter.item.track_id: letter.reason for letter in letters} == dead
    assert all(letter.next_step and letter.message for letter in letters)
    # What is wrong with a file stays wrong: it was tried once.
    retried = [letter.item.track_id for letter in letters if letter.attempts > 1]
    assert retried == []


def test_no_refused_file_left_a_vector(client, outcomes):
    _, told = outcomes
    for track_id, item in items(client, told["jobs"]).items():
        request = catalog_service_pb2.GetTrackRequest(track_id=track_id, include_vector=True)
        if item.state == DEAD:
            with pytest.raises(RemoteError) as refusal:
                client.catalog("GetTrack", request)
            assert refusal.value.reason == "TRACK_NOT_FOUND"
        else:
            vector = np.array(client.catalog("GetTrack", request).vector)
            assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-4)


def test_each_is_refused_as_a_clip_to_search_by(client):
    wrong = {}
    for file in FILES:
        clip = similarity_service_pb2.ClipSeed(audio=file.content)
        request = similarity_service_pb2.SearchSimilarTracksRequest(
            seed=similarity_service_pb2.Seed(clip=clip)
        )
        try:
            client.search(request)
        except RemoteError as refused:
            if refused.reason not in file.reasons or not refused.next_step:
                wrong[file.name] = f"{refused.reason}, not {sorted(file.reasons)}"
        else:
            if not file.may_decode:
                wrong[file.name] = "searched by"
    assert wrong == {}


def test_the_worker_goes_on(stack, run_segue, clips, outcomes):
    prefix, _ = outcomes

    answer = run_segue("ingest", clips(f"after-{prefix}", 2), "--json", stack=stack)

    assert answer.json["indexed"] == 2
