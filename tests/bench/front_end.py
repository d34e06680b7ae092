"""The serving front end beside librosa's: time on the same signals, and what importing costs."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from tests.bench.clips import catalogue_files
from tests.bench.ingest import model_card
from tests.bench.report import Row, at_most
from tests.librosa_mel import librosa_log_mel

from segue.audio.decoding import decode_stream
from segue.audio.front_end import FrontEnd
from segue.audio.mel import log_mel
from segue.audio.signals import Mono
from segue.settings import DEFAULT_MODEL

FILES = 20
ROUNDS = 5
LIMIT = 0.8
_IMPORTED = """
import json, time
import psutil
began = time.process_time()
{work}
print(json.dumps([time.process_time() - began, psutil.Process().memory_info().rss / 1e6]))
"""
_OURS = "import numpy; from segue.audio import mel"
_THEIRS = f"{_OURS}; import librosa; librosa.feature.melspectrogram; librosa.power_to_db"


def measure(catalogue: Path, models: Path) -> tuple[list[Row], dict[str, object]]:
    """Rows and raw numbers. Both take turns on the same signals, so that noise falls on both."""
    front = model_card(models, DEFAULT_MODEL).front_end
    signals = [
        np.concatenate(list(decode_stream(path, front.rate_hz)))
        for path in catalogue_files(catalogue)[:FILES]
    ]
    forms: dict[str, Callable[[Mono, FrontEnd], object]] = {
        "segue": log_mel,
        "librosa": librosa_log_mel,
    }
    spent = dict.fromkeys(forms, 0.0)
    for form in forms.values():
        form(signals[0], front)
    for _ in range(ROUNDS):
        for name, form in forms.items():
            began = time.process_time()
            for signal in signals:
                form(signal, front)
            spent[name] += time.process_time() - began
    minutes = ROUNDS * sum(signal.size for signal in signals) / front.rate_hz / 60
    cost = {name: 1e3 * seconds / minutes for name, seconds in spent.items()}
    seconds, megabytes = _difference(_imported(_THEIRS), _imported(_OURS))
    rows = [
        Row("front end", f"log-mel of a minute by {name}", f"{ms:.1f} ms CPU")
        for name, ms in cost.items()
    ]
    rows += [
        at_most("front end", "segue ÷ librosa", cost["segue"] / cost["librosa"], LIMIT),
        Row("front end", "importing librosa as well", f"{seconds:.1f} s CPU, {megabytes:.0f} MB"),
    ]
    raw = {"ms_per_minute": cost, "import_seconds": seconds, "import_megabytes": megabytes}
    return rows, raw


def _imported(work: str) -> tuple[float, float]:
    """CPU seconds and memory (MB, 10⁶ bytes) of a new process that does ``work``."""
    script = _IMPORTED.format(work=work)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    seconds, megabytes = json.loads(done.stdout)
    return seconds, megabytes


def _difference(more: tuple[float, float], less: tuple[float, float]) -> tuple[float, float]:
    return more[0] - less[0], more[1] - less[1]
