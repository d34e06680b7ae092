"""Names of artists, albums and tracks, made by rule."""

from __future__ import annotations

import numpy as np

_ADJECTIVES = (
    "Amber", "Silent", "Broken", "Golden", "Hollow", "Crimson", "Distant", "Electric", "Quiet",
    "Paper", "Winter", "Velvet", "Northern", "Salt", "Glass", "Wild", "Iron", "Gentle", "Lunar",
    "Copper", "Restless", "Pale", "Morning", "Slow", "Second", "Hidden", "Burning", "Little",
)  # fmt: skip
_NOUNS = (
    "Harbour", "Lanterns", "River", "Machines", "Orchard", "Signals", "Mountain", "Windows",
    "Garden", "Falcons", "Mirror", "Station", "Meadow", "Shadows", "Tide", "Letters", "Forest",
    "Engine", "Islands", "Bridge", "Valley", "Comet", "Sparrow", "Cathedral", "Desert", "Parade",
    "Atlas", "Horizon",
)  # fmt: skip
_FIRST = (
    "Ada", "Bruno", "Clara", "Dario", "Elin", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kaya",
    "Lev", "Mira", "Nils", "Oona", "Pavel", "Rosa", "Stellan", "Tove", "Yusuf",
)  # fmt: skip
_LAST = (
    "Almeida", "Brandt", "Castell", "Dahl", "Escher", "Fontaine", "Grimaldi", "Holm", "Ivers",
    "Jansen", "Kessler", "Lindqvist", "Marek", "Novak", "Okafor", "Petrov", "Quist", "Romero",
    "Sandoval", "Winter",
)  # fmt: skip
_BANDS = {
    "jazz": ("Trio", "Quartet", "Quintet"),
    "classical": ("Ensemble", "Consort", "Quartet"),
    "orchestral": ("Philharmonic", "Symphony", "Orchestra"),
    "latin": ("y su Conjunto", "Orquesta", "Septeto"),
    "soul": ("& the Revue", "Express", "Brothers"),
    "folk": ("& Daughters", "Folk Band", "Duo"),
}


def _pick(rng: np.random.Generator, words: tuple[str, ...]) -> str:
    return words[int(rng.integers(len(words)))]


def artist_name(rng: np.random.Generator, genre: str) -> str:
    """A person's name, a person with a band, or a band."""
    person = f"{_pick(rng, _FIRST)} {_pick(rng, _LAST)}"
    if genre in _BANDS and rng.random() < 0.6:
        return f"{_pick(rng, _LAST)} {_pick(rng, _BANDS[genre])}"
    if genre in ("piano", "blues", "country", "world") or rng.random() < 0.3:
        return person
    return f"{_pick(rng, _ADJECTIVES)} {_pick(rng, _NOUNS)}"


def album_title(rng: np.random.Generator) -> str:
    """Two or three words."""
    if rng.random() < 0.4:
        return f"{_pick(rng, _NOUNS)} & {_pick(rng, _NOUNS)}"
    return f"The {_pick(rng, _ADJECTIVES)} {_pick(rng, _NOUNS)}"


def track_title(rng: np.random.Generator) -> str:
    """One to four words."""
    forms = (
        "{noun}",
        "{adjective} {noun}",
        "{noun} in {adjective} Light",
        "Under the {noun}",
        "{adjective} {noun}, Part {part}",
        "Towards the {noun}",
        "No More {noun}",
    )
    return _pick(rng, forms).format(
        noun=_pick(rng, _NOUNS),
        adjective=_pick(rng, _ADJECTIVES),
        part=_pick(rng, ("One", "Two", "Three")),
    )
