"""Composition without MMA: ensembles only, so that nothing outside Python is needed."""

from dataclasses import replace

import numpy as np
import pytest

from segue.trainer.corpus.accompaniment import Section, play_ensemble
from segue.trainer.corpus.artists import make_artist
from segue.trainer.corpus.composition import Commission, commission, compose, lead_range
from segue.trainer.corpus.drums import DRUM_PATTERNS
from segue.trainer.corpus.melody import Voice, compose_melody, harmonise
from segue.trainer.corpus.moods import MOODS
from segue.trainer.corpus.patterns import PATTERNS, Bar, euclidean
from segue.trainer.corpus.styles import GENRES, Ensemble
from segue.trainer.corpus.theory import SCALES, parse_progression

CHORDS = parse_progression("i bVI bIII bVII", 9)


def ensembles():
    return [
        pytest.param(backing, id=f"{name}-{backing.name}")
        for name, genre in GENRES.items()
        for backing in genre.backings
        if isinstance(backing, Ensemble)
    ]


def order_without_mma(seed):
    """A commission whose artist plays ensembles alone, so that MMA is not run."""
    for artist in range(24):
        backings = make_artist(seed, "orchestral", "train", artist).backings
        if all(isinstance(backing, Ensemble) for backing in backings):
            return Commission("orchestral", "calm", "train", artist, 0)
    raise AssertionError("every artist plays a groove")


def composed_without_mma(seed, number):
    return compose(seed, number, order_without_mma(seed), 20.0)


def test_the_same_seed_and_number_give_the_same_track():
    # Numbers are drawn and added one by one, in one order on every processor.
    assert composed_without_mma(3, 5) == composed_without_mma(3, 5)


def test_other_numbers_and_seeds_give_other_tracks():
    first = composed_without_mma(3, 5)
    assert composed_without_mma(3, 6).parts != first.parts
    assert composed_without_mma(4, 5).parts != first.parts


def test_a_track_lasts_as_long_as_asked():
    piece = composed_without_mma(3, 5)
    assert piece.sections[-1].end * 60 / piece.tempo >= 20.0
    for earlier, later in zip(piece.sections, piece.sections[1:], strict=False):
        assert earlier.end == later.start  # whole beats


def test_every_track_has_accompaniment_and_melody():
    roles = {part.role for part in composed_without_mma(3, 5).parts}
    assert "lead" in roles
    assert roles & {"chords", "pad"}


def test_commissions_cover_genres_and_splits():
    orders = [commission(1, number) for number in range(170)]
    assert {order.genre for order in orders} == set(GENRES)
    assert {order.split for order in orders} == {"train", "test"}
    assert {commission(1, number, "test").split for number in range(20)} == {"test"}
    assert all(order.mood in GENRES[order.genre].moods for order in orders)


@pytest.mark.parametrize("scale", list(SCALES))
@pytest.mark.parametrize("beats", [3, 4])
def test_melody_stays_in_key_and_range(scale, beats):
    rng = np.random.default_rng(7)
    voice = Voice(9, scale, 60, 84, density=0.6, legato=0.9, velocity=90)
    notes = compose_melody(rng, CHORDS * 2, beats, voice)
    assert len(notes) >= len(CHORDS) * 2
    for note in notes:
        chord = CHORDS[int(note.start // beats) % 4]
        in_scale = (note.pitch - 9) % 12 in SCALES[scale]
        assert in_scale or note.pitch % 12 in chord.pitch_classes
        assert 60 <= note.pitch <= 84
        assert 0 <= note.start < beats * 8
        assert note.length > 0


def test_melody_has_chord_tones_on_the_first_beat():
    rng = np.random.default_rng(1)
    voice = Voice(9, "minor", 60, 84, density=0.8, legato=0.9, velocity=90)
    notes = compose_melody(rng, CHORDS * 4, 4, voice)
    first = [note for note in notes if note.start % 4 == 0]
    assert first
    for note in first:
        assert note.pitch % 12 in CHORDS[int(note.start // 4) % 4].pitch_classes


def test_a_second_voice_lies_a_third_below():
    voice = Voice(0, "major", 60, 84, density=0.5, legato=1.0, velocity=90)
    notes = compose_melody(np.random.default_rng(2), parse_progression("I IV V I", 0), 4, voice)
    for upper, lower in zip(notes, harmonise(notes, voice), strict=True):
        assert upper.pitch - lower.pitch in (3, 4)


@pytest.mark.parametrize("name", list(PATTERNS | DRUM_PATTERNS))
@pytest.mark.parametrize("beats", [3, 4])
def test_patterns_play_within_their_bar(name, beats):
    player = (PATTERNS | DRUM_PATTERNS)[name](np.random.default_rng(4), 40, beats)
    played = []
    for number, chord in enumerate(CHORDS):
        bar = Bar(beats * number, beats, chord, CHORDS[(number + 1) % 4], 90, 0.8, number)
        notes = player(bar)
        played += notes
        for note in notes:
            assert bar.start <= note.start < bar.start + beats + 0.25
            assert 1 <= note.velocity <= 127
            assert 0 < note.pitch <= 127
            assert note.length > 0
    assert played


@pytest.mark.parametrize("ensemble", ensembles())
def test_more_energy_never_means_fewer_players(ensemble):
    def players(energy):
        section = Section("A", energy, 0.0, CHORDS, ensemble.beats)
        rng = np.random.default_rng(5)
        return len(play_ensemble(rng, ensemble, [section], 90, 0, 11))

    assert 1 <= players(0.1) <= players(0.5) <= players(1.0)


def test_euclidean_rhythms():
    assert euclidean(3, 8) == (0, 2, 5)
    assert euclidean(4, 16) == (0, 4, 8, 12)
    assert len(euclidean(5, 16, 3)) == 5


def test_register_and_tempo_follow_the_mood():
    assert lead_range(73, MOODS["dark"].register)[1] < lead_range(73, MOODS["dreamy"].register)[1]
    assert MOODS["melancholic"].tempo < 1 < MOODS["energetic"].tempo
    order = order_without_mma(5)
    calm = compose(5, 1, replace(order, mood="calm"), 10.0)
    energetic = compose(5, 1, replace(order, mood="energetic"), 10.0)
    assert energetic.tempo > calm.tempo
