"""Composition: a track's key, tempo, form, harmony, accompaniment and melody, all from its seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segue.trainer.corpus import theory
from segue.trainer.corpus.accompaniment import Section, play_ensemble, play_groove
from segue.trainer.corpus.artists import (
    ARTISTS_PER_GENRE,
    Artist,
    choose,
    generator,
    make_artist,
)
from segue.trainer.corpus.melody import Voice, compose_melody, harmonise
from segue.trainer.corpus.midi import Note, Part
from segue.trainer.corpus.moods import MOODS, Mood
from segue.trainer.corpus.naming import track_title
from segue.trainer.corpus.splits import Split, pool
from segue.trainer.corpus.styles import GENRES, Ensemble, Genre, Groove
from segue.trainer.corpus.theory import Chord

_FORMS: tuple[tuple[tuple[str, float], ...], ...] = (
    (("I", 0.25), ("A", 0.55), ("B", 0.85), ("A", 0.65), ("B", 1.0), ("I", 0.3)),
    (("A", 0.4), ("A", 0.7), ("B", 0.95), ("C", 0.3), ("B", 1.0)),
    (("I", 0.15), ("A", 0.6), ("A", 0.8), ("B", 1.0), ("A", 0.5)),
    (("A", 0.75), ("B", 0.85), ("A", 0.9), ("C", 0.7), ("B", 0.95)),
    (("A", 0.9), ("B", 0.6), ("A", 1.0), ("B", 0.7)),
    (("I", 0.4), ("A", 0.7), ("C", 0.45), ("A", 0.85), ("B", 1.0)),
)
_REGISTERS: tuple[tuple[range, tuple[int, int]], ...] = (
    (range(8), (60, 88)),
    (range(8, 16), (64, 91)),
    (range(24, 32), (52, 79)),
    (range(32, 40), (36, 55)),
    (range(40, 41), (58, 88)),
    (range(41, 42), (50, 76)),
    (range(42, 44), (40, 68)),
    (range(56, 57), (57, 80)),
    (range(57, 59), (45, 67)),
    (range(60, 61), (48, 72)),
    (range(66, 67), (48, 72)),
    (range(67, 68), (42, 66)),
    (range(70, 71), (40, 64)),
    (range(72, 80), (65, 91)),
)


@dataclass(frozen=True, slots=True)
class Composition:
    """A track before it sounds. ``style`` names its accompaniment; ``tempos`` as in ``midi``."""

    number: int
    seed: int
    split: Split
    artist: Artist
    title: str
    album: str
    year: int
    genre: str
    mood: str
    style: str
    scale: str
    tonic: int
    tempo: float
    detune_cents: float
    sections: tuple[Section, ...]
    parts: tuple[Part, ...]
    tempos: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Commission:
    """What is decided before a track is composed.

    Attributes
    ----------
    artist
        Number of the artist within genre and split.
    album
        Number of the artist's album.
    """

    genre: str
    mood: str
    split: Split
    artist: int
    album: int


def commission(seed: int, number: int, split: Split | str = "all") -> Commission:
    """What track ``number`` is to be; the split ``all`` makes one track in six a test track."""
    rng = generator("commission", seed, number)
    names = tuple(GENRES)
    genre = names[number % len(names)]
    chosen: Split = "test" if rng.random() < 1 / 6 else "train"
    if split in ("train", "test"):
        chosen = "train" if split == "train" else "test"
    return Commission(
        genre=genre,
        mood=choose(rng, GENRES[genre].moods),
        split=chosen,
        artist=int(rng.integers(ARTISTS_PER_GENRE[chosen])),
        album=int(rng.integers(3)),
    )


def compose(seed: int, number: int, order: Commission, seconds: float) -> Composition:
    """Compose a track that lasts at least ``seconds``. Runs MMA when the style asks for it."""
    rng = generator("track", seed, number)
    artist = make_artist(seed, order.genre, order.split, order.artist)
    genre, mood = GENRES[order.genre], MOODS[order.mood]
    backing = choose(rng, artist.backings)
    low, high = genre.tempo
    usual = low + (high - low) * (0.5 * artist.tempo + 0.5 * rng.uniform())
    tempo = float(np.clip(usual * mood.tempo, 50, 200))
    tonic = int(rng.integers(12))
    scale = choose(rng, mood.scales)
    if genre.harmony == "blues":
        scale = "blues" if theory.is_minor(scale) or rng.random() < 0.5 else "mixolydian"
    sections = _form(rng, genre, scale, tonic, backing.beats, tempo, seconds, order.split)
    if isinstance(backing, Groove):
        parts = play_groove(
            backing, sections, tempo, int(rng.integers(1, 2**31)), mood.velocity, artist.exchange
        )
        for part in parts:
            if part.role == "drums" and part.program == 0:
                part.program = artist.kit
        if all(part.role in ("drums", "bass") for part in parts):
            band = _borrowed_band(rng, genre, backing.beats)
            parts += play_ensemble(rng, band, sections, mood.velocity, artist.kit, artist.patch)
    else:
        parts = play_ensemble(rng, backing, sections, mood.velocity, artist.kit, artist.patch)
    parts += _melody(rng, artist, genre, mood, sections, tonic, scale)
    free = isinstance(backing, Ensemble) and order.genre in ("piano", "classical", "ambient")
    album, year = artist.albums[order.album]
    return Composition(
        number=number,
        seed=seed,
        split=order.split,
        artist=artist,
        title=track_title(rng),
        album=album,
        year=year,
        genre=order.genre,
        mood=order.mood,
        style=backing.name,
        scale=scale,
        tonic=tonic,
        tempo=tempo,
        detune_cents=float(np.clip(rng.normal(0, 18), -60, 60)),
        sections=sections,
        parts=tuple(part for part in parts if part.notes),
        tempos=_tempos(rng, tempo, sections, 0.06 if free else 0.0),
    )


def _borrowed_band(rng: np.random.Generator, genre: Genre, beats: int) -> Ensemble:
    """The pitched layers of one of the genre's ensembles: some grooves are drums alone."""
    lender = choose(rng, [known for known in genre.backings if isinstance(known, Ensemble)])
    layers = tuple(layer for layer in lender.layers if layer.role != "drums")
    return Ensemble(lender.name, layers, beats)


def _progressions(genre: Genre, scale: str) -> tuple[str, ...]:
    if genre.harmony == "blues":
        return theory.BLUES_PROGRESSIONS
    minor = theory.is_minor(scale)
    if genre.harmony == "jazz":
        return theory.JAZZ_MINOR_PROGRESSIONS if minor else theory.JAZZ_MAJOR_PROGRESSIONS
    return theory.MINOR_PROGRESSIONS if minor else theory.MAJOR_PROGRESSIONS


def _form(
    rng: np.random.Generator,
    genre: Genre,
    scale: str,
    tonic: int,
    beats: int,
    tempo: float,
    seconds: float,
    split: Split,
) -> tuple[Section, ...]:
    known = _progressions(genre, scale)
    allowed = pool("progression", known, split, known)
    form = choose(rng, _FORMS)
    bar_seconds = beats * 60 / tempo
    bars = min((2, 4, 8, 12), key=lambda count: abs(count * bar_seconds - seconds / len(form)))
    harmony: dict[str, tuple[Chord, ...]] = {}
    sections: list[Section] = []
    start = 0.0
    while start * 60 / tempo < seconds + 2:
        letter, energy = form[len(sections) % len(form)]
        if letter not in harmony:
            base = harmony["A"] if letter == "I" and "A" in harmony else None
            harmony[letter] = base or theory.parse_progression(choose(rng, allowed), tonic)
        cycle = harmony[letter]
        chords = tuple(cycle[bar % len(cycle)] for bar in range(bars))
        sections.append(Section(letter, energy, start, chords, beats))
        start = sections[-1].end
    return tuple(sections)


def _tempos(
    rng: np.random.Generator, tempo: float, sections: Sequence[Section], freedom: float
) -> tuple[tuple[float, float], ...]:
    """A steady tempo, or one that wanders bar by bar and slows at the ends of sections."""
    if freedom == 0:
        return ((0.0, tempo),)
    tempos = []
    for section in sections:
        for bar in range(len(section.chords)):
            slower = 0.88 if bar == len(section.chords) - 1 else 1.0
            factor = slower * (1 + freedom * float(rng.normal()))
            tempos.append(
                (section.start + bar * section.beats, tempo * float(np.clip(factor, 0.75, 1.2)))
            )
    return tuple(tempos)


def lead_range(program: int, shift: int) -> tuple[int, int]:
    """Closed range of pitches of a melody instrument, moved by ``shift`` semitones."""
    low, high = next((pitches for programs, pitches in _REGISTERS if program in programs), (58, 84))
    return low + shift, high + shift


def _melody(
    rng: np.random.Generator,
    artist: Artist,
    genre: Genre,
    mood: Mood,
    sections: Sequence[Section],
    tonic: int,
    scale: str,
) -> list[Part]:
    """Leads: one instrument for A, the other for B and C; the same tune for the same letter."""
    parts = [
        Part(f"lead {place}", "lead", program, pan=int(54 + 20 * place))
        for place, program in enumerate(artist.leads)
    ]
    second = Part("second voice", "lead", artist.leads[0], pan=44)
    tunes: dict[str, list[Note]] = {}
    silent_intro = rng.random() < 0.6
    doubled = rng.random() < 0.4
    for section in sections:
        if section.letter == "I" and silent_intro:
            continue
        place = 0 if section.letter in ("A", "I") else 1
        low, high = lead_range(parts[place].program, mood.register)
        voice = Voice(
            tonic=tonic,
            scale=scale,
            low=low,
            high=high,
            density=mood.density * (1.15 if section.letter == "B" else 0.95),
            legato=mood.legato,
            velocity=min(120, mood.velocity + 8),
            swing=0.64 if genre.swing else 0.5,
        )
        if section.letter not in tunes:
            tunes[section.letter] = compose_melody(rng, section.chords, section.beats, voice)
        tune = tunes[section.letter]
        parts[place].notes += [note.moved(section.start) for note in tune]
        if doubled and section.energy >= 0.85 and artist.leads[0] < 128:
            second.notes += [note.moved(section.start) for note in harmonise(tune, voice)]
    return [part for part in (*parts, second) if part.notes]
