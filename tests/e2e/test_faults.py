"""Processes killed while 200 tracks are in flight: nothing is lost, doubled or changed.

One stack goes through all faults, each with 200 tracks of its own over the same 200 clips. Four
clips are silent: they belong to the dead letters, whatever happens.
"""

import contextlib
import os
import signal
import time
from dataclasses import dataclass

import numpy as np
import psutil
import pytest
from rich.console import Console
from rich.table import Table

from e2e.tones import CLIP_SECONDS, RATE_HZ, write_tone, write_wav
from segue.cli.client import SegueClient
from segue.cli.metrics_page import read_metrics
from segue.v1 import catalog_service_pb2, track_pb2
from waiting import until

TRACKS = 200
SILENT = frozenset({17, 71, 117, 171})
KILL_AFTER = 30
"""Finished tracks after which the fault strikes: the others are waiting or running then."""

pytestmark = pytest.mark.timeout(300)

# A worker that died between storing a track and saying so leaves it to be found unchanged.
ARRIVED = frozenset(
    {catalog_service_pb2.INGEST_STATE_INDEXED, catalog_service_pb2.INGEST_STATE_SKIPPED}
)
DEAD = catalog_service_pb2.INGEST_STATE_DEAD


@dataclass
class Run:
    """What became of the 200 tracks of one fault."""

    fault: str
    done_when_struck: int
    seconds: float
    states: dict
    listed: list
    dead_reasons: dict
    vectors: dict


@pytest.fixture(scope="module")
def audio(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    for number in range(TRACKS):
        path = folder / f"{number:03d}.wav"
        if number in SILENT:
            write_wav(path, np.zeros(int(RATE_HZ * CLIP_SECONDS)))
        else:
            pitch = 80 * 2 ** (number / 40)
            write_tone(
                path,
                pitch,
                seconds=CLIP_SECONDS + number % 5 / 4,
                seed=number,
                overtones=1 + number % 7,
            )
    return folder


@pytest.fixture(scope="module")
def faulty(start_stack, tmp_path_factory):
    return start_stack(tmp_path_factory.mktemp("faulty"))


@pytest.fixture(scope="module")
def runs(request):
    """Runs of this module so far, by fault; printed as a table at the end."""
    made = {}
    yield made
    table = Table(title=f"{TRACKS} tracks in flight, {len(SILENT)} of them silent")
    for column in ("fault", "finished before", "indexed", "dead", "lost", "doubled", "seconds"):
        table.add_column(column, justify="left" if column == "fault" else "right")
    for run in made.values():
        states = list(run.states.values())
        indexed, dead = sum(state in ARRIVED for state in states), states.count(DEAD)
        lost = TRACKS - len(set(run.listed) | set(run.dead_reasons))
        doubled = len(run.listed) - len(set(run.listed))
        numbers = (run.done_when_struck, indexed, dead, lost, doubled, f"{run.seconds:.1f}")
        table.add_row(run.fault, *map(str, numbers))
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        Console(width=100).print("", table)


def put_through(stack, audio, fault, strike):
    """Have 200 tracks ingested, strike once some are done, and tell what became of them."""
    name = fault.replace(" ", "-")
    began = time.monotonic()
    with SegueClient(stack.address, token=stack.token) as client:
        items = [
            catalog_service_pb2.IngestItem(
                track_id=f"{name}/{number:03d}", uri=(audio / f"{number:03d}.wav").as_uri()
            )
            for number in range(TRACKS)
        ]
        request = catalog_service_pb2.IngestTracksRequest(items=items)
        job_id = client.catalog("IngestTracks", request).job_id
        for change in client.watch(job_id):
            job = change.progress
            finished = sum(count for state, count in job.counts.items() if state.final)
            if finished >= KILL_AFTER:
                break
        assert not job.done, "everything was finished before the fault could strike"
    strike(stack)
    with SegueClient(stack.address, token=stack.token) as client:
        for change in client.watch(job_id):
            last = change.progress
        seconds = time.monotonic() - began
        assert last.done
        return Run(
            fault=fault,
            done_when_struck=finished,
            seconds=seconds,
            states=states_of(client, job_id),
            listed=[i for i in listed_tracks(client) if i.startswith(f"{name}/")],
            dead_reasons=dead_reasons(client, job_id),
            vectors=vectors_of(client, name),
        )


def states_of(client, job_id):
    request = catalog_service_pb2.GetIngestJobRequest(job_id=job_id, include_items=True)
    answer = client.catalog("GetIngestJob", request)
    return {item.track_id: item.state for item in answer.items}


def listed_tracks(client):
    token = ""
    while True:
        page = client.catalog(
            "ListTracks",
            catalog_service_pb2.ListTracksRequest(
                page_size=1_000, page_token=token, view=track_pb2.TRACK_VIEW_ID
            ),
        )
        yield from (track.track_id for track in page.tracks)
        token = page.next_page_token
        if not token:
            return


def dead_reasons(client, job_id):
    page = client.catalog(
        "ListDeadLetters", catalog_service_pb2.ListDeadLettersRequest(page_size=1_000)
    )
    letters = [letter for letter in page.dead_letters if letter.job_id == job_id]
    assert len({letter.item.track_id for letter in letters}) == len(letters)
    return {letter.item.track_id: letter.reason for letter in letters}


def vectors_of(client, name):
    vectors = {}
    for number in sorted(set(range(TRACKS)) - SILENT):
        answer = client.catalog(
            "GetTrack",
            catalog_service_pb2.GetTrackRequest(
                track_id=f"{name}/{number:03d}", include_vector=True, view=track_pb2.TRACK_VIEW_ID
            ),
        )
        vectors[number] = np.array(answer.vector, np.float32)
    return vectors


def kill(part):
    def strike(stack):
        os.kill(stack.state.parts[part].pid, signal.SIGKILL)

    return strike


def kill_worker_children(stack):
    for child in psutil.Process(stack.state.parts["worker"].pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):  # it may just be ending
            child.kill()


def kill_everything(stack):
    """The supervisor and all parts at once, as when the machine loses power; then start anew."""
    pids = [part.pid for part in stack.state.parts.values()]
    os.kill(stack.pid, signal.SIGKILL)
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue  # it died with its supervisor
    stack.stop()
    stack.start()


def restart(stack):
    assert stack.stop() == 0
    stack.start()


FAULTS = {
    "worker killed": kill("worker"),
    "worker processes killed": kill_worker_children,
    "Triton killed": kill("triton"),
    "queue killed": kill("queue"),
    "query killed": kill("query"),
    "stack restarted": restart,
    "stack killed": kill_everything,
}


@pytest.fixture(scope="module")
def undisturbed(faulty, audio, runs):
    run = put_through(faulty, audio, "undisturbed", lambda _: None)
    runs["undisturbed"] = run
    return run


@pytest.mark.parametrize("fault", FAULTS)
def test_every_accepted_track_ends_once_in_the_index_or_among_the_dead(
    faulty, audio, runs, undisturbed, fault
):
    run = put_through(faulty, audio, fault, FAULTS[fault])
    runs[fault] = run

    name = fault.replace(" ", "-")
    wanted = {f"{name}/{number:03d}" for number in range(TRACKS)}
    silent = {f"{name}/{number:03d}" for number in SILENT}
    assert set(run.states) == wanted
    assert {track for track, state in run.states.items() if state == DEAD} == silent
    assert {track for track, state in run.states.items() if state in ARRIVED} == wanted - silent
    assert sorted(run.listed) == sorted(wanted - silent)
    assert run.dead_reasons == dict.fromkeys(silent, "AUDIO_SILENT")
    assert run.vectors.keys() == undisturbed.vectors.keys()
    for number, vector in run.vectors.items():
        np.testing.assert_allclose(vector, undisturbed.vectors[number], atol=1e-5)


def test_passages_are_not_doubled_either(faulty, runs, undisturbed):
    """Each clip is one passage long, so there are as many passages as tracks."""
    with SegueClient(faulty.address, token=faulty.token) as client:
        tracks = len(list(listed_tracks(client)))
    assert tracks == len(runs) * (TRACKS - len(SILENT))
    metrics = faulty.state.parts["query"].metrics
    until(lambda: index_size(metrics) == (tracks, tracks))  # they are counted now and then


def index_size(metrics):
    page = read_metrics(metrics)
    return page.get("segue_index_tracks"), page.get("segue_index_segments")
