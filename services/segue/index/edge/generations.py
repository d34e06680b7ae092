"""The folder of one embedded collection: generations of the shard, and which one is live.

    <folder>/manifest.json      names the live generation; replaced atomically
    <folder>/<generation>/      the engine's own files

Whatever else lies in the folder was left by a build that did not finish, and is removed on opening.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segue.durable import sync
from segue.errors import IndexUnavailable

MANIFEST = "manifest.json"


class Generations:
    """Generations of a shard in ``folder``, which the caller has locked for itself."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._draft_path = folder / f"{MANIFEST}.draft"
        self._manifest = self._read()
        self._drafted: dict[str, Any] | None = None

    @property
    def live(self) -> Path | None:
        """Folder of the live generation, or None where nothing was created yet."""
        return None if self._manifest is None else self._folder / self._manifest["generation"]

    @property
    def properties(self) -> Mapping[str, Any]:
        """What was recorded when the live generation was created."""
        return {} if self._manifest is None else self._manifest["properties"]

    def candidate(self) -> Path:
        """Folder for a new generation, never used before: an orphaned build cannot meet it."""
        return self._folder / f"generation-{uuid.uuid4().hex}"

    def switch(self, generation: Path, properties: Mapping[str, Any]) -> None:
        """Make ``generation`` the live one: all or nothing, also when the machine stops now."""
        self.draft(generation, properties)
        self.commit()
        sync(self._folder)

    def draft(self, generation: Path, properties: Mapping[str, Any]) -> None:
        """Write the manifest that :meth:`commit` will put in place; slow, since it is synced."""
        self._drafted = {"generation": generation.name, "properties": dict(properties)}
        with self._draft_path.open("w", encoding="utf-8") as file:
            json.dump(self._drafted, file)
            file.flush()
            os.fsync(file.fileno())

    def commit(self) -> None:
        """Put the drafted manifest in place: from here on it counts, whatever dies."""
        self._draft_path.replace(self._folder / MANIFEST)
        self._manifest = self._drafted

    def sweep(self) -> None:
        """Remove what is neither the manifest nor the live generation."""
        keep = {self._folder / MANIFEST, self.live}
        for path in self._folder.iterdir():
            if path in keep:
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def _read(self) -> dict[str, Any] | None:
        path = self._folder / MANIFEST
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
            return {
                "generation": str(manifest["generation"]),
                "properties": dict(manifest["properties"]),
            }
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as exc:
            raise IndexUnavailable(
                f"{path} cannot be read",
                next_step="Restore the index folder from a backup, or remove it and ingest again.",
            ) from exc
