"""``segue prepare``: fetch what the first start would fetch."""

from __future__ import annotations

import click

from segue.command import SegueCommand
from segue.output import say
from segue.stack.triton_wheel import fetch_triton


@click.command(cls=SegueCommand)
def prepare() -> None:
    """Fetch the embedded inference server, so that `segue up` needs no network.

    It lies in $SEGUE_CACHE, else $XDG_CACHE_HOME/segue, else ~/.cache/segue. Does nothing when it
    is there.
    """
    files = fetch_triton(lambda phrase: say(f"{phrase} ..."))
    say(f"The inference server is in {files.root}.")
