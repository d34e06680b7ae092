"""How every command fails: one line for a person or one JSON object, and an exit code.

Exit codes: 0 all is well, 1 something was refused or failed, 2 wrong usage, 3 no stack answers (or
it cannot answer now).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import click

from segue.errors import SegueError
from segue.output import say, say_json
from segue.texts import without_secrets

EXIT_FAILED = 1
EXIT_UNAVAILABLE = 3

F = TypeVar("F", bound=Callable[..., Any])


class SegueCommand(click.Command):
    """A command whose ``SegueError`` becomes its message and its exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SegueError as exc:
            fail(exc, as_json=bool(ctx.params.get("as_json")))


def json_option(command: F) -> F:
    """Add ``--json``, which a ``SegueCommand`` heeds where it fails."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, errors too.")(command)


def insecure_option(command: F) -> F:
    """Add ``--insecure``."""
    return click.option(
        "--insecure",
        envvar="SEGUE_INSECURE",
        is_flag=True,
        help="Listen also where other machines reach it: calls are not encrypted.",
    )(command)


def fail(error: SegueError, *, as_json: bool) -> NoReturn:
    """Print an error and leave with its exit code."""
    if as_json:
        say_json({"error": describe(error)})
    else:
        # The end of a log comes in lines; in what a server says there are none (RemoteError).
        for line in sentence(error).split("\n"):
            say(line, err=True)
    raise SystemExit(exit_code(error))


def exit_code(error: SegueError) -> int:
    """Exit code of a command that this error ends."""
    return EXIT_UNAVAILABLE if error.retryable else EXIT_FAILED


def sentence(error: SegueError) -> str:
    """An error as one line for a person."""
    return f"segue: {without_secrets(str(error))} [{error.reason}] {error.next_step}".rstrip()


def describe(error: SegueError) -> dict[str, str]:
    """An error as an object for ``--json``."""
    message = without_secrets(str(error))
    return {"reason": error.reason, "message": message, "next_step": error.next_step}
