"""CPU of ingesting a 30 s MP3: the whole path beside its bare stages, and beside bliss."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import onnxruntime
from tests.bench.clips import write_clips
from tests.bench.cpu import cpu_seconds, tree
from tests.bench.engine import bare_upsert
from tests.bench.report import Row, at_most
from tests.bench.stack import BenchStack

from segue.audio.chunking import chunks
from segue.audio.decoding import decode_stream
from segue.audio.front_end import FrontEnd
from segue.audio.mel import log_mel
from segue.audio.musical_key import KeyMeter
from segue.audio.signals import LogMel, Mono
from segue.audio.tags import read_tags
from segue.audio.tempo import TempoMeter
from segue.embedding.configuration import newest_version, read_configuration_file
from segue.embedding.model import ModelCard
from segue.embedding.pooling import segments, song_vector
from segue.settings import DEFAULT_MODEL
from segue.tracks import EmbeddedTrack, Track

PARTS = ("worker", "triton", "query", "queue")
LIMIT = 1.2
ROUNDS = 5
WARM_FILES = 16
WARM_CPU_SECONDS = 0.5
WARM_ROUNDS = 20


def measure(catalogue: Path, models: Path, folder: Path, clips: int) -> tuple[list[Row], dict]:
    """Rows and raw numbers; CPU milliseconds per file everywhere.

    The bare stages and the whole path take turns on the same files. What else runs on the
    computer, or beside it on the same host, slows either by a fifth and more for seconds at a
    time; so the ratio is that of a round, and the median of the rounds counts.
    """
    warm = write_clips(catalogue, folder / "warm", WARM_FILES)
    files = write_clips(catalogue, folder / "clips", clips * ROUNDS)
    rounds = []
    with BenchStack(folder / "stack") as stack:
        _warm_up(stack, warm)
        for number in range(ROUNDS):
            mine = files[number * clips : (number + 1) * clips]
            bare = bare_stages(models, mine, folder / f"bare-{number}")
            whole, wall = whole_path(stack, mine)
            rounds.append(
                {"bare_ms": bare, "whole_ms": whole, "wall_s": wall, "bliss_ms": bliss_cpu(mine)}
            )
    return _rows(rounds, clips), {"files": clips, "rounds": rounds}


def _rows(rounds: list[dict], clips: int) -> list[Row]:
    """Medians over the rounds; every ratio is taken within a round first."""
    totals = [(sum(one["bare_ms"].values()), sum(one["whole_ms"].values())) for one in rounds]
    ratios = [whole / bare for bare, whole in totals]
    rows = [
        Row("ingest", f"bare {name}", _spread([one["bare_ms"][name] for one in rounds]))
        for name in rounds[0]["bare_ms"]
    ]
    rows.append(Row("ingest", "sum of bare stages", _spread([bare for bare, _ in totals])))
    rows += [
        Row("ingest", f"whole path: {part}", _spread([one["whole_ms"][part] for one in rounds]))
        for part in PARTS
    ]
    return [
        *rows,
        Row("ingest", "whole path", _spread([whole for _, whole in totals])),
        at_most("ingest", "whole path ÷ bare stages", median(ratios), LIMIT),
        Row("ingest", "  lowest and highest round", f"{min(ratios):.2f} to {max(ratios):.2f} ×"),
        Row("ingest", "bliss-audio on the same files", _spread([r["bliss_ms"] for r in rounds])),
        Row(
            "ingest",
            "whole path ÷ bliss-audio",
            f"{median(w / r['bliss_ms'] for (_, w), r in zip(totals, rounds, strict=True)):.2f} ×",
        ),
        Row(
            "ingest",
            "rate of the whole stack",
            f"{median(3600 * clips / one['wall_s'] for one in rounds):,.0f} tracks/h",
        ),
    ]


def _spread(milliseconds: list[float]) -> str:
    """Median, and in brackets lowest and highest."""
    low, high = min(milliseconds), max(milliseconds)
    return f"{median(milliseconds):.1f} ms CPU ({low:.1f}-{high:.1f})"


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
        "tempo and key": lambda n: _listen(signals[n], mels[n], front),
        "ONNX session": lambda n: session.run(["embedding"], {name: batches[n].mels}),
        "engine upsert": bare_upsert(folder, tracks),
    }
    return {stage: _cpu_ms(work, len(files)) for stage, work in stages.items()}


def _listen(signal: Mono, mel: LogMel, front: FrontEnd) -> object:
    tempo, key = TempoMeter(front), KeyMeter(front.rate_hz)
    tempo.push(mel)
    key.push(signal)
    return tempo.estimate(), key.estimate()


def model_card(models: Path, name: str) -> ModelCard:
    """What a model says of itself, with no server."""
    folder = models / name
    return read_configuration_file(folder / "config.pbtxt", newest_version(folder)).card


def whole_path(stack: BenchStack, files: list[Path]) -> tuple[dict[str, float], float]:
    """CPU ms per file of every process of a warm stack, and wall seconds for all files."""
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
