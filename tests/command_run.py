"""``segue`` commands in this process, against a service in the same process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from click.testing import CliRunner, Result

from segue.cli import main

Run = Callable[..., Awaitable[Result]]
"""Takes the words of a command, and gives its exit code and output."""


def against(address: str) -> Run:
    """Run commands against the service at an address, which this thread goes on serving."""

    async def run(*words: object) -> Result:
        arguments = [*map(str, words), "--address", address]
        return await asyncio.to_thread(CliRunner().invoke, main, arguments)

    return run
