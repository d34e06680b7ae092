"""Catalogues of one stack by name: collections of tracks that never see each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from segue.errors import CatalogueUnknown

DEFAULT_CATALOGUE = ""
"""Name of the catalogue that every stack has."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_RESERVED = "default"
"""Nobody can tell it from the one that has no name."""


def is_catalogue_name(name: str) -> bool:
    """Whether a catalogue besides the default one may be called so."""
    return _NAME.fullmatch(name) is not None and name != _RESERVED


def in_words(name: str) -> str:
    """What a catalogue is called in a sentence."""
    return f"the catalogue {name!r}" if name else "the catalogue"


def catalogue_folder(folder: Path, catalogue: str) -> Path:
    """Where a catalogue's files lie: the default one's in the folder itself, others' below it."""
    return folder / "catalogues" / catalogue if catalogue else folder


@dataclass(frozen=True, slots=True)
class Catalogues:
    """The catalogues that there are: the default one, and those that the operator names.

    Attributes
    ----------
    named
        Names of the others, each once.
    """

    named: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str) -> Catalogues:
        """Read names with commas between them. Raises ``ValueError`` where one cannot be a name."""
        names = [part.strip() for part in text.split(",") if part.strip()]
        for name in names:
            if not is_catalogue_name(name):
                raise ValueError(
                    f"{name!r} is no name of a catalogue: take at most 63 of a-z, 0-9 and -, "
                    f"begin with a letter or digit, and not {_RESERVED!r}"
                )
        return cls(tuple(dict.fromkeys(names)))

    def __iter__(self) -> Iterator[str]:
        """Names of all, the default one's first."""
        return iter((DEFAULT_CATALOGUE, *self.named))

    def checked(self, name: str) -> str:
        """The name of one of them, as it was given.

        Raises
        ------
        CatalogueUnknown
            When there is none of that name.
        """
        if name == DEFAULT_CATALOGUE or name in self.named:
            return name
        there = ", ".join((*self.named, "and the default one, which has no name"))
        called = f" {name!r}" if is_catalogue_name(name) else " of such a name"
        raise CatalogueUnknown(
            f"there is no catalogue{called}: "
            + (f"there are {there}" if self.named else "there is only the default one")
        )


ONLY_DEFAULT = Catalogues()
"""Those of a stack whose operator names none."""
