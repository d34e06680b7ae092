"""Standard MIDI Files: what is written is what was meant, and is read again."""

from __future__ import annotations

import io

import mido
import pytest

from segue.trainer.corpus.midi import Note, Part, read_midi, write_midi

WITHOUT_RUNNING_STATUS = bytes.fromhex(
    "4d546864000000060001000300c0"
    "4d54726b0000001300ff510307a1208600ff51030a1dc700ff2f00"
    "4d54726b0000002400b0076400b00a3200c02100e033360090285a81408028000090285060802800"
    "00ff2f00"
    "4d54726b0000001f00b9075a00b90a4000c9080099246400992a463089240000892a0000ff2f00"
)
"""A bass and drums, each event with its status byte: what FluidSynth was always given."""


def events(data: bytes) -> list[list[tuple[int, bytes]]]:
    """Of each track, the ticks from its beginning and the bytes of its events."""
    tracks = []
    for track in mido.MidiFile(file=io.BytesIO(data)).tracks:
        tick, found = 0, []
        for message in track:
            tick += message.time
            found.append((tick, bytes(message.bytes())))
        tracks.append(found)
    return tracks


def test_the_events_are_those_that_were_meant() -> None:
    bass = Part("bass", "bass", 33, [Note(0, 1, 40, 90), Note(1, 0.5, 40, 80)], pan=50)
    hits = [Note(0, 0.25, 36, 100), Note(0, 0.25, 42, 70)]
    drums = Part("drums", "drums", 8, hits, volume=90)
    written = write_midi([bass, drums], [(0.0, 120.0), (4.0, 90.5)], detune_cents=-30)
    assert written[:14] == WITHOUT_RUNNING_STATUS[:14]
    assert events(written) == events(WITHOUT_RUNNING_STATUS)
    assert read_midi(written) == read_midi(WITHOUT_RUNNING_STATUS)


def test_a_note_ends_with_velocity_zero_too() -> None:
    track = mido.MidiTrack(
        [
            mido.MetaMessage("track_name", name="strings"),
            mido.Message("program_change", program=48),
            mido.Message("note_on", note=60, velocity=70, time=96),
            mido.Message("note_on", note=60, velocity=0, time=48),
            mido.Message("note_on", note=62, velocity=70),
        ]
    )
    data = io.BytesIO()
    mido.MidiFile(tracks=[track], ticks_per_beat=96).save(file=data)
    (strings,) = read_midi(data.getvalue())
    assert (strings.name, strings.role) == ("strings", "pad")
    assert strings.notes == [Note(1.0, 0.5, 60, 70)], "a note without an end is left out"


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
    assert read.notes[0].length == pytest.approx(1.0)


def test_bytes_of_a_tempo_and_a_bend():
    data = write_midi([Part("flute", "lead", 73, [Note(0, 1, 72, 64)])], [(0.0, 120.0)], 50)
    assert b"\xff\x51\x03\x07\xa1\x20" in data
    assert bytes((0xE0, 10240 & 0x7F, 10240 >> 7)) in data
