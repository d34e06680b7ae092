"""The teacher of a student: the published MusiCNN in a model repository."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from google.protobuf.message import DecodeError

from segue.embedding.configuration import newest_version
from segue.errors import DependencyMissing, ModelMisconfigured
from segue.resources import resource_folder
from segue.trainer.networks.musicnn import PublishedMusicnn
from segue.trainer.networks.musicnn_pruning import read_published

_NEXT_STEP = "Make it with `segue musicnn`, or name a model made so as teacher.model."


@dataclass(frozen=True, slots=True)
class Teacher:
    """A graph of the published networks.

    Attributes
    ----------
    model
        Its name in the repository.
    sha256
        Hex digest of the graph: what depends on the teacher depends on this.
    """

    model: str
    path: Path
    sha256: str

    def network(self) -> PublishedMusicnn:
        """The networks with their weights, ready to answer.

        Raises
        ------
        ModelMisconfigured
            When the graph is of another network.
        """
        try:
            return read_published(self.path)
        except (ModelMisconfigured, DecodeError) as exc:
            raise ModelMisconfigured(
                f"{self.path} is not the published MusiCNN", next_step=_NEXT_STEP
            ) from exc


def find_teacher(model: str, repository: Path | None = None) -> Teacher:
    """The teacher of that name.

    Parameters
    ----------
    repository
        The one that comes with Segue when not given.

    Raises
    ------
    DependencyMissing
        When it is not there.
    """
    folder = resource_folder("model_repository") if repository is None else repository
    try:
        path = folder / model / str(newest_version(folder / model)) / "model.onnx"
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except (ModelMisconfigured, OSError) as exc:
        raise DependencyMissing(
            f"the teacher {model!r} is not in {folder}",
            reason="TEACHER_MISSING",
            next_step=_NEXT_STEP,
        ) from exc
    return Teacher(model, path, digest)
