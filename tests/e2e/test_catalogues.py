"""Two catalogues of one stack, from the command line: filled at the same time, and kept apart."""

import os
import signal

import pytest

from segue.cli.client import SegueClient
from segue.v1 import catalog_service_pb2

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def shops(start_stack, tmp_path_factory):
    """A stack with two catalogues beside the default one, of which one stays empty."""
    data = tmp_path_factory.mktemp("shops")
    return start_stack(data, "--catalogue", "archive", "--catalogue", "test")


@pytest.fixture(scope="module")
def filled(shops, run_segue, clips):
    """Tracks of one manifest in the default catalogue, of another one in the archive.

    The worker is killed while it has some of both.
    """
    jobs = []
    for name, chosen in (("own", ()), ("old", ("--catalogue", "archive"))):
        words = ("ingest", clips(name, 4), "--no-watch", "--json", *chosen)
        sent = run_segue(*words, stack=shops)
        assert sent.code == 0, sent.stderr
        jobs += [(sent.json["jobs"][0], chosen)]
    os.kill(shops.state.parts["worker"].pid, signal.SIGKILL)
    for job, chosen in jobs:
        watched = run_segue("watch", job, "--json", *chosen, stack=shops)
        assert watched.code == 0, watched.stderr
    return shops


def track_ids(told):
    assert told.code == 0, told.stderr
    return {track["track_id"] for track in told.json["tracks"]}


def test_each_catalogue_lists_and_searches_its_own(filled, run_segue):
    for name, chosen in (("own", ()), ("old", ("--catalogue", "archive"))):
        own = {f"{name}-{number:03d}" for number in range(4)}
        assert track_ids(run_segue("tracks", "--json", *chosen, stack=filled)) == own
        searched = run_segue("search", "--track", f"{name}-000", "--json", *chosen, stack=filled)
        assert searched.code == 0, searched.stderr
        found = [one["track"]["track_id"] for one in searched.json["results"]]
        assert found[0] == f"{name}-002", "the other low tone"
        assert set(found) == own - {f"{name}-000"}
        listed = run_segue("jobs", "list", "--json", *chosen, stack=filled)
        assert [job["total"] for job in listed.json["jobs"]] == [4]
    assert track_ids(run_segue("tracks", "--json", "--catalogue", "test", stack=filled)) == set()


def test_what_stands_in_another_catalogue_is_not_there(filled, run_segue):
    for words, variables in ((("own-000", "--catalogue", "archive"), {}),
                             (("own-000",), {"SEGUE_CATALOGUE": "archive"}),
                             (("old-000",), {})):  # fmt: skip
        told = run_segue("track", *words, "--json", stack=filled, **variables)
        assert (told.code, told.json["error"]["reason"]) == (1, "TRACK_NOT_FOUND")


def test_a_name_that_nobody_gave_is_refused_with_those_there_are(filled, run_segue):
    told = run_segue("tracks", "--catalogue", "tset", "--json", stack=filled)
    assert told.code == 1
    assert told.json["error"]["reason"] == "CATALOGUE_UNKNOWN"
    assert "archive, test" in told.json["error"]["message"]
    assert run_segue("tracks", "--catalogue", "no.name", stack=filled).code == 2


def test_an_upload_stays_for_as_long_as_one_catalogue_uses_it(filled, run_segue, clips):
    """The same content, by the same id, in two catalogues."""
    file = clips("both", 1).parent / "both-000.wav"
    for chosen in ((), ("--catalogue", "archive")):
        sent = run_segue("ingest", "--upload", file, "--json", *chosen, stack=filled)
        assert sent.code == 0, sent.stderr
    (track_id,) = {
        track
        for track in track_ids(run_segue("tracks", "--json", stack=filled))
        if track.startswith("sha256-")
    }
    assert run_segue("delete", track_id, "--json", stack=filled).code == 0
    with SegueClient(filled.address, token=filled.token, catalogue="archive") as client:
        uses = client.catalog("ListKeptUploads", catalog_service_pb2.ListKeptUploadsRequest())
        assert [use.track_id for use in uses.uploads] == [track_id]
        assert uses.files == 1
    with SegueClient(filled.address, token=filled.token) as client:
        uses = client.catalog("ListKeptUploads", catalog_service_pb2.ListKeptUploadsRequest())
        assert list(uses.uploads) == []
    exported = run_segue("track", track_id, "--json", "--catalogue", "archive", stack=filled)
    assert exported.code == 0, exported.stderr
