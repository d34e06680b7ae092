"""Licence and copyright holders of a file, from the copyright file of its Debian package.

The format is Debian's machine-readable one, version 1.0 (DEP-5): stanzas of fields, those with
``Files`` naming paths of the *source* package. An installed path ends as its source path does, but
begins otherwise (``data/music/a.ogg`` becomes ``usr/share/games/x/data/music/a.ogg`` or
``usr/share/x/music/a.ogg``), so patterns are compared from the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

_FORMAT = re.compile(r"https?://\S*(copyright-format|dep/?5)", re.IGNORECASE)
_YEARS = re.compile(
    r"^(?:(?:copyright|\(c\)|©)[\s:,]*)*(?:[\d?]{2,4}(?:\s*[-–,]\s*|\s+|$))*", re.IGNORECASE
)
_INSTALLED = re.compile(r"^usr/(?:share|lib)/(?:games/)?[^/]+/")
_FEWEST_LETTERS = 3
_CONTACT = re.compile(r"<[^>]*>|\([^)]*@[^)]*\)|https?://\S+")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a copyright file says of a file.

    Attributes
    ----------
    licence
        Short name, such as ``CC-BY-SA-3.0``.
    holders
        Copyright holders without years and addresses.
    names_file
        A pattern names the file, not only a folder: the holders made this file.
    """

    licence: str
    holders: tuple[str, ...]
    names_file: bool


@dataclass(frozen=True, slots=True)
class _Stanza:
    patterns: tuple[str, ...]
    terms: Terms


class CopyrightFile:
    """A machine-readable copyright file.

    Raises
    ------
    ValueError
        When the text is not in the format, or no stanza has both ``Files`` and ``License``.
    """

    def __init__(self, text: str) -> None:
        stanzas = list(_stanzas(text))
        if not stanzas or not _FORMAT.search(stanzas[0].get("format", "")):
            raise ValueError("not a machine-readable copyright file")
        self._stanzas = [
            _files_stanza(fields)
            for fields in stanzas
            if fields.get("files", "").split() and fields.get("license", "").strip()
        ]
        if not self._stanzas:
            raise ValueError("no stanza says which licence its files have")

    def terms(self, path: str) -> Terms | None:
        """Terms of an installed path: of the closest pattern, and of the last among equals.

        None when no stanza covers it.
        """
        best: tuple[int, Terms] | None = None
        for stanza in self._stanzas:
            for pattern in stanza.patterns:
                closeness = _closeness(path, pattern)
                if closeness is not None and (best is None or closeness >= best[0]):
                    names_file = pattern.rpartition("/")[2] != "*"
                    best = closeness, replace(stanza.terms, names_file=names_file)
        return None if best is None else best[1]


def _closeness(path: str, pattern: str) -> int | None:
    """How many literal characters of ``pattern`` the end of ``path`` matches; None: it does not.

    Where the package is installed says nothing: its name is that of a source folder, too. Folders
    at the beginning of a pattern may have other names once installed; what is left must
    still name a folder or the beginning of a file's name, or any file would match.
    """
    if pattern == "*":
        return 0
    parts = pattern.removeprefix("./").split("/")
    if parts[0] == "debian":
        return None
    folders = _INSTALLED.sub("", path).split("/")
    for first in range(len(parts)):
        rest = "/".join(parts[first:])
        named = re.sub(r"[*?/]", "", re.sub(r"\.\w+$", "", rest))
        if first > 0 and len(named) < _FEWEST_LETTERS:
            break
        if any(fnmatchcase("/".join(folders[start:]), rest) for start in range(len(folders))):
            return len(named)
    return None


def _files_stanza(fields: dict[str, str]) -> _Stanza:
    licence = fields["license"].strip().splitlines()[0].strip()
    holders = []
    for line in fields.get("copyright", "").splitlines():
        name = _CONTACT.sub("", _YEARS.sub("", line.strip())).strip(" ,;")
        if name and name not in holders:
            holders.append(name)
    return _Stanza(tuple(fields["files"].split()), Terms(licence, tuple(holders), False))


def _stanzas(text: str) -> Iterator[dict[str, str]]:
    fields: dict[str, str] = {}
    name = ""
    for line in [*text.splitlines(), ""]:
        if not line.strip():
            if fields:
                yield fields
            fields, name = {}, ""
        elif line[0] in " \t":
            if name:
                fields[name] += "\n" + line.strip()
        elif ":" in line and not line.startswith("#"):
            name, _, value = line.partition(":")
            name = name.strip().lower()
            fields[name] = value.strip()
