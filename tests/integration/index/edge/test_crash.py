"""Whatever is killed, and whenever: the index opens with every acknowledged write."""

from __future__ import annotations

import signal
import subprocess
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

import index_operations
from index_operations import DIMENSION, POLICY, SPACE, TRACKS, writes
from neighbours import BY_SOUND, assert_same, clear_query
from segue.index.edge.builds import BuildStep
from segue.index.edge.index import EdgeIndex
from segue.index.exact import ExactIndex
from segue.index.port import TrackIndex
from segue.tracks import TrackFilter

STEPS = [step.value for step in BuildStep]


def run_writer(folder: Path, step: str, victim: str) -> tuple[int, int]:
    """Number of acknowledged writes and the exit status."""
    done = subprocess.run(
        [sys.executable, index_operations.__file__, str(folder), step, victim],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode not in (0, -signal.SIGKILL):
        pytest.fail(done.stderr)
    return len(done.stdout.splitlines()), done.returncode


async def reopened(folder: Path) -> EdgeIndex:
    return await EdgeIndex.open(folder, space=SPACE, dimension=DIMENSION, policy=POLICY)


async def assert_holds(index: TrackIndex, acknowledged: int, *, in_doubt: bool) -> None:
    """The index equals the oracle after the acknowledged writes.

    The write under way when the process died may have happened, in part or not at all: its tracks
    are left out.
    """
    oracle = ExactIndex(space=SPACE, dimension=DIMENSION)
    stream = list(islice(writes(), acknowledged + 1))
    for write in stream[:acknowledged]:
        await write.apply(oracle)
    doubtful = tuple(stream[acknowledged].touched) if in_doubt else ()
    where = TrackFilter(exclude_track_ids=doubtful)
    right, _ = await oracle.list_tracks(limit=TRACKS, where=where)
    found, _ = await index.list_tracks(limit=TRACKS, where=where)
    assert found == right
    names = [track.track_id for track in right]
    vectors, expected = await index.vectors(names), await oracle.vectors(names)
    assert set(vectors) == set(expected)
    for name in names:
        np.testing.assert_allclose(vectors[name], expected[name], atol=1e-6)
    query = clear_query(oracle, np.random.default_rng(acknowledged))
    for granularity in BY_SOUND:
        answer = await index.search(
            query, limit=TRACKS, where=where, granularity=granularity, exact=True
        )
        truth = await oracle.search(query, limit=TRACKS, where=where, granularity=granularity)
        assert_same(answer, truth)
    if not in_doubt:
        assert (await index.info()).segments == (await oracle.info()).segments


@pytest.mark.parametrize("step", STEPS)
async def test_process_killed_at_every_step_of_a_build(tmp_path: Path, step: str) -> None:
    acknowledged, status = run_writer(tmp_path, step, "parent")
    assert status == -signal.SIGKILL
    assert acknowledged > 20
    index = await reopened(tmp_path)
    await assert_holds(index, acknowledged, in_doubt=True)
    for write in islice(writes(), acknowledged, acknowledged + 30):
        await write.apply(index)
    await index.settled()
    await assert_holds(index, acknowledged + 30, in_doubt=False)
    assert (await index.info()).unindexed < POLICY.least
    await index.close()
    for kind in ("tracks", "segments"):
        left = {path.name.partition("-")[0] for path in (tmp_path / f"{kind}.{SPACE}").iterdir()}
        assert left == {"manifest.json", "generation"}
        assert len(list((tmp_path / f"{kind}.{SPACE}").iterdir())) == 2


async def test_killed_build_is_tried_again(tmp_path: Path) -> None:
    acknowledged, status = run_writer(tmp_path, BuildStep.BUILDING.value, "child")
    assert status == 0
    index = await reopened(tmp_path)
    await assert_holds(index, acknowledged, in_doubt=False)
    await index.close()


async def test_writes_during_builds_are_kept(tmp_path: Path) -> None:
    acknowledged, status = run_writer(tmp_path, "never", "nobody")
    assert status == 0
    index = await reopened(tmp_path)
    await assert_holds(index, acknowledged, in_doubt=False)
    await index.close()


@pytest.mark.parametrize("lines", [1, 40, 90])
async def test_acknowledged_writes_survive_sigkill(tmp_path: Path, lines: int) -> None:
    writer = subprocess.Popen(
        [sys.executable, index_operations.__file__, str(tmp_path), "never", "writer"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout is not None
    acknowledged = sum(1 for _ in islice(writer.stdout, lines))
    writer.kill()
    acknowledged += len(writer.stdout.readlines())
    writer.stdout.close()
    writer.wait()
    assert acknowledged >= lines
    index = await reopened(tmp_path)
    await assert_holds(index, acknowledged, in_doubt=True)
    await index.close()
