"""Two models of different shape: served together, chosen by name, each with a space of its own."""

import os
import shutil
import signal

import grpc
import pytest
from tritonclient.grpc import service_pb2, service_pb2_grpc

from segue.resources import resource_folder
from segue.settings import DEFAULT_MODEL
from small_model import DIMENSION, GENRES, MOODS, write_small_model

pytestmark = pytest.mark.timeout(400)

SHIPPED = f"{DEFAULT_MODEL}-v3"


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A shipped model and a user's own; a third one, which nobody asks for, is broken."""
    folder = tmp_path_factory.mktemp("repository")
    shipped = resource_folder("model_repository") / DEFAULT_MODEL
    shutil.copytree(shipped, folder / DEFAULT_MODEL)
    write_small_model(folder)
    broken = write_small_model(folder, "unfinished")
    (broken / "1" / "model.onnx").write_bytes(b"not yet")
    return folder


def found(run_segue, stack, *words):
    answer = run_segue("search", *words, "--json", stack=stack)
    assert answer.code == 0, answer.stderr
    return answer.json["embedding_space"], [
        (result["track"]["track_id"], result["score"]) for result in answer.json["results"]
    ]


def serves(stack, model):
    with grpc.insecure_channel(stack.state.parts["triton"].address) as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        request = service_pb2.ModelReadyRequest(name=model)
        return stub.ModelReady(request, timeout=60).ready


def test_a_model_of_ones_own_and_a_shipped_one_take_turns(
    repository, start_stack, clips, run_segue, tmp_path
):
    data = tmp_path / "data"
    manifest = clips("two", 6)

    first = start_stack(data, "--repository", str(repository))
    assert run_segue("ingest", manifest, stack=first).code == 0
    space, before = found(run_segue, first, "--track", "two-000")
    assert space == SHIPPED
    assert not serves(first, "tiny")
    assert not serves(first, "unfinished")
    words = ("--title", "Right", "--clear", "moods", "--json")
    corrected = run_segue("edit", "two-000", *words, stack=first).json["track"]
    first.stop()

    second = start_stack(data, "--repository", str(repository), "--model", "tiny")
    status = run_segue("status", "--json", stack=second).json
    assert (status["model"], status["space"], status["tracks"]) == ("tiny", "tiny-v1", 0)
    missing = run_segue("search", "--track", "two-000", stack=second)
    assert missing.code == 1
    assert "no track 'two-000' in the catalogue of tiny-v1" in missing.stderr
    assert "ingest the tracks again" in missing.stderr

    again = run_segue("ingest", manifest, "--json", stack=second)
    assert (again.json["indexed"], again.json["skipped"]) == (6, 0), again.stdout
    space, answers = found(run_segue, second, "--track", "two-000")
    assert space == "tiny-v1"
    assert {track for track, _ in answers[:2]} == {"two-002", "two-004"}
    told = run_segue("track", "two-000", "--json", stack=second).json
    assert told["embedding_space"] == "tiny-v1"
    genres, moods = (
        {one["label"]: one["probability"] for one in told["track"][f"predicted_{kind}"]}
        for kind in ("genres", "moods")
    )
    assert set(genres) == set(GENRES)
    assert set(moods) == set(MOODS)
    assert sum(genres.values()) == pytest.approx(1, abs=1e-4)
    assert told["track"]["predicted_genres"][0]["label"] == "bass"
    shown = run_segue("track", "two-000", stack=second).stdout
    assert "predicted genres" in shown
    assert "% █" in shown

    # What was corrected under the model before is known to the new one.
    assert told["track"]["metadata"] == corrected["metadata"]
    assert told["track"]["metadata"]["title"] == "Right"
    assert told["track"]["metadata"]["moods"] == []
    assert told["track"]["field_sources"] == corrected["field_sources"]
    reset = run_segue("edit", "two-000", "--reset", "all", "--json", stack=second).json["track"]
    assert (reset["metadata"]["title"], reset["metadata"]["moods"]) == ("Tone 0", ["calm"])
    run_segue("edit", "two-000", "--title", "Right again", stack=second)

    # Filters go by the labels that were given, whatever the model predicts.
    assert told["track"]["metadata"]["genres"] == ["two low"]
    _, given = found(run_segue, second, "--track", "two-000", "--genre", "two high")
    assert {track for track, _ in given} == {"two-001", "two-003", "two-005"}
    assert found(run_segue, second, "--track", "two-000", "--genre", "bass") == ("tiny-v1", [])
    second.stop()

    # The folder stays with the model that it had last, until another is asked for.
    third = start_stack(data, "--repository", str(repository))
    assert found(run_segue, third, "--track", "two-000") == ("tiny-v1", answers)
    third.stop()

    fourth = start_stack(data, "--repository", str(repository), "--model", DEFAULT_MODEL)
    space, after = found(run_segue, fourth, "--track", "two-000")
    assert space == SHIPPED
    told = run_segue("track", "two-000", "--json", stack=fourth).json["track"]
    assert (told["metadata"]["title"], told["metadata"]["moods"]) == ("Right again", ["calm"])
    # Tones of a kind are nearly equal: the scores decide, not the order among them.
    assert dict(after) == pytest.approx(dict(before), abs=1e-5)


def test_embed_takes_a_further_model_that_the_stack_serves(
    repository, start_stack, clips, run_segue, tmp_path
):
    manifest = clips("any", 1)
    song = manifest.parent / "any-000.wav"
    stack = start_stack(tmp_path / "data", "--repository", str(repository), "--also-serve", "tiny")
    assert serves(stack, "tiny")
    os.kill(stack.state.parts["triton"].pid, signal.SIGKILL)
    stack.wait_for("part_died", part="triton")
    stack.wait_for("part_ready", part="triton")
    assert serves(stack, "tiny")

    answer = run_segue(
        "embed", song, "-o", tmp_path / "v.npz", "--model", "tiny", "--json", stack=stack
    )

    assert answer.code == 0, answer.stderr
    assert answer.json["space"] == "tiny-v1"


@pytest.mark.parametrize("option", ["--model", "--also-serve"])
def test_a_model_that_the_repository_lacks_is_named(option, repository, tmp_path, run_segue):
    answer = run_segue(
        *("up", "--data", tmp_path, "--port-base", "0"),
        *("--repository", repository, option, "tinny"),
    )

    assert answer.code == 1
    assert f"no model 'tinny' in {repository}" in answer.stderr
    assert "tiny" in answer.stderr


def test_embed_starts_a_server_over_a_repository(repository, clips, run_segue, tmp_path):
    song = clips("alone", 1).parent / "alone-000.wav"

    answer = run_segue(
        *("embed", song, "-o", tmp_path / "v.npz", "--data", tmp_path / "none", "--json"),
        *("--repository", repository, "--model", "tiny"),
    )

    assert answer.code == 0, answer.stderr
    assert answer.json["space"] == "tiny-v1"
    assert DIMENSION == 16
