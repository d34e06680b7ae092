"""Short clips whose sound is known, written quickly."""

import re
import wave

import numpy as np

from segue.audio.front_end import FrontEnd
from segue.resources import resource_folder
from segue.settings import DEFAULT_MODEL

RATE_HZ = 22_050


def _chunk_seconds():
    config = resource_folder("model_repository") / DEFAULT_MODEL / "config.pbtxt"
    told = re.findall(r'key: "(.*?)" value: \{ string_value: "(.*?)" \}', config.read_text())
    return FrontEnd.from_parameters(dict(told)).chunk_seconds


CLIP_SECONDS = 1.5 * _chunk_seconds()
"""One passage of the default model, and more than one chunk."""


def write_tone(path, pitch_hz, *, seconds=CLIP_SECONDS, seed=0, overtones=1):
    """A tone with overtones over a little noise, mono 16-bit WAV."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(RATE_HZ * seconds)) / RATE_HZ
    tone = sum(np.sin(2 * np.pi * pitch_hz * n * time) / n for n in range(1, overtones + 1))
    samples = 0.3 * tone + 0.005 * rng.standard_normal(time.size)
    write_wav(path, samples)


def write_wav(path, samples):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((np.clip(samples, -1, 1) * 32_767).astype("<i2").tobytes())
