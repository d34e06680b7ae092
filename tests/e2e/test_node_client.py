"""A client of another language, built from the protos alone, does the main job."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import google.rpc
import pytest

from e2e.tones import write_tone
from segue.settings import DEFAULT_MODEL

pytestmark = pytest.mark.timeout(400)

HERE = Path(__file__).parent
PROTOS = HERE.parents[1] / "protos"
# google/rpc/*.proto come with the Python package of the same messages.
GOOGLE_PROTOS = Path(next(iter(google.rpc.__path__))).parents[1]


@pytest.fixture(scope="module")
def node_client(tmp_path_factory):
    """The client in a folder of its own with its packages installed.

    A machine without Node.js or without a way to a registry does without it. CI must not: there
    packages that cannot be installed are a failure.
    """
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed")
    folder = tmp_path_factory.mktemp("node")
    for name in ("package.json", "package-lock.json", ".npmrc", "client.mjs"):
        shutil.copy(HERE / "node" / name, folder)
    in_ci = bool(os.environ.get("CI"))
    if complaint := install(folder, retries=2 if in_ci else 0):
        (pytest.fail if in_ci else pytest.skip)(f"npm cannot install the client's {complaint}")
    return folder / "client.mjs"


def install(folder, *, retries):
    """Install the client's packages in its folder; what went wrong, in one line, or nothing."""
    command = ["npm", "ci", "--ignore-scripts", f"--fetch-retries={retries}"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        return "packages within two minutes"
    if done.returncode == 0:
        return ""
    said = [re.sub(r"^npm (error|ERR!)\s*", "", line) for line in done.stderr.splitlines()]
    return f"packages: {'; '.join(list(filter(None, said))[:4])}"


@pytest.fixture(scope="module")
def answer(stack, node_client, tmp_path_factory):
    """What the client saw: two low tones and two bright ones, uploaded, searched, mixed."""
    folder = tmp_path_factory.mktemp("tones")
    files = []
    for number, (kind, pitch_hz) in enumerate(
        [("nodelow", 110), ("nodelow", 112), ("nodehigh", 1_500), ("nodehigh", 1_520)]
    ):
        path = folder / f"{kind}-{number}.wav"
        write_tone(path, pitch_hz, seed=number, overtones=8 if kind == "nodelow" else 3)
        files.append(str(path))
    done = subprocess.run(
        ["node", str(node_client), stack.address, f"{PROTOS}:{GOOGLE_PROTOS}", *files],
        capture_output=True,
        text=True,
        timeout=150,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def ids(response):
    return [result["track"]["trackId"] for result in response["results"]]


def test_upload_by_stream_and_watch(answer):
    assert len({upload["jobId"] for upload in answer["uploads"]}) == 1
    assert all(len(upload["contentSha256"]) == 64 for upload in answer["uploads"])
    job = answer["watched"]["last"]
    assert job["done"]
    assert job["indexed"] + job["skipped"] == job["total"] == 4


def test_search_and_filter(answer):
    assert "nodelow-0" not in ids(answer["similar"])
    assert answer["similar"]["embeddingSpace"].startswith(f"{DEFAULT_MODEL}-v")
    assert ids(answer["filtered"]) == ["nodelow-1"]
    assert answer["filtered"]["unknownLabels"] == ["polka"]
    assert answer["filtered"]["results"][0]["track"]["metadata"]["genres"] == ["nodelow"]
    labels = {facet["label"]: facet["tracks"] for facet in answer["facets"]["genres"]}
    assert labels["nodelow"] == labels["nodehigh"] == 2


def test_pages_and_clip(answer):
    first, second = map(ids, answer["pages"])
    assert first + second == ids(answer["similar"])[:2]
    (best,) = answer["clip"]["results"]
    assert best["track"]["trackId"] == "nodelow-1"
    assert best["passage"]["endSeconds"] > best["passage"]["startSeconds"]


def test_mix(answer):
    assert answer["mixed"]["collaborativeStatus"] == "COLLABORATIVE_STATUS_USED"
    best = answer["mixed"]["results"][0]
    assert best["track"]["trackId"] == "nodehigh-3"
    assert best["collaborativeScore"] == 7


def test_errors_with_their_details(answer):
    unknown = answer["unknownTrack"]
    assert unknown["code"] == "NOT_FOUND"
    info = unknown["details"]["google.rpc.ErrorInfo"]
    assert (info["reason"], info["domain"]) == ("TRACK_NOT_FOUND", "segue")
    assert info["metadata"]["next_step"]
    assert unknown["details"]["google.rpc.ResourceInfo"]["resourceName"] == "nobody"
    for refused, field in (
        (answer["wrongWeight"], "mix.weight"),
        (answer["emptyIngest"], "items"),
    ):
        assert refused["code"] == "INVALID_ARGUMENT"
        (violation,) = refused["details"]["google.rpc.BadRequest"]["fieldViolations"]
        assert violation["field"] == field
