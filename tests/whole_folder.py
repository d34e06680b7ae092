"""Everything that lies in a folder which another process writes, renames and removes files in."""

from __future__ import annotations

from pathlib import Path

from waiting import until


def whole_folder(folder: Path) -> dict[Path, bytes]:
    """What each file holds, by its path, at a moment at which none came, went or changed its name.

    A file that is renamed after the folder was listed would otherwise be read under neither name.
    """

    def read() -> tuple[dict[Path, bytes]] | None:
        listed = _files(folder)
        contents = {path: path.read_bytes() for path in listed}
        return (contents,) if _files(folder) == listed else None

    (contents,) = until(read, every=0.01, not_yet=FileNotFoundError)
    return contents


def _files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}
