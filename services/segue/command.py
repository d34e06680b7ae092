"""How every command fails: one line for a person or one JSON object, and an exit code.

Exit codes: 0 all is well, 1 something was refused or failed, 2 wrong usage, 3 no stack answers (or
it cannot answer now).
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import click

from segue.errors import InvalidRequest, SegueError
from segue.next_steps import next_step_at_command
from segue.output import say, say_json
from segue.texts import without_secrets

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_UNAVAILABLE = 3

F = TypeVar("F", bound=Callable[..., Any])


class Interrupted(SegueError):
    """The person ended the command."""

    reason = "INTERRUPTED"
    next_step = "Run it again."


class WrongUsage(InvalidRequest):
    """The command was called in a way that it does not know."""

    reason = "USAGE"


class SegueCommand(click.Command):
    """A command whose ``SegueError`` becomes its message and its exit code.

    With ``--json`` whatever ends it becomes JSON: wrong usage, an interruption, our own bugs too.
    """

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        # Options are not known yet where they are wrong.
        as_json = "--json" in args and any(one.name == "as_json" for one in self.params)
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.UsageError as exc:
            if as_json:
                _fail_usage(exc)
            raise

    def invoke(self, ctx: click.Context) -> Any:
        as_json = bool(ctx.params.get("as_json"))
        try:
            return super().invoke(ctx)
        except SegueError as exc:
            fail(exc, as_json=as_json)
        except click.UsageError as exc:
            if as_json:
                _fail_usage(exc)
            raise
        except (KeyboardInterrupt, click.Abort):
            if as_json:
                fail(Interrupted("ended by hand"), as_json=True)
            raise
        except (click.ClickException, click.exceptions.Exit, BrokenPipeError):
            raise
        except Exception as exc:
            if as_json:
                traceback.print_exc()
                fail(SegueError(f"{type(exc).__name__}: {exc}"), as_json=True)
            raise


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


def _fail_usage(error: click.UsageError) -> NoReturn:
    path = "segue" if error.ctx is None else error.ctx.command_path
    wrong = WrongUsage(error.format_message(), next_step=f"See: {path} --help")
    say_json({"error": describe(wrong)})
    raise SystemExit(EXIT_USAGE)


def exit_code(error: SegueError) -> int:
    """Exit code of a command that this error ends."""
    return EXIT_UNAVAILABLE if error.retryable else EXIT_FAILED


def sentence(error: SegueError) -> str:
    """An error as one line for a person."""
    step = next_step_at_command(error)
    return f"segue: {without_secrets(str(error))} [{error.reason}] {step}".rstrip()


def describe(error: SegueError) -> dict[str, str]:
    """An error as an object for ``--json``."""
    message = without_secrets(str(error))
    step = next_step_at_command(error)
    return {"reason": error.reason, "message": message, "next_step": step}
