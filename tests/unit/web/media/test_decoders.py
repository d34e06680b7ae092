"""Who may wait to have a file decoded."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from segue.audio.decoding import probe
from segue.errors import AudioError, Overloaded
from segue.turns import set_line
from segue.web.callers import OWNERS_LINE
from segue.web.media.decoders import MOST_WAITING, SIZE, Decoders

HALF = MOST_WAITING // 2


async def test_crowds_leave_room_for_the_owner_and_one_machine_for_others(tmp_path: Path) -> None:
    decoders, gate = Decoders(), tmp_path / "gate"
    os.mkfifo(gate)
    waiting: list[asyncio.Task[int]] = []

    async def crowd(line: str) -> int:
        """How many of one machine may wait."""
        before = len(waiting)
        set_line((line,))
        for _ in range(MOST_WAITING + 1):
            one = asyncio.create_task(decoders.run(os.open, gate, os.O_RDONLY))
            await asyncio.sleep(0)
            if one.done():
                assert isinstance(one.exception(), Overloaded)
                break
            waiting.append(one)
        return len(waiting) - before

    try:
        assert [await crowd(line) for line in ("a", "b", "c")] == [HALF, HALF, 0]
        assert await crowd(OWNERS_LINE) == MOST_WAITING
        for one in waiting[SIZE:]:
            one.cancel()
        opened = os.open(gate, os.O_RDWR)  # lets those go on that have a place
        await asyncio.gather(*waiting, return_exceptions=True)
        os.close(opened)
        set_line(("c",))
        assert await decoders.run(len, "here") == 4
    finally:
        await decoders.close()


async def test_what_failed_waits_no_more() -> None:
    decoders = Decoders()
    set_line(("a",))
    try:
        for _ in range(HALF + 1):
            with pytest.raises(AudioError):
                await decoders.run(probe, b"no audio")
    finally:
        await decoders.close()
