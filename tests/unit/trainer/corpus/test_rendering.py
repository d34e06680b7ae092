"""Rendering with the real MMA, FluidSynth, sound font and FFmpeg, where they are installed."""

import numpy as np
import pytest

from segue.errors import DependencyMissing
from segue.trainer.corpus import external_programs
from segue.trainer.corpus.composition import Commission, commission, compose
from segue.trainer.corpus.manifest import read_manifest
from segue.trainer.corpus.production import active_rms
from segue.trainer.corpus.render_corpus import Recipe, render_corpus, render_track
from segue.trainer.corpus.rendering import play_stem, render

RATE = 22_050


@pytest.fixture
def installed():
    try:
        external_programs.require_programs()
    except DependencyMissing as missing:
        pytest.skip(f"{missing}: {missing.next_step}")


def level_db(audio):
    return 20 * np.log10(np.sqrt(np.mean(np.square(audio, dtype=np.float64))) + 1e-12)


@pytest.mark.parametrize("genre", ["metal", "jazz", "electronic"])
def test_a_track_sounds_throughout_at_a_sane_level(installed, genre):
    piece = compose(2, 1, Commission(genre, "energetic", "train", 3, 0), 8.0)
    audio = render(piece, 8.0, RATE, external_programs.sound_font())
    assert audio.shape == (8 * RATE, 2)
    assert np.isfinite(audio).all()
    assert np.abs(audio).max() <= 1
    assert -32 < level_db(audio) < -6
    seconds = audio[: 7 * RATE].reshape(7, -1)
    assert min(level_db(second) for second in seconds) > -55


def test_rendering_is_repeatable(installed):
    piece, font = compose(2, 3, commission(2, 3), 5.0), external_programs.sound_font()
    assert np.array_equal(render(piece, 5.0, RATE, font), render(piece, 5.0, RATE, font))


def test_the_melody_plays(installed):
    piece = compose(2, 1, Commission("metal", "energetic", "train", 3, 0), 20.0)
    lead = play_stem(piece, "lead", 20 * RATE, RATE, external_programs.sound_font())
    assert active_rms(lead, RATE) > 1e-3


def test_a_corpus_resumes_and_does_not_depend_on_order(installed, tmp_path):
    recipe = Recipe(seed=9, seconds=5.0, form="wav", rate_hz=RATE, mono=True)
    held, failures = render_corpus(tmp_path / "a", 2, recipe, jobs=1)
    assert (held, failures) == (2, [])
    kept = (tmp_path / "a" / "r9-00000.wav").stat().st_mtime_ns
    (tmp_path / "a" / "r9-00001.wav").unlink()
    assert render_corpus(tmp_path / "a", 2, recipe, jobs=1) == (2, [])
    assert (tmp_path / "a" / "r9-00000.wav").stat().st_mtime_ns == kept
    (tmp_path / "b").mkdir()
    alone = render_track(recipe, 1, tmp_path / "b")
    assert alone == read_manifest(tmp_path / "a" / "manifest.jsonl")[1]
    assert (tmp_path / "a" / "r9-00001.wav").read_bytes() == (
        tmp_path / "b" / "r9-00001.wav"
    ).read_bytes()


def test_missing_programs_are_named_with_what_to_install(monkeypatch):
    monkeypatch.setattr(external_programs.shutil, "which", lambda name: None)
    with pytest.raises(DependencyMissing, match="mma, fluidsynth") as caught:
        external_programs.require_programs()
    assert caught.value.reason == "DEPENDENCY_MISSING"
    assert "apt install" in caught.value.next_step


def test_a_missing_sound_font_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv(external_programs.SOUND_FONT_VARIABLE, str(tmp_path / "none.sf2"))
    with pytest.raises(DependencyMissing, match=r"none\.sf2"):
        external_programs.sound_font()
