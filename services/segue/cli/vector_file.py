"""A vector to search by, from a file: of ``numpy.save``, or of ``segue embed``."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from zipfile import BadZipFile

import numpy as np

from segue.errors import InvalidVector, SourceNotReadable, SourceUnavailable
from segue.permissions import unreadable
from segue.tracks import Matrix
from segue.v1.similarity_service_pb2 import EmbeddingSeed

T = TypeVar("T")

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class NamedVectors:
    """What ``segue embed`` wrote of n files: names as given, vectors of shape (n, dimension)."""

    names: list[str]
    vectors: Matrix
    space: str


def read_vector(path: Path, file: str | None = None) -> EmbeddingSeed:
    """Read one vector, with its space where the file says it.

    Parameters
    ----------
    file
        Of an archive of several vectors: the embedded file whose vector is wanted, as it was named
        to ``segue embed``, or by its last part alone where only one is called so.

    Raises
    ------
    InvalidVector
        When the file is neither, holds no vector, or it is not clear which.
    SourceNotReadable
        When this user may not read the file.
    SourceUnavailable
        When the share or disk that it lies on fails.
    """

    def chosen(loaded: Any) -> EmbeddingSeed:
        if isinstance(loaded, np.ndarray):
            vector, space = _only_vector(path, loaded, file), ""
        else:
            vector, space = _from_archive(path, loaded, file)
        return EmbeddingSeed(values=np.asarray(vector, np.float32).tolist(), space=space)

    return _read(path, chosen)


def read_vectors(path: Path) -> NamedVectors:
    """Read all vectors of an archive of ``segue embed``.

    Raises
    ------
    InvalidVector
        When the file is none, or a vector in it is not finite.
    SourceNotReadable, SourceUnavailable
        As :func:`read_vector`.
    """

    def every(loaded: Any) -> NamedVectors:
        if isinstance(loaded, np.ndarray):
            raise InvalidVector(
                f"{path} names no files", next_step="Write the vectors with segue embed."
            )
        return _named_vectors(path, loaded)

    found = _read(path, every)
    if not np.isfinite(found.vectors).all():
        raise InvalidVector(f"{path} holds vectors that are not finite")
    return found


def _read(path: Path, use: Callable[[Any], T]) -> T:
    try:
        # Opened here: numpy leaves a broken archive open.
        with path.open("rb") as opened:
            return use(np.load(opened, allow_pickle=False))
    except OSError as exc:
        failure = unreadable(path, exc, by_command=True)
        # Of an archive that is damaged too: a decompressor's error has no number.
        if exc.errno and isinstance(failure, SourceNotReadable | SourceUnavailable):
            raise failure from exc
        raise _no_vector(path, exc) from exc
    except (BadZipFile, EOFError, TypeError, ValueError, zlib.error) as exc:
        raise _no_vector(path, exc) from exc


def _no_vector(path: Path, why: Exception) -> InvalidVector:
    return InvalidVector(
        f"{path} is no .npy array and no archive of segue embed: {why}",
        next_step="Save the vector with numpy.save, or write it with segue embed.",
    )


def _only_vector(path: Path, array: Any, file: str | None) -> Any:
    if file is not None:
        raise InvalidVector(
            f"{path} is no archive of segue embed: it names no files",
            next_step="Leave out --vector-of.",
        )
    if array.size != max(array.shape, default=0):
        raise InvalidVector(
            f"{path} holds no single vector", next_step="Save one vector of shape (dimension,)."
        )
    return array.ravel()


def _from_archive(path: Path, archive: Mapping[str, Any], file: str | None) -> tuple[Any, str]:
    known = _named_vectors(path, archive)
    names, vectors = known.names, known.vectors
    chosen = range(len(names)) if file is None else _places(names, file)
    if len(chosen) != 1:
        listed = ", ".join(names[:_MOST_NAMED]) + (" ..." if len(names) > _MOST_NAMED else "")
        what = "vectors" if file is None else f"vectors of {file!r}"
        raise InvalidVector(
            f"{path} holds {len(chosen)} {what}: its files are {listed or 'none'}",
            next_step="Choose one of the files with --vector-of.",
        )
    return vectors[chosen[0]], known.space


def _named_vectors(path: Path, archive: Mapping[str, Any]) -> NamedVectors:
    missing = [name for name in ("files", "vectors", "space") if name not in archive]
    if missing:
        raise InvalidVector(
            f"{path} is no archive of segue embed: it has no array {missing[0]!r}",
            next_step="Write it with segue embed, or save one vector with numpy.save.",
        )
    names, vectors = [str(name) for name in archive["files"].ravel()], archive["vectors"]
    if vectors.ndim != 2 or len(vectors) != len(names):
        raise InvalidVector(
            f"{path} holds {len(names)} names and vectors of shape {vectors.shape}",
            next_step="Write it again with segue embed.",
        )
    return NamedVectors(names, np.asarray(vectors, np.float32), str(archive["space"]))


def _places(names: list[str], file: str) -> list[int]:
    """Where the vectors of a file stand: under its whole name, else under its last part."""
    exact = [place for place, name in enumerate(names) if name == file]
    if exact:
        return exact[:1]
    return [place for place, name in enumerate(names) if Path(name).name == file]
