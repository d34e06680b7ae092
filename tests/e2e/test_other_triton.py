"""A stack whose inference server runs elsewhere, as on a machine without one of its own."""

import pytest

from segue.settings import DEFAULT_MODEL
from segue.stack.triton import TritonServer, plan_launch

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def triton(tmp_path_factory):
    folder = tmp_path_factory.mktemp("triton")
    with TritonServer(plan_launch(folder, models=[DEFAULT_MODEL]), folder / "log") as server:
        yield server.launch.grpc_url


@pytest.mark.parametrize("by", ["option", "variable"])
def test_a_stack_uses_the_server_that_is_named(by, triton, start_stack, clips, run_segue, tmp_path):
    manifest = clips(by, 4)
    words = ("--triton", triton) if by == "option" else ()
    stack = start_stack(tmp_path, *words, SEGUE_TRITON_URL="" if words else triton)

    assert set(stack.state.parts) == {"queue", "query", "worker", "web"}
    assert stack.state.device in ("cpu", "gpu")
    assert run_segue("ingest", manifest, stack=stack).code == 0
    answer = run_segue("search", "--track", f"{by}-000", "--json", stack=stack)
    assert answer.json["results"][0]["track"]["track_id"] == f"{by}-002"
    # A command that looks for the stack's own inference server starts one instead.
    vectors = tmp_path / "vectors.npz"
    song = manifest.parent / f"{by}-000.wav"
    assert run_segue("embed", song, "-o", vectors, stack=stack).code == 0


def test_a_server_that_does_not_answer_is_named(tmp_path, run_segue):
    answer = run_segue("up", "--data", tmp_path, "--triton", "127.0.0.1:9")
    assert answer.code == 3
    (line,) = answer.stderr.splitlines()
    assert "[EMBEDDER_UNAVAILABLE]" in line
    assert "an inference server at 127.0.0.1:9 that serves segue" in line


def test_a_model_that_the_server_lacks_is_named(triton, tmp_path, run_segue):
    answer = run_segue("up", "--data", tmp_path, "--triton", triton, "--model", "tinny")
    assert answer.code == 3
    assert "serves tinny" in answer.stderr


def test_a_repository_belongs_to_an_embedded_server(triton, tmp_path, run_segue):
    answer = run_segue("up", "--data", tmp_path, "--triton", triton, "--repository", tmp_path)
    assert answer.code == 2
    assert "--repository" in answer.stderr
