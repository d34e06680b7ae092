"""The demo catalogue: a small tagged corpus in many formats, an excerpt, listeners' scores."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from segue.trainer.corpus.artists import generator
from segue.trainer.corpus.composition import Commission, Composition, compose
from segue.trainer.corpus.encoding import encode, write_tags
from segue.trainer.corpus.external_programs import require_programs, sound_font
from segue.trainer.corpus.manifest import MANIFEST_NAME, Entry, write_manifest
from segue.trainer.corpus.production import peaking, tilt
from segue.trainer.corpus.render_corpus import describe
from segue.trainer.corpus.rendering import render
from segue.trainer.corpus.styles import GENRES
from segue.trainer.processes import one_thread_each

CATALOGUE_GENRES = (
    "rock", "metal", "pop", "jazz", "blues", "folk", "classical", "orchestral", "piano",
    "electronic", "ambient", "hip-hop", "latin", "world",
)  # fmt: skip
TRACKS_PER_GENRE = 4
SECONDS = 22.0
RATE_HZ = 44_100
HEADROOM = 0.7
"""Gain before encoding: decoders of lossy files overshoot what went in."""
FLAC_RATE_HZ = 22_050
EXCERPT_GENRE = "orchestral"
EXCERPT_SECONDS = 12.0
EXCERPT_OFFSET_SECONDS = 17.0

_LICENSE = """The audio files here, the excerpt and the table of scores in the folder above were
composed and rendered by `segue corpus catalogue`. They are dedicated to the public domain under
CC0 1.0 Universal:
https://creativecommons.org/publicdomain/zero/1.0/

Artists, albums, titles and listeners are invented. The instruments are those of the sound font
FluidR3 GM by Frank Wen (MIT licence); some accompaniments were played by MMA, Musical MIDI
Accompaniment.

SPDX-License-Identifier: CC0-1.0
"""

_TASTES: Mapping[str, tuple[Mapping[str, float], int]] = {
    "ana": ({"metal": 0.85, "rock": 0.8, "orchestral": 0.75, "electronic": 0.5}, 0),
    "ben": ({"jazz": 0.9, "blues": 0.8, "latin": 0.7, "piano": 0.6, "folk": 0.45}, 1),
    "chioma": ({"electronic": 0.9, "ambient": 0.8, "hip-hop": 0.75, "pop": 0.6}, 0),
}
"""Listener to preferred genres, and which of a genre's two artists she likes better."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place in the catalogue: its number, id, format and what is composed for it."""

    number: int
    track_id: str
    form: str
    order: Commission


def plan_catalogue() -> list[Place]:
    """Four tracks per genre: two artists, each with a track on either of two albums."""
    places = []
    for row, genre in enumerate(CATALOGUE_GENRES):
        moods = GENRES[genre].moods
        for column in range(TRACKS_PER_GENRE):
            number = row * TRACKS_PER_GENRE + column
            artist, album = divmod(column, 2)
            mood = moods[(row + column) % len(moods)]
            form = ("mp3", "ogg", "m4a")[number % 3]
            if number % 19 == 9:
                form = "flac"
            order = Commission(genre, mood, "train", artist, album)
            places.append(Place(number, f"demo-{genre}-{column + 1}", form, order))
    return places


def _render_place(seed: int, place: Place, output: Path) -> Entry:
    piece = compose(seed, place.number, place.order, SECONDS)
    rate_hz = FLAC_RATE_HZ if place.form == "flac" else RATE_HZ
    path = f"{place.order.genre}/{place.track_id}.{place.form}"
    (output / path).parent.mkdir(parents=True, exist_ok=True)
    audio = render(piece, SECONDS, rate_hz, sound_font()) * np.float32(HEADROOM)
    encode(audio, rate_hz, output / path, kbit=64, mono=place.form == "flac")
    entry = describe(piece, place.track_id, path, SECONDS)
    write_tags(output / path, entry)
    return entry


def excerpt_piece(seed: int) -> Composition:
    """A track outside the catalogue, by the artist and in the style and mood of one inside."""
    inside = next(place for place in plan_catalogue() if place.order.genre == EXCERPT_GENRE)
    style = compose(seed, inside.number, inside.order, SECONDS).style
    numbers = range(1000, 1100)
    pieces: Iterator[Composition] = (
        compose(seed, number, inside.order, EXCERPT_OFFSET_SECONDS + EXCERPT_SECONDS + 8)
        for number in numbers
    )
    return next(piece for piece in pieces if piece.style == style)


def write_excerpt(seed: int, path: Path) -> None:
    """Twelve seconds from the middle of ``excerpt_piece``, mildly equalised, as MP3."""
    audio = render(
        excerpt_piece(seed), EXCERPT_OFFSET_SECONDS + EXCERPT_SECONDS + 8, RATE_HZ, sound_font()
    )
    start = round(EXCERPT_OFFSET_SECONDS * RATE_HZ)
    cut = audio[start : start + round(EXCERPT_SECONDS * RATE_HZ)]
    cut = tilt(peaking(cut, RATE_HZ, 2500, 2.0, 0.7), RATE_HZ, -1.5)
    encode(cut * np.float32(HEADROOM), RATE_HZ, path, kbit=96)


def listener_scores(seed: int, entries: Sequence[Entry]) -> list[tuple[str, str, float]]:
    """Rows of listener, track id and score in [0, 1]: taste by genre and artist, and some noise.

    A listener has scored about eight in ten of the tracks she likes, one in three of the others.
    """
    artists = {genre: sorted({e.artist for e in entries if e.genres[0] == genre})
               for genre in {e.genres[0] for e in entries}}  # fmt: skip
    rows = []
    for listener, (likes, favourite) in _TASTES.items():
        rng = generator("listener", seed, listener)
        for entry in sorted(entries, key=lambda entry: entry.track_id):
            genre = entry.genres[0]
            known = rng.random() < (0.8 if genre in likes else 0.33)
            liking = likes.get(genre, 0.15) + rng.normal(0, 0.06)
            if entry.artist == artists[genre][favourite % len(artists[genre])]:
                liking += 0.12
            if known:
                rows.append((listener, entry.track_id, round(float(np.clip(liking, 0, 1)), 3)))
    return rows


def _write_scores(path: Path, rows: Sequence[tuple[str, str, float]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(("user_id", "track_id", "score"))
        lines.writerows(rows)


def write_catalogue(
    output: Path, seed: int, *, jobs: int = 2, progress: Callable[[int], None] | None = None
) -> list[Entry]:
    """Write the whole catalogue anew: ``OUTPUT/catalogue``, ``excerpt.mp3``, the scores.

    Parameters
    ----------
    jobs
        Tracks that are rendered at the same time.
    progress
        Called with the number of finished tracks.

    Raises
    ------
    DependencyMissing
        When a program or the sound font is missing.
    """
    require_programs()
    folder = output / "catalogue"
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    places = plan_catalogue()
    with one_thread_each(), ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as workers:
        futures = [workers.submit(_render_place, seed, place, folder) for place in places]
        entries = []
        for future in futures:
            entries.append(future.result())
            if progress is not None:
                progress(len(entries))
    write_manifest(folder / MANIFEST_NAME, entries)
    (folder / "LICENSE").write_text(_LICENSE, encoding="utf-8")
    write_excerpt(seed, output / "excerpt.mp3")
    _write_scores(output / "collaborative_scores.csv", listener_scores(seed, entries))
    return entries
