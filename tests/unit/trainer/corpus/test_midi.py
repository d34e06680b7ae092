"""MIDI files hold whole ticks: the binary fractions of a beat in these tests come back exactly."""

from segue.trainer.corpus.midi import Note, Part, read_midi, write_midi


def test_what_is_written_is_read_again():
    bass = Part("bass", "bass", 33, [Note(0.0, 1.0, 40, 90), Note(1.5, 0.5, 43, 80)])
    drums = Part("drums", "drums", 0, [Note(0.0, 0.25, 36, 100), Note(2.0, 0.25, 38, 100)])
    choir = Part("choir", "pad", 52, [Note(0.0, 300.0, 60, 70)])
    read = read_midi(write_midi([bass, drums, choir], [(0.0, 120.0)], detune_cents=-30))
    assert [(p.role, p.program, p.notes) for p in read] == [
        (p.role, p.program, p.notes) for p in (bass, drums, choir)
    ]


def test_a_note_struck_again_while_it_sounds_ends_the_first():
    part = Part("piano", "chords", 0, [Note(0.0, 2.0, 60, 90), Note(1.0, 2.0, 60, 50)])
    (read,) = read_midi(write_midi([part], [(0.0, 90.0)]))
    assert [(note.start, note.velocity) for note in read.notes] == [(0.0, 90), (1.0, 50)]
    assert read.notes[0].length == 1.0


def test_bytes_of_a_tempo_and_a_bend():
    data = write_midi([Part("flute", "lead", 73, [Note(0, 1, 72, 64)])], [(0.0, 120.0)], 50)
    assert b"\xff\x51\x03\x07\xa1\x20" in data
    assert bytes((0xE0, 10240 & 0x7F, 10240 >> 7)) in data
