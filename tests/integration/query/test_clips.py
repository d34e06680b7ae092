"""Clips that kill or hang their decoder."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from query_service import HANGER, KILLER, BandEmbedder, fragile
from segue.audio.front_end import FrontEnd
from segue.errors import AudioError, InvalidArgument
from segue.query.clips import Clip, ClipEmbedder


@pytest.fixture
async def clips() -> AsyncIterator[ClipEmbedder]:
    embedder = ClipEmbedder(BandEmbedder(), timeout_seconds=60, decode=fragile)
    yield embedder
    embedder.close()


async def test_a_clip_that_kills_its_decoder_kills_only_its_own_search(
    clips: ClipEmbedder,
) -> None:
    good = [Clip(bytes([65 + number])) for number in range(6)]
    answers = await asyncio.gather(
        *(clips.vector(clip, FrontEnd()) for clip in [*good[:3], KILLER, *good[3:]]),
        return_exceptions=True,
    )
    killed = answers.pop(3)
    assert isinstance(killed, AudioError)
    assert killed.reason == "AUDIO_DECODER_CRASHED"
    for answer in answers:
        assert isinstance(answer, np.ndarray), answer
        np.testing.assert_allclose(np.linalg.norm(answer), 1, rtol=1e-6)
    assert (await clips.vector(good[0], FrontEnd())).shape == (8,)


async def test_a_clip_that_hangs_its_decoder_is_ended() -> None:
    clips = ClipEmbedder(BandEmbedder(), timeout_seconds=3, decode=fragile)
    with pytest.raises(AudioError) as caught:
        await clips.vector(HANGER, FrontEnd())
    assert caught.value.reason == "AUDIO_DECODER_TIMEOUT"
    clips.close()


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), float("inf")])
def test_a_passage_that_is_none(seconds: float) -> None:
    with pytest.raises(InvalidArgument):
        Clip(b"x", start_seconds=seconds)
    with pytest.raises(InvalidArgument):
        Clip(b"x", length_seconds=seconds)


def test_decoders_do_not_outlive_a_service_that_is_killed() -> None:
    script = (
        "import asyncio\n"
        "from query_service import BandEmbedder, fragile\n"
        "from segue.audio.front_end import FrontEnd\n"
        "from segue.query.clips import Clip, ClipEmbedder\n"
        "async def main():\n"
        "    clips = ClipEmbedder(BandEmbedder(), timeout_seconds=60, decode=fragile)\n"
        "    await clips.vector(Clip(b'x'), FrontEnd())\n"
        "    print('ready', flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "if __name__ == '__main__':\n"
        "    asyncio.run(main())\n"
    )
    found = (str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", ""))
    service = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(found)},
    )
    assert service.stdout is not None
    with service, service.stdout:
        assert service.stdout.readline() == b"ready\n"
        children = psutil.Process(service.pid).children(recursive=True)
        service.kill()
    assert children
    assert not psutil.wait_procs(children, timeout=60)[1]
