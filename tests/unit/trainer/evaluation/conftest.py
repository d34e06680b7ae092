"""A model repository, and a labelled corpus of tones whose neighbours are known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from small_model import write_small_model

RATE_HZ = 16_000
PITCHES_HZ = {
    "bass": (160, 260, 420, 640),
    "middle": (1_200, 1_500, 1_900, 2_400),
    "treble": (3_200, 4_000, 5_000, 6_400),
}


def write_tone(path: Path, pitch_hz: float, seconds: float) -> None:
    """A tone that swells three times a second: the same from start to end."""
    time = np.arange(int(RATE_HZ * seconds)) / RATE_HZ
    tone = np.sin(2 * np.pi * pitch_hz * time) * (1 + 0.2 * np.sin(6 * np.pi * time))
    soundfile.write(path, (0.3 * tone).astype(np.float32), RATE_HZ)


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    write_small_model(folder)
    return folder


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four tracks of each genre, of two artists; one more file that is too short."""
    folder = tmp_path_factory.mktemp("tones") / "corpus"
    folder.mkdir()
    lines = []
    for genre, pitches in PITCHES_HZ.items():
        for number, pitch in enumerate(pitches):
            name = f"{genre}-{number}"
            write_tone(folder / f"{name}.wav", pitch, 8.0)
            lines.append(
                (name, f"{genre} artist {number // 2}", genre, ("calm", "dark")[number % 2])
            )
    write_tone(folder / "short.wav", 440.0, 2.5)
    lines.append(("short", "bass artist 0", "bass", "calm"))
    fields = [
        {
            "track_id": name,
            "path": f"{name}.wav",
            "artist": artist,
            "genres": [genre],
            "moods": [mood],
            "split": "test",
        }
        for name, artist, genre, mood in lines
    ]
    (folder / "manifest.jsonl").write_text("".join(json.dumps(one) + "\n" for one in fields))
    return folder
