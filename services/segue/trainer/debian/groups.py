"""Which recordings must fall into one split, and the split.

Recordings of one package share their makers, instruments and production, and so do those of one
artist in several packages: both are kept together, and so is all that this joins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from segue.notation import text_key

_TOGETHER = re.compile(r"\s+(?:&|and|feat\.?|ft\.?|aka)\s+|\s*[;,/|]\s*", re.IGNORECASE)
_NOBODY = frozenset({"unknown", "unknown artist", "various", "various artists", "n/a", "others"})
_ASIDE = re.compile(r"\([^)]*\)")


def artist_names(*texts: str) -> frozenset[str]:
    """Normal forms of the artists that tags or copyright lines name.

    ``Max Freeman & Chris Leutwyler`` are two; what stands in brackets is left out, and so are words
    for nobody.
    """
    parts = (part for text in texts for part in _parts(text))
    return frozenset(key for part in parts if (key := text_key(part)) and key not in _NOBODY)


def _parts(text: str) -> list[str]:
    return [text] if "://" in text else _TOGETHER.split(_ASIDE.sub(" ", text))


def joined(packages: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Name of the group of each package: the first package, by name, of those that it is joined to.

    Parameters
    ----------
    packages
        Normal forms of the artists in each package. Two that share one are of one group, and so
        are two that are joined by a third.
    """
    parents: dict[str, str] = {}

    def root(node: str) -> str:
        parents.setdefault(node, node)
        while parents[node] != node:
            parents[node] = parents[parents[node]]
            node = parents[node]
        return node

    for package, artists in packages.items():
        for artist in artists:
            # Artists are marked, for one may be called as a package is.
            first, second = sorted((root(package), root(f"\x1f{artist}")))
            parents[first] = second
    members: dict[str, list[str]] = {}
    for package in packages:
        members.setdefault(root(package), []).append(package)
    return {package: min(members[root(package)]) for package in packages}


def group_name(group: str, split_seed: int) -> str:
    """The group as the manifest names it: its hash is what ``segue train`` splits by."""
    return f"debian {split_seed} {group}"
