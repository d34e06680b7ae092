"""CPU of ingesting a 30 s MP3: the whole path beside its bare stages, and beside bliss."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
from tests.bench.clips import write_clips
from tests.bench.cpu import cpu_seconds, tree
from tests.bench.engine import bare_upsert
from tests.bench.report import Row, at_most
from tests.bench.stack import BenchStack

from segue.audio.chunking import chunks
from segue.audio.decoding import decode_stream
from segue.audio.mel import log_mel
from segue.audio.tags import read_tags
from segue.embedding.configuration import newest_version, read_configuration_file
from segue.embedding.model import ModelCard
from segue.embedding.pooling import segments, song_vector
from segue.settings import DEFAULT_MODEL
from segue.tracks import EmbeddedTrack, Track

PARTS = ("worker", "triton", "query", "queue")
LIMIT = 1.2
WARM_FILES = 16
WARM_CPU_SECONDS = 0.5
WARM_ROUNDS = 20


def measure(catalogue: Path, models: Path, folder: Path, clips: int) -> tuple[list[Row], dict]:
    """Rows and raw numbers; CPU milliseconds per file everywhere."""
    warm = write_clips(catalogue, folder / "warm", WARM_FILES)
    files = write_clips(catalogue, folder / "clips", clips)
    bare = bare_stages(models, files, folder / "bare")
    total = sum(bare.values())
    whole, wall = whole_path(warm, files, folder / "stack")
    bliss = bliss_cpu(files)
    path = sum(whole.values())
    rows = [Row("ingest", f"bare {name}", f"{ms:.1f} ms CPU") for name, ms in bare.items()]
    rows.append(Row("ingest", "sum of bare stages", f"{total:.1f} ms CPU"))
    rows += [Row("ingest", f"whole path: {name}", f"{ms:.1f} ms CPU") for name, ms in whole.items()]
    rows += [
        Row("ingest", "whole path", f"{path:.1f} ms CPU"),
        at_most("ingest", "whole path ÷ bare stages", path / total, LIMIT),
        Row("ingest", "bliss-audio on the same files", f"{bliss:.1f} ms CPU"),
        Row("ingest", "whole path ÷ bliss-audio", f"{path / bliss:.2f} ×"),
        Row("ingest", "rate of the whole stack", f"{3600 * clips / wall:,.0f} tracks/h"),
    ]
    raw = {"files": clips, "bare_ms": bare, "whole_ms": whole, "bliss_ms": bliss, "wall_s": wall}
    return rows, raw


def bare_stages(models: Path, files: list[Path], folder: Path) -> dict[str, float]:
    """CPU ms per file of each stage alone, in this process, one thread, after a warm-up."""
    card = model_card(models, DEFAULT_MODEL)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        models / DEFAULT_MODEL / str(card.version) / "model.onnx",
        options,
        providers=["CPUExecutionProvider"],
    )
    name = session.get_inputs()[0].name
    front = card.front_end
    signals = [np.concatenate(list(decode_stream(path, front.rate_hz))) for path in files]
    mels = [log_mel(signal, front) for signal in signals]
    batches = [next(iter(chunks([mel], front))) for mel in mels]
    outputs = [session.run(["embedding"], {name: batch.mels})[0] for batch in batches]
    tracks = [
        EmbeddedTrack(
            Track(f"bare-{number}", duration_seconds=30.0),
            card.space,
            song_vector(vectors, card.halves),
            segments=segments(
                vectors,
                batch.start_seconds,
                chunk_seconds=front.chunk_seconds,
                halves=card.halves,
            ),
        )
        for number, (vectors, batch) in enumerate(zip(outputs, batches, strict=True))
    ]
    stages: dict[str, Callable[[int], object]] = {
        "fetch": lambda n: _fetch(files[n]),
        "decode + resample": lambda n: list(decode_stream(files[n], front.rate_hz)),
        "log-mel": lambda n: log_mel(signals[n], front),
        "ONNX session": lambda n: session.run(["embedding"], {name: batches[n].mels}),
        "engine upsert": bare_upsert(folder, tracks),
    }
    return {stage: _cpu_ms(work, len(files)) for stage, work in stages.items()}


def model_card(models: Path, name: str) -> ModelCard:
    """What a model says of itself, with no server."""
    folder = models / name
    return read_configuration_file(folder / "config.pbtxt", newest_version(folder)).card


def whole_path(warm: list[Path], files: list[Path], data: Path) -> tuple[dict[str, float], float]:
    """CPU ms per file of every process of the stack, and wall seconds for all files."""
    with BenchStack(data) as stack:
        _warm_up(stack, warm)
        before = {part: cpu_seconds(stack.part_pid(part)) for part in PARTS}
        started = time.perf_counter()
        answer = json.loads(stack.segue("ingest", *map(str, files), "--json"))
        wall = time.perf_counter() - started
        after = {part: cpu_seconds(stack.part_pid(part)) for part in PARTS}
    if answer["indexed"] != len(files):
        raise RuntimeError(f"only part of the files were indexed: {answer}")
    return {part: 1000 * (after[part] - before[part]) / len(files) for part in PARTS}, wall


def _fetch(path: Path) -> None:
    with path.open("rb") as file:
        hashlib.file_digest(file, "sha256")
        file.seek(0)
        read_tags(file)


def _warm_up(stack: BenchStack, files: list[Path]) -> None:
    """Ingest until every process of the worker has loaded all that it loads for its first track."""
    for _ in range(WARM_ROUNDS):
        stack.segue("ingest", "--force", *map(str, files), "--json")
        _, *children = tree(stack.part_pid("worker"))
        if all(sum(child.cpu_times()[:2]) > WARM_CPU_SECONDS for child in children):
            return
    raise RuntimeError("some process of the worker never got a track")


def bliss_cpu(files: list[Path]) -> float:
    """CPU ms per file of bliss-audio's analysis."""
    import bliss_audio

    return _cpu_ms(lambda n: bliss_audio.Song(os.fspath(files[n])), len(files))


def _cpu_ms(work: Callable[[int], object], count: int) -> float:
    work(0)
    started = time.process_time()
    for number in range(count):
        work(number)
    return 1000 * (time.process_time() - started) / count
