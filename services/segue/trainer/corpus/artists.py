"""Artists: a fixed choice of styles, instruments and production that makes them recognisable."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from segue.trainer.corpus import styles
from segue.trainer.corpus.naming import album_title, artist_name
from segue.trainer.corpus.production import Sound, draw_sound
from segue.trainer.corpus.splits import Split, pool
from segue.trainer.corpus.styles import GENRES, Ensemble, Groove

Item = TypeVar("Item")
ARTISTS_PER_GENRE: Mapping[Split, int] = {"train": 24, "test": 8}

_FAMILIES = (
    (*styles.PIANOS, *styles.ELECTRIC_PIANOS),
    (*styles.ACOUSTIC_GUITARS, *styles.CLEAN_GUITARS),
    (*styles.STRINGS, *styles.CHOIRS, 89, 90, 91),
    (*styles.ACOUSTIC_BASSES, *styles.ELECTRIC_BASSES),
    styles.ORGANS,
    styles.BRASS,
    styles.REEDS,
)


@dataclass(frozen=True, slots=True)
class Artist:
    """Who plays.

    Attributes
    ----------
    leads
        Two programs for the melody.
    albums
        Pairs of title and year.
    tempo
        Place of the artist's usual tempo in the genre's range, in [0, 1].
    exchange
        Accompanying programs and what this artist plays instead.
    patch
        Seed of the synthesised voices.
    """

    name: str
    genre: str
    split: Split
    backings: tuple[Groove | Ensemble, ...]
    leads: tuple[int, int]
    albums: tuple[tuple[str, int], ...]
    tempo: float
    exchange: Mapping[int, int]
    patch: int
    kit: int
    sound: Sound


def generator(*keys: int | str) -> np.random.Generator:
    """A random generator that depends on its keys alone."""
    digest = hashlib.sha256("\x1f".join(map(str, keys)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


def choose(rng: np.random.Generator, items: Sequence[Item]) -> Item:
    """One item, each equally likely, without turning it into a numpy scalar."""
    return items[int(rng.integers(len(items)))]


def make_artist(seed: int, genre: str, split: Split, number: int) -> Artist:
    """The ``number``-th artist of a genre and split: always the same one for the same arguments."""
    rng = generator("artist", seed, genre, split, number)
    style = GENRES[genre]
    backings = pool(
        f"{genre} backing", style.backings, split, [backing.name for backing in style.backings]
    )
    leads = pool(f"{genre} lead", style.leads, split, [str(lead) for lead in style.leads])
    first = choose(rng, backings)
    second = choose(rng, backings)
    exchange = {}
    for family in _FAMILIES:
        for program in family:
            if rng.random() < 0.6:
                exchange[program] = choose(rng, family)
    year = int(rng.integers(1962, 2024))
    albums = tuple(
        (album_title(rng), min(2025, year + place * int(rng.integers(1, 5)))) for place in range(3)
    )
    return Artist(
        name=artist_name(rng, genre),
        genre=genre,
        split=split,
        backings=(first, second),
        leads=(choose(rng, leads), choose(rng, leads)),
        albums=albums,
        tempo=float(rng.uniform()),
        exchange=exchange,
        patch=int(rng.integers(2**31)),
        kit=choose(rng, (0, 0, 8, 16, 24, 25, 40)),
        sound=draw_sound(rng, style.drive),
    )
