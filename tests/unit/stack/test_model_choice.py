"""A catalogue stays with the model that made it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from segue.index.schema import SEGMENTS, TRACKS, collection_name
from segue.resources import resource_folder
from segue.stack.folder import DataFolder
from segue.stack.model_choice import ModelMissing, model_of

REPOSITORY = resource_folder("model_repository")


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    made = DataFolder(tmp_path / "data")
    made.prepare()
    return made


def catalogue(folder: DataFolder, space: str, opened: float) -> None:
    for kind in (TRACKS, SEGMENTS):
        (folder.index / collection_name(kind, space)).mkdir()
    lock = folder.index / f"{space}.lock"
    lock.touch()
    os.utime(lock, (opened, opened))


def test_a_new_folder_takes_the_default_model(folder: DataFolder) -> None:
    assert model_of(folder, REPOSITORY) == "segue"


@pytest.mark.parametrize(
    ("space", "model"),
    [
        ("segue-v1", "segue-1"),
        ("segue-v2", "segue-2"),
        ("segue-v3", "segue"),
        ("contrastive-v2", "contrastive"),
    ],
)
def test_a_catalogue_goes_on_with_its_model(folder: DataFolder, space: str, model: str) -> None:
    catalogue(folder, space, 100.0)
    assert model_of(folder, REPOSITORY) == model


def test_of_several_the_one_that_was_opened_last_goes_on(folder: DataFolder) -> None:
    catalogue(folder, "segue-v2", 100.0)
    catalogue(folder, "genre-v3", 300.0)
    catalogue(folder, "segue-v1", 200.0)
    assert model_of(folder, REPOSITORY) == "genre"


def test_a_catalogue_whose_model_is_not_there_is_not_left_in_silence(folder: DataFolder) -> None:
    catalogue(folder, "segue-v1", 50.0)
    catalogue(folder, "mine-v3", 100.0)
    with pytest.raises(ModelMissing) as refused:
        model_of(folder, REPOSITORY)
    assert "'mine-v3'" in str(refused.value)
    assert "--model segue-1" in refused.value.next_step
