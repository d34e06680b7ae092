"""What embedding 30 s of music costs with each model: ONNX Runtime on one core."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import onnxruntime
from tests.bench.report import Row, at_most

from segue.embedding.configuration import newest_version, read_configuration_file

SECONDS = 30.0
ROUNDS = 40
LIMIT = 4.8
"""What 60 ms are of the 12.5 that the earlier model takes on the processor it was measured on."""


def measure(models: Path) -> tuple[list[Row], dict[str, object]]:
    """CPU milliseconds per clip; the models take turns, so that noise falls on all of them."""
    sessions = {}
    for folder in sorted(path for path in models.iterdir() if (path / "config.pbtxt").is_file()):
        version = newest_version(folder)
        front = read_configuration_file(folder / "config.pbtxt", version).card.front_end
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(
            folder / str(version) / "model.onnx", options, providers=["CPUExecutionProvider"]
        )
        hop_seconds = front.chunk_hop_frames * front.hop / front.rate_hz
        count = max(1, round(SECONDS / hop_seconds))
        shape = (count, front.bands, front.chunk_frames)
        chunks = np.random.default_rng(1).uniform(-80, 0, shape).astype(np.float32)
        sessions[folder.name] = (session, chunks)
    spent: dict[str, list[float]] = {name: [] for name in sessions}
    for _ in range(ROUNDS):
        for name, (session, chunks) in sessions.items():
            began = time.process_time()
            session.run(None, {session.get_inputs()[0].name: chunks})
            spent[name].append(time.process_time() - began)
    cost = {name: 1e3 * float(np.median(times)) for name, times in spent.items()}
    rows = [
        Row("models", f"{name}: CPU for 30 s of music, ONNX Runtime, one thread", f"{ms:.1f} ms")
        for name, ms in cost.items()
    ]
    if {"segue", "segue-1"} <= cost.keys():
        ratio = cost["segue"] / cost["segue-1"]
        rows.append(at_most("models", "segue beside segue-1", ratio, LIMIT))
    return rows, {"milliseconds": cost}
