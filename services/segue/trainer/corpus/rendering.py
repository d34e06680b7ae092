"""From a composition to sound: FluidSynth and our synthesised voices, balanced and produced."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from segue.trainer.corpus import production
from segue.trainer.corpus.artists import generator
from segue.trainer.corpus.composition import Composition
from segue.trainer.corpus.external_programs import run_program
from segue.trainer.corpus.midi import Note, Part, write_midi
from segue.trainer.corpus.moods import MOODS
from segue.trainer.corpus.production import Stereo, active_rms, decibels
from segue.trainer.corpus.styles import SYNTH_FIRST
from segue.trainer.corpus.synthesis import synthesise

STEMS = ("drums", "lead", "accompaniment")


def _seconds_of(beats: float, tempos: Sequence[tuple[float, float]]) -> float:
    """Time of a beat under a list of tempo changes."""
    seconds = 0.0
    for place, (start, bpm) in enumerate(tempos):
        end = tempos[place + 1][0] if place + 1 < len(tempos) else float("inf")
        seconds += (min(beats, end) - start) * 60 / bpm
        if beats <= end:
            break
    return seconds


def _timed(part: Part, tempos: Sequence[tuple[float, float]]) -> list[tuple[float, float, Note]]:
    timed = []
    for note in part.notes:
        start = _seconds_of(note.start, tempos)
        timed.append((start, _seconds_of(note.start + note.length, tempos) - start, note))
    return timed


def _play_sound_font(
    parts: Sequence[Part], piece: Composition, samples: int, rate_hz: int, font: Path
) -> Stereo:
    with tempfile.TemporaryDirectory(prefix="segue-synth-") as folder:
        score = Path(folder) / "stem.mid"
        sound = Path(folder) / "stem.raw"
        score.write_bytes(write_midi(parts, piece.tempos, piece.detune_cents))
        run_program(
            [
                "fluidsynth", "-n", "-i", "-q", "-R", "0", "-C", "0", "-g", "0.4",
                "-r", str(rate_hz), "-o", "synth.dynamic-sample-loading=1",
                "-T", "raw", "-O", "float", "-F", str(sound), str(font), str(score),
            ]
        )  # fmt: skip
        played = np.fromfile(sound, dtype="<f4").reshape(-1, 2)[:samples]
    audio = np.zeros((samples, 2), np.float32)
    audio[: len(played)] = played
    return audio


def play_stem(piece: Composition, stem: str, samples: int, rate_hz: int, font: Path) -> Stereo:
    """One stem out of ``STEMS``, without production; silent when nobody plays in it."""
    parts = [
        part
        for part in piece.parts
        if (part.role if part.role in ("drums", "lead") else "accompaniment") == stem
    ]
    sampled = [part for part in parts if part.role == "drums" or part.program < SYNTH_FIRST]
    audio = np.zeros((samples, 2), np.float32)
    if sampled:
        audio += _play_sound_font(sampled[:15], piece, samples, rate_hz, font)
    for part in parts:
        if part not in sampled:
            notes = _timed(part, piece.tempos)
            audio += synthesise(
                part.program, piece.artist.patch, notes, samples, rate_hz, part.pan / 127
            )
    return audio


def render(piece: Composition, seconds: float, rate_hz: int, font: Path) -> Stereo:
    """The finished track, shape (round(seconds · rate), 2), within [-1, 1]."""
    rng = generator("production", piece.seed, piece.number)
    mood, sound = MOODS[piece.mood], piece.artist.sound
    sound = replace(
        sound,
        tilt_db=sound.tilt_db + mood.tilt_db,
        room_mix=min(0.7, 0.7 * sound.room_mix + 0.3 * mood.space),
        lead_db=sound.lead_db + float(rng.normal(0, 1)),
        drums_db=sound.drums_db + float(rng.normal(0, 1)),
    )
    samples = round(seconds * rate_hz)
    stems = {stem: play_stem(piece, stem, samples, rate_hz, font) for stem in STEMS}
    backing = production.saturate(stems["accompaniment"], sound.drive)
    reference = active_rms(backing, rate_hz) or 0.05
    delay = round(sound.echo_beats * 60 / piece.tempo * rate_hz)
    lead = production.echo(stems["lead"], delay, sound.echo_mix)
    mix = backing
    for audio, gain_db in ((lead, sound.lead_db), (stems["drums"], sound.drums_db)):
        level = active_rms(audio, rate_hz)
        if level > 0:
            mix = mix + audio * np.float32(reference / level * decibels(gain_db))
    loudness = -24 + 10 * (mood.velocity - 60) / 55 + float(rng.normal(0, 2.5))
    mixed = production.master(mix, rate_hz, sound, rng, float(np.clip(loudness, -28, -9)))
    fade = min(len(mixed), round(rng.uniform(0.3, 1.5) * rate_hz))
    mixed[len(mixed) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)[:, None]
    return mixed
