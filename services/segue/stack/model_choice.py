"""Which model a data folder's catalogue was made with: it stays until its owner says otherwise."""

from __future__ import annotations

from pathlib import Path

from segue.embedding.configuration import newest_version, read_configuration_file
from segue.errors import ModelMisconfigured, SegueError
from segue.index.schema import TRACKS, collection_name
from segue.settings import DEFAULT_MODEL
from segue.stack.folder import DataFolder


class ModelMissing(SegueError):
    """A catalogue's model is not there any more."""

    reason = "MODEL_MISSING"


def model_of(folder: DataFolder, repository: Path) -> str:
    """The model that goes on with the folder's catalogue; the default one for a new folder.

    Of several catalogues it is the one that was opened last.

    Parameters
    ----------
    repository
        Model repository whose models are looked through.

    Raises
    ------
    ModelMissing
        When no model there goes on with that catalogue.
    """
    spaces = _spaces(folder)
    if not spaces:
        return DEFAULT_MODEL
    known = _models_by_space(repository)
    if spaces[0] not in known:
        others = [known[space] for space in spaces if space in known]
        raise ModelMissing(
            f"the catalogue in {folder.root} is of the space {spaces[0]!r}, which no model in "
            f"{repository} makes",
            next_step=f"Name a repository that has its model with --repository. With --model "
            f"{next(iter(others), DEFAULT_MODEL)} it stays as it is, beside another catalogue.",
        )
    return known[spaces[0]]


def _spaces(folder: DataFolder) -> list[str]:
    """Embedding spaces of the folder's catalogues, the one that was opened last first."""
    prefix = collection_name(TRACKS, "x").removesuffix("x")
    found = {
        path.name.removeprefix(prefix): folder.index / f"{path.name.removeprefix(prefix)}.lock"
        for path in folder.index.glob(f"{prefix}*")
    }
    opened = {
        space: lock.stat().st_mtime if lock.exists() else 0.0 for space, lock in found.items()
    }
    return sorted(opened, key=lambda space: (-opened[space], space))


def _models_by_space(repository: Path) -> dict[str, str]:
    found = {}
    for path in sorted(repository.glob("*/config.pbtxt")):
        try:
            card = read_configuration_file(path, newest_version(path.parent)).card
        except ModelMisconfigured:
            continue  # it is told of when it is asked for
        found[card.space] = path.parent.name
    return found
