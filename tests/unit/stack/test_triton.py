"""Preparing the embedded inference server, without starting it."""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path

import pytest

from segue.errors import DependencyMissing, ModelMisconfigured
from segue.resources import resource_folder
from segue.stack.triton import plan_launch


def test_the_prepared_folder_holds_python_backend_stub_and_own_backends(tmp_path: Path) -> None:
    launch = plan_launch(tmp_path, models=["contrastive"])
    backends = tmp_path / "backends"
    assert (backends / "python" / "libtriton_python.so").is_file()
    assert os.access(backends / "python" / "triton_python_backend_stub", os.X_OK)
    own = resource_folder("deploy/triton") / "backends" / "onnxruntime" / "model.py"
    assert (backends / "onnxruntime" / "model.py").read_text() == own.read_text()
    assert "--backend-directory=backends" in launch.command
    (repository,) = (
        launch.folder / word.partition("=")[2]
        for word in launch.command
        if word.startswith("--model-repository=")
    )
    assert [path.name for path in repository.iterdir()] == ["contrastive"]
    assert (repository / "contrastive" / "config.pbtxt").is_file()
    assert os.access(launch.command[0], os.X_OK)


def test_only_the_models_that_are_asked_for_now_are_served(tmp_path: Path) -> None:
    plan_launch(tmp_path, models=["contrastive", "genre"])
    launch = plan_launch(tmp_path, models=["segue"])
    assert [path.name for path in (tmp_path / "served_models").iterdir()] == ["segue"]
    assert "--model-control-mode=none" in launch.command


def test_a_socket_is_all_that_takes_requests(tmp_path: Path) -> None:
    launch = plan_launch(tmp_path, models=["contrastive"], metrics_port=41_234)
    assert launch.grpc_url == f"unix:{tmp_path}/triton.sock:0"
    assert launch.metrics_url == "http://127.0.0.1:41234/metrics"
    assert "--allow-http=false" in launch.command
    elsewhere = plan_launch(tmp_path, models=["contrastive"], sockets=tmp_path / "sockets")
    assert elsewhere.grpc_url == f"unix:{tmp_path}/sockets/triton.sock:0"
    assert elsewhere.metrics_url.endswith(":0/metrics") is False


def test_the_stub_finds_the_packages_of_this_environment(tmp_path: Path) -> None:
    environment = plan_launch(tmp_path, models=["contrastive"]).environment
    first = Path(environment["PATH"].split(os.pathsep)[0])
    assert (first / "python3").exists()
    assert first == Path(sysconfig.get_path("scripts"))


def test_a_python_without_shared_library_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = sysconfig.get_config_var
    static = {"INSTSONAME": "libpython3.11.a", "LIBDIR": "/nowhere"}
    monkeypatch.setattr(sysconfig, "get_config_var", lambda name: static.get(name, real(name)))
    with pytest.raises(DependencyMissing, match="libpython") as caught:
        plan_launch(tmp_path, models=["contrastive"])
    assert "--enable-shared" in caught.value.next_step


def test_a_python_without_a_stub_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segue.stack.triton._python_version", lambda: "3.99")
    with pytest.raises(DependencyMissing, match=r"3\.99") as caught:
        plan_launch(tmp_path, models=["contrastive"])
    assert "3.11" in caught.value.next_step


def test_a_model_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(ModelMisconfigured, match="no model 'mine' in") as caught:
        plan_launch(tmp_path, models=["mine"])
    assert "contrastive" in str(caught.value)
