"""A reproducible stream of writes to an index, and a process that applies it until it is killed.

    python tests/index_operations.py FOLDER STEP VICTIM

prints one line for each acknowledged write. At the ``STEP`` of its first graph build it kills
VICTIM: ``parent`` (itself), or ``child`` (the process that builds the graph), or nobody.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from segue.index.edge.builds import BuildPolicy, BuildStep
from segue.index.edge.index import EdgeIndex
from segue.index.port import TrackIndex
from segue.layers import MetadataLayers
from segue.tracks import EmbeddedTrack, Segment, Track, TrackMetadata

SPACE = "crash-v1"
DIMENSION = 8
TRACKS = 400
POLICY = BuildPolicy(least=100, share=0.2, pause_seconds=0.05)


@dataclass(frozen=True)
class Write:
    """One call of the index and the tracks it touches."""

    kind: str
    tracks: tuple[EmbeddedTrack, ...] = ()
    track_ids: tuple[str, ...] = ()
    metadata: TrackMetadata = TrackMetadata()

    @property
    def touched(self) -> set[str]:
        return {track.track.track_id for track in self.tracks} | set(self.track_ids)

    async def apply(self, index: TrackIndex) -> None:
        if self.kind == "upsert":
            await index.upsert(self.tracks)
        elif self.kind == "delete":
            await index.delete(self.track_ids)
        else:
            await index.describe(self.track_ids[0], MetadataLayers(given=self.metadata))


def writes(count: int = 1_000_000) -> Iterator[Write]:
    """Upserts of new and known tracks, deletions and changes of labels, always the same ones."""
    rng = np.random.default_rng(7)
    alive: set[str] = set()
    for number in range(count):
        kind = str(rng.choice(["upsert", "upsert", "upsert", "delete", "label"]))
        if kind == "upsert" or not alive:
            chosen = rng.choice(TRACKS, size=4, replace=False)
            tracks = tuple(_track(f"t{one}", number, rng) for one in chosen)
            alive |= {track.track.track_id for track in tracks}
            yield Write("upsert", tracks=tracks)
            continue
        victim = str(rng.choice(sorted(alive)))
        if kind == "delete":
            alive.discard(victim)
            yield Write("delete", track_ids=(victim,))
        else:
            label = TrackMetadata(title=f"label {number}", genres=(f"g{number % 5}",))
            yield Write("label", track_ids=(victim,), metadata=label)


def _track(track_id: str, number: int, rng: np.random.Generator) -> EmbeddedTrack:
    vectors = rng.standard_normal((1 + int(rng.integers(0, 4)), DIMENSION)).astype(np.float32)
    metadata = TrackMetadata(title=f"write {number}", genres=(f"g{number % 5}",))
    segments = [Segment(i, float(i), i + 1.0, part) for i, part in enumerate(vectors[1:])]
    return EmbeddedTrack(Track(track_id, metadata), SPACE, vectors[0], None, segments)


async def write_until_killed(folder: Path, step: str, victim: str) -> None:
    killed = False
    built = asyncio.Event()

    def on_step(reached: BuildStep) -> None:
        nonlocal killed
        if victim == "writer":  # somebody kills it from outside
            return
        if reached is BuildStep.REMOVED and (killed or victim != "child"):
            built.set()
        if reached.value != step or killed:
            return
        killed = True
        if victim == "parent":
            os.kill(os.getpid(), signal.SIGKILL)
        if victim == "child":
            for child in psutil.Process().children():
                child.kill()

    index = await EdgeIndex.open(
        folder, space=SPACE, dimension=DIMENSION, policy=POLICY, on_step=on_step
    )
    for number, write in enumerate(writes()):
        await write.apply(index)
        print(number, flush=True)
        await asyncio.sleep(0)
        if built.is_set():
            break
    await index.settled()
    await index.close()


if __name__ == "__main__":
    asyncio.run(write_until_killed(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
