"""A wheel installed with [embedded] does everything from an empty folder, with no checkout."""

import json
import signal
import subprocess
import zipfile

import numpy as np
import pytest

from installed_wheel import ROOT

pytestmark = pytest.mark.timeout(900)

LARGEST_BYTES = 40_000_000
TOP_LEVEL = ("model_repository", "deploy/triton", "deploy/demo")


@pytest.fixture(scope="module")
def embedded(install_wheel):
    return install_wheel("embedded")


def test_the_wheel_is_small_and_holds_what_stands_at_the_top_level(wheel):
    assert wheel.stat().st_size <= LARGEST_BYTES
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if name.startswith("segue/resources/")}
    tracked = subprocess.run(
        ["git", "-C", ROOT, "ls-files", *TOP_LEVEL], capture_output=True, text=True, check=False
    )
    if tracked.returncode != 0:
        pytest.skip("not a git checkout: what belongs into the wheel is not known")
    assert held == {f"segue/resources/{name}" for name in tracked.stdout.splitlines()}


def test_the_demo_runs(embedded):
    told = embedded.run("segue", "demo")
    assert "Fetching the inference server" in told
    assert "56 indexed" in told
    assert "Everything is stopped" in told


def test_the_version_names_model_and_parts(embedded):
    told = embedded.run("segue", "--version")
    assert "default model segue-v3" in told
    assert "Triton        2.51, from nvidia-pytriton" in told
    assert "NumPy         2." in told
    assert "PyTorch       not installed" in told


def test_a_stack_comes_up_in_the_default_folder_and_embeds(embedded):
    with subprocess.Popen(
        [embedded.environment / "bin" / "segue", "up", "--json", "--port-base", "0"],
        cwd=embedded.folder,
        env=embedded.variables,
        stdout=subprocess.PIPE,
        text=True,
    ) as stack:
        try:
            events = map(json.loads, stack.stdout)
            ready = next(event for event in events if event["event"] in ("ready", "error"))
            assert ready["event"] == "ready"
            status = json.loads(embedded.run("segue", "status", "--json"))
            assert status["healthy"]
            assert (embedded.folder.parent / "share" / "segue" / "stack.json").is_file()
        finally:
            stack.send_signal(signal.SIGINT)
            stack.communicate()
    assert stack.returncode == 0
    excerpt = ROOT / "deploy" / "demo" / "excerpt.mp3"
    embedded.run("segue", "embed", excerpt, "--output", "vectors.npz")
    with np.load(embedded.folder / "vectors.npz") as arrays:
        assert np.linalg.norm(arrays["vectors"][0]) == pytest.approx(1, abs=1e-4)
