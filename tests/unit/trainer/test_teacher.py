"""The teacher: found by name, told by its graph, refused when it is another network."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from segue.errors import DependencyMissing, ModelMisconfigured
from segue.resources import resource_folder
from segue.trainer.teacher import find_teacher


def test_the_shipped_teacher_is_the_published_musicnn() -> None:
    teacher = find_teacher("musicnn")
    assert len(teacher.sha256) == 64
    assert not teacher.network().training


def test_a_teacher_that_is_not_there_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DependencyMissing, match="'musicnn' is not in") as caught:
        find_teacher("musicnn", tmp_path)
    assert caught.value.reason == "TEACHER_MISSING"
    assert "segue musicnn" in caught.value.next_step


def test_its_newest_version_teaches(tmp_path: Path) -> None:
    for version, content in (("1", b"older"), ("2", b"newer")):
        (tmp_path / "musicnn" / version).mkdir(parents=True)
        (tmp_path / "musicnn" / version / "model.onnx").write_bytes(content)
    teacher = find_teacher("musicnn", tmp_path)
    assert teacher.path == tmp_path / "musicnn" / "2" / "model.onnx"
    assert teacher.sha256 == hashlib.sha256(b"newer").hexdigest()


@pytest.mark.parametrize("graph", ["another network", "damaged"])
def test_a_graph_of_something_else_is_refused(graph: str, tmp_path: Path) -> None:
    path = tmp_path / "other" / "1" / "model.onnx"
    path.parent.mkdir(parents=True)
    if graph == "damaged":
        path.write_bytes(b"\xffcut sh")
    else:
        shutil.copy(resource_folder("model_repository/contrastive") / "2" / "model.onnx", path)
    with pytest.raises(ModelMisconfigured, match="not the published MusiCNN") as caught:
        find_teacher("other", tmp_path).network()
    assert "segue musicnn" in caught.value.next_step
