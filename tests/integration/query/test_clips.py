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

from malformed_audio import clean_audio
from query_service import CARD, HANGER, KILLER, BandEmbedder, fragile
from segue import deadlines
from segue.audio.decoding import AudioLimits
from segue.audio.front_end import FrontEnd
from segue.errors import AudioError, DeadlineExceeded, InvalidArgument
from segue.query.clips import DECODERS, Clip, ClipEmbedder, HeardClip, decoded
from segue.turns import set_line
from waiting import until_async


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
        *(clips.heard(clip, CARD) for clip in [*good[:3], KILLER, *good[3:]]),
        return_exceptions=True,
    )
    killed = answers.pop(3)
    assert isinstance(killed, AudioError)
    assert killed.reason == "AUDIO_DECODER_CRASHED"
    for answer in answers:
        assert isinstance(answer, HeardClip), answer
        np.testing.assert_allclose(np.linalg.norm(answer.vector), 1, rtol=1e-6)
    heard = await clips.heard(good[0], CARD)
    assert heard.vector.shape == (8,)
    assert heard.passages.shape[1] == 8
    np.testing.assert_allclose(np.linalg.norm(heard.passages, axis=1), 1, rtol=1e-6)
    assert heard.genre_shares is None


async def test_a_clip_that_hangs_its_decoder_is_ended() -> None:
    clips = ClipEmbedder(BandEmbedder(), timeout_seconds=3, decode=fragile)
    with pytest.raises(AudioError) as caught:
        await clips.heard(HANGER, CARD)
    assert caught.value.reason == "AUDIO_DECODER_TIMEOUT"
    clips.close()


async def search(clips: ClipEmbedder, line: str, clip: Clip, served: list[str]) -> None:
    set_line((line, ""))
    await clips.heard(clip, CARD)
    served.append(line)


async def test_callers_take_turns_at_the_decoders(clips: ClipEmbedder) -> None:
    served: list[str] = []
    await clips.heard(Clip(b"first"), CARD)  # the processes are there now
    async with asyncio.TaskGroup() as group:
        for number in range(30):
            group.create_task(search(clips, "greedy", Clip(bytes([number + 1])), served))
        await asyncio.sleep(0)
        group.create_task(search(clips, "modest", Clip(b"modest"), served))
    assert served.count("greedy") == 30
    # Those that were being decoded, one turn of each line, and those that end at the same time.
    assert served.index("modest") <= 3 * DECODERS


async def test_a_decoder_is_busy_until_it_is_done_also_when_nobody_waits(
    clips: ClipEmbedder,
) -> None:
    await clips.heard(Clip(b"first"), CARD)
    gone = [asyncio.create_task(clips.heard(HANGER, CARD)) for _ in range(DECODERS)]
    # A thread has taken each.
    await until_async(lambda: not clips._decoders._idle.qsize(), every=0.001)
    for task in gone:
        task.cancel()
    await asyncio.gather(*gone, return_exceptions=True)
    deadlines.set_remaining_seconds(0.5)
    with pytest.raises(DeadlineExceeded, match="no decoder was free"):
        await clips.heard(Clip(b"later"), CARD)


def test_a_clip_of_too_many_samples_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    few = AudioLimits(max_samples=22_050)
    monkeypatch.setattr("segue.query.clips.CLIP_LIMITS", few)
    with pytest.raises(AudioError) as caught:
        decoded(Clip(clean_audio("flac"), length_seconds=5.0), FrontEnd())
    assert caught.value.reason == "AUDIO_TOO_MANY_SAMPLES"


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), float("inf")])
def test_a_passage_that_is_none(seconds: float) -> None:
    with pytest.raises(InvalidArgument):
        Clip(b"x", start_seconds=seconds)
    with pytest.raises(InvalidArgument):
        Clip(b"x", length_seconds=seconds)


def test_decoders_do_not_outlive_a_service_that_is_killed() -> None:
    script = (
        "import asyncio\n"
        "from query_service import CARD, BandEmbedder, fragile\n"
        "from segue.query.clips import Clip, ClipEmbedder\n"
        "async def main():\n"
        "    clips = ClipEmbedder(BandEmbedder(), timeout_seconds=60, decode=fragile)\n"
        "    await clips.heard(Clip(b'x'), CARD)\n"
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
