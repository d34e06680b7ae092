"""Reading what a worker's sources give, and what they refuse."""

from __future__ import annotations

import hashlib

import pytest

from segue.callers import Caller
from segue.errors import SegueError
from segue.ingest.sources import Sources


async def read(sources: Sources, uri: str, caller: Caller = Caller.OWNER) -> bytes:
    """All bytes of a source; their hash is checked."""
    async with sources.fetch(uri, caller) as source:
        data = source.file.read()
        assert source.sha256 == hashlib.sha256(data).hexdigest()
        return data


async def refusal(sources: Sources, uri: str, caller: Caller = Caller.OWNER) -> SegueError:
    """Why a source is refused; it has to be."""
    with pytest.raises(SegueError) as caught:
        await read(sources, uri, caller)
    return caught.value
