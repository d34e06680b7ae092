"""How often tempo and key are heard rightly, on tracks whose tempo and key are known."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import librosa
import numpy as np
from tests.bench.ingest import model_card
from tests.bench.report import Row

from segue.audio.decoding import decode_stream
from segue.audio.mel import log_mel
from segue.audio.musical_key import LONGEST_SECONDS, KeyMeter
from segue.audio.tempo import TempoMeter
from segue.notation import KEYS, key_of
from segue.settings import DEFAULT_MODEL

_TOLERANCE = 0.04
_OCTAVES = (1, 2, 3, 1 / 2, 1 / 3)
_SURE = 0.5


def measure(models: Path, rendered: Path) -> tuple[list[Row], dict]:
    """Rows and raw numbers.

    Tempo: accuracy 1 and 2 of Gouyon et al. (2006), within 4 %, the second one also at twice, three
    times, half or a third. Key: the share that is right, and MIREX's weighted score.

    Parameters
    ----------
    rendered
        Folder that ``segue corpus render`` wrote: its manifest says tempo and key.
    """
    front = model_card(models, DEFAULT_MODEL).front_end
    said, heard, seconds = [], [], {"tempo": 0.0, "key": 0.0, "librosa": 0.0}
    for line in (rendered / "manifest.jsonl").read_text().splitlines():
        row = json.loads(line)
        blocks = decode_stream(
            rendered / row["path"], front.rate_hz, length_seconds=LONGEST_SECONDS
        )
        samples = np.concatenate(list(blocks))
        mel = log_mel(samples, front)
        began = time.process_time()
        meter = TempoMeter(front)
        meter.push(mel)
        tempo = meter.estimate()
        seconds["tempo"] += time.process_time() - began
        began = time.process_time()
        listener = KeyMeter(front.rate_hz)
        listener.push(samples)
        key = listener.estimate()
        seconds["key"] += time.process_time() - began
        began = time.process_time()
        onsets = librosa.onset.onset_strength(S=mel, sr=front.rate_hz, hop_length=front.hop)
        theirs = librosa.feature.tempo(
            onset_envelope=onsets, sr=front.rate_hz, hop_length=front.hop
        )
        seconds["librosa"] += time.process_time() - began
        said.append((float(row["tempo"]), key_of(row["key"])))
        heard.append((tempo, key, float(theirs[0])))
    tempi = [(one.bpm if one else 0.0) for one, _, _ in heard]
    true = [tempo for tempo, _ in said]
    keys = [
        (key.key if key else "", known) for (_, key, _), (_, known) in zip(heard, said, strict=True)
    ]
    sure = {
        "tempo": [one is not None and one.confidence >= _SURE for one, _, _ in heard],
        "key": [one is not None and one.confidence >= _SURE for _, one, _ in heard],
    }
    ours, others = _accuracies(tempi, true), _accuracies([one for _, _, one in heard], true)
    right = np.array([told == known for told, known in keys])
    mirex = np.mean([_mirex(told, known) for told, known in keys])
    rows = [
        Row("estimates", "tracks", f"{len(said)}"),
        Row("estimates", "tempo, accuracy 1 and 2", _two(ours)),
        Row("estimates", "librosa.feature.tempo, accuracy 1 and 2", _two(others)),
        Row("estimates", "key, right and MIREX score", f"{right.mean():.3f}, {mirex:.3f}"),
        Row("estimates", "tempo, confidence ≥ 0.5: share, accuracy 1",
            _of_sure(sure["tempo"], _within(tempi, true, (1,)))),
        Row("estimates", "key, confidence ≥ 0.5: share, right", _of_sure(sure["key"], right)),
        *(
            Row("estimates", f"{name}, CPU", f"{1_000 * one / len(said):.1f} ms a track")
            for name, one in seconds.items()
        ),
    ]  # fmt: skip
    return rows, {"tempo": ours, "librosa": others, "mirex": float(mirex), "cpu_s": seconds}


def _within(heard: Sequence[float], true: Sequence[float], factors: Sequence[float]) -> np.ndarray:
    ratios = np.array(heard) / np.array(true)
    return np.any([np.abs(ratios / one - 1) <= _TOLERANCE for one in factors], axis=0)


def _accuracies(heard: Sequence[float], true: Sequence[float]) -> Mapping[str, float]:
    return {
        "accuracy 1": float(_within(heard, true, (1,)).mean()),
        "accuracy 2": float(_within(heard, true, _OCTAVES).mean()),
    }


def _mirex(told: str, known: str) -> float:
    """1 for the key, 0.5 for a fifth, 0.3 for the relative key, 0.2 for the parallel one."""
    if told not in KEYS:
        return 0.0
    tonic, true = KEYS.index(told) % 12, KEYS.index(known) % 12
    same_mode = told.endswith("m") == known.endswith("m")
    away = (tonic - true) % 12
    if same_mode:
        return {0: 1.0, 5: 0.5, 7: 0.5}.get(away, 0.0)
    relative = 3 if known.endswith("m") else 9
    return {0: 0.2, relative: 0.3}.get(away, 0.0)


def _two(accuracies: Mapping[str, float]) -> str:
    return ", ".join(f"{one:.3f}" for one in accuracies.values())


def _of_sure(sure: Sequence[bool], right: np.ndarray) -> str:
    chosen = np.array(sure)
    return f"{chosen.mean():.2f}, {right[chosen].mean() if chosen.any() else 0:.3f}"
