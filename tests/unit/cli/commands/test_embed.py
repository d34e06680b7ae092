"""``segue embed`` without --model: its vectors are for the catalogue of the data folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from click.testing import CliRunner, Result
from tritonclient.grpc import service_pb2, service_pb2_grpc

from segue.cli import main
from segue.index.schema import TRACKS, collection_name
from segue.settings import DEFAULT_MODEL
from segue.stack.folder import DataFolder, StackState


class Asked(service_pb2_grpc.GRPCInferenceServiceServicer):
    """As much of Triton as it takes to hear which model is wanted: none is ready."""

    def __init__(self) -> None:
        self.models: list[str] = []
        self.address = ""

    def ModelReady(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.models.append(request.name)
        return service_pb2.ModelReadyResponse(ready=False)


@pytest.fixture
def triton() -> Iterator[Asked]:
    asked = Asked()
    server = grpc.server(ThreadPoolExecutor(1))
    service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(asked, server)
    asked.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    yield asked
    server.stop(None).wait()


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    made = DataFolder(tmp_path / "data")
    made.prepare()
    return made


@pytest.fixture
def model_asked_for(folder: DataFolder, triton: Asked) -> Callable[..., str]:
    def ask(*words: str, environment: str | None = None) -> str:
        triton.models.clear()
        answer = embed(folder, triton.address, *words, environment=environment)
        assert "EMBEDDER_UNAVAILABLE" in answer.stderr
        (model,) = set(triton.models)
        return model

    return ask


def embed(folder: DataFolder, triton: str, *words: str, environment: str | None = None) -> Result:
    asked = ["embed", folder.root / "song.mp3", "-o", folder.root / "v.npz"]
    return CliRunner().invoke(
        main,
        [*map(str, asked), "--data", str(folder.root), "--triton", triton, *words],
        env={"SEGUE_MODEL": environment},
    )


def catalogue(folder: DataFolder, space: str) -> None:
    (folder.index / collection_name(TRACKS, space)).mkdir()


def test_a_new_folder_takes_the_default_model(model_asked_for: Callable[..., str]) -> None:
    assert model_asked_for() == DEFAULT_MODEL


def test_a_catalogue_s_model_is_taken(
    folder: DataFolder, model_asked_for: Callable[..., str]
) -> None:
    catalogue(folder, "segue-v1")
    assert model_asked_for() == "segue-1"


def test_the_running_stack_s_model_comes_first(
    folder: DataFolder, model_asked_for: Callable[..., str]
) -> None:
    catalogue(folder, "segue-v1")
    folder.write_state(StackState(1, "127.0.0.1:1", "musicnn", "cpu"))
    with folder.hold():
        assert model_asked_for() == "musicnn"
    assert model_asked_for() == "segue-1"


def test_who_names_a_model_gets_it(folder: DataFolder, model_asked_for: Callable[..., str]) -> None:
    catalogue(folder, "mine-v3")
    assert model_asked_for("--model", "genre") == "genre"
    assert model_asked_for(environment="triplet") == "triplet"


def test_a_catalogue_whose_model_is_not_there_is_not_left_in_silence(
    folder: DataFolder, triton: Asked
) -> None:
    catalogue(folder, "mine-v3")
    answer = embed(folder, triton.address)
    assert answer.exit_code == 1
    assert "MODEL_MISSING" in answer.stderr
    assert "another model with --model" in answer.stderr
    assert triton.models == []
