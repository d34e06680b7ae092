"""Rendering many tracks: in parallel, repeatable, resumable."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from segue.trainer.corpus.artists import choose, generator
from segue.trainer.corpus.composition import Commission, Composition, commission, compose
from segue.trainer.corpus.encoding import encode, through_codec
from segue.trainer.corpus.external_programs import require_programs, sound_font
from segue.trainer.corpus.manifest import MANIFEST_NAME, Entry, read_manifest, write_manifest
from segue.trainer.corpus.rendering import render
from segue.trainer.corpus.theory import NOTE_NAMES
from segue.trainer.processes import one_thread_each

_MIXED = ("mp3", "mp3", "ogg", "m4a", "flac")


@dataclass(frozen=True, slots=True)
class CorpusRecipe:
    """How a corpus is rendered.

    Attributes
    ----------
    form
        ``wav``, ``flac``, ``mp3``, ``ogg``, ``m4a``, or ``mixed``: one of these for each track.
    split
        ``train``, ``test`` or ``all``.
    sound_fonts
        Paths of General MIDI sound fonts; every artist keeps to one of them. None named: the one
        that is installed.
    """

    seed: int
    seconds: float = 45.0
    form: str = "flac"
    split: str = "train"
    rate_hz: int = 44_100
    mono: bool = False
    sound_fonts: tuple[str, ...] = ()

    def sound_font_of(self, artist: str) -> Path:
        """What an artist's instruments are sampled from: as many artists for each font."""
        if not self.sound_fonts:
            return sound_font()
        return Path(choose(generator("sound font", self.seed, artist), self.sound_fonts))


def track_id(seed: int, number: int) -> str:
    """The id of a track of a rendered corpus."""
    return f"r{seed}-{number:05d}"


def describe(piece: Composition, identity: str, path: str, seconds: float) -> Entry:
    """A composition's line in the manifest."""
    return Entry(
        track_id=identity,
        path=path,
        title=piece.title,
        artist=piece.artist.name,
        album=piece.album,
        genres=(piece.genre,),
        moods=(piece.mood,),
        year=piece.year,
        duration_seconds=seconds,
        style=piece.style,
        seed=piece.seed,
        split=piece.split,
        tempo=round(piece.tempo, 1),
        key=f"{NOTE_NAMES[piece.tonic]} {piece.scale}",
    )


def render_track(recipe: CorpusRecipe, number: int, folder: Path) -> Entry:
    """Compose, render and write one track; a third of them passes through a lossy codec first."""
    order: Commission = commission(recipe.seed, number, recipe.split)
    piece = compose(recipe.seed, number, order, recipe.seconds)
    font = recipe.sound_font_of(piece.artist.name)
    audio = render(piece, recipe.seconds, recipe.rate_hz, font)
    rng = generator("codec", recipe.seed, number)
    if rng.random() < 1 / 3:
        codec = ("mp3", "ogg")[int(rng.integers(2))]
        audio = through_codec(audio, recipe.rate_hz, codec, int(rng.choice([48, 64, 96, 128])))
    form = recipe.form if recipe.form != "mixed" else _MIXED[int(rng.integers(len(_MIXED)))]
    name = f"{track_id(recipe.seed, number)}.{form}"
    encode(audio, recipe.rate_hz, folder / name, mono=recipe.mono)
    return describe(piece, track_id(recipe.seed, number), name, recipe.seconds)


def render_corpus(
    output: Path,
    tracks: int,
    recipe: CorpusRecipe,
    *,
    jobs: int = 2,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[int, list[tuple[int, str]]]:
    """Render what the folder lacks of tracks 0 to ``tracks`` - 1, manifest lines as it goes.

    Parameters
    ----------
    jobs
        Tracks that are rendered at the same time.
    progress
        Called with the numbers of tracks that are finished and that failed.

    Returns
    -------
    tuple[int, list[tuple[int, str]]]
        How many tracks the manifest then holds; number of each track that failed, and why.

    Raises
    ------
    DependencyMissing
        When a program or a sound font is missing.
    """
    require_programs(recipe.sound_fonts)
    output.mkdir(parents=True, exist_ok=True)
    manifest = output / MANIFEST_NAME
    known = {entry.track_id: entry for entry in _finished(manifest)}
    write_manifest(manifest, known.values())
    missing = [n for n in range(tracks) if track_id(recipe.seed, n) not in known]
    failures: list[tuple[int, str]] = []
    done = tracks - len(missing)
    report = progress or (lambda *_: None)
    report(done, 0)
    with (
        one_thread_each(),
        ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as workers,
        manifest.open("a", encoding="utf-8") as lines,
    ):
        futures = {workers.submit(render_track, recipe, n, output): n for n in missing}
        for future in as_completed(futures):
            error = future.exception()
            if error is None:
                entry = future.result()
                known[entry.track_id] = entry
                lines.write(entry.to_json() + "\n")
                lines.flush()
                done += 1
            else:
                failures.append((futures[future], f"{type(error).__name__}: {error}"))
            report(done, len(failures))
    write_manifest(manifest, known.values())
    return len(known), sorted(failures)


def _finished(manifest: Path) -> list[Entry]:
    if not manifest.exists():
        return []
    return [entry for entry in read_manifest(manifest) if (manifest.parent / entry.path).exists()]
