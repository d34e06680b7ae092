"""How every command of the trainer fails: one sentence, its reason and the next step."""

from __future__ import annotations

from typing import Any

import click

from segue.errors import SegueError


class TrainerCommand(click.Command):
    """A command whose ``SegueError`` becomes its message."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SegueError as error:
            raise click.ClickException(f"{error} [{error.reason}]\n{error.next_step}") from error
