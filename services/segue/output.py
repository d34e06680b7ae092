"""What commands print: the one place that writes to a terminal.

Titles, names of files, and messages of a server are data of strangers. On a terminal they could
move the cursor, forge lines or ring the bell, and Rich would read brackets in them as its markup.
So every command prints through this module, which shows control characters as escapes, takes text
as it stands, and leaves out what may be secret in a URI.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import click
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from segue.texts import shown, without_secrets

UNBOUND_CELLS = 10_000
"""A width in which every table has room."""


def say(line: str, *, err: bool = False) -> None:
    """Print one line; what would end it is shown as an escape."""
    click.echo(plain(line), err=err)


def say_secret(line: str) -> None:
    """Print one line of ours with the secret that it is asked for: nothing is left out of it."""
    click.echo(shown(line))


def say_json(answer: object) -> None:
    """Print an object as one line of JSON, in ASCII."""
    click.echo(json.dumps(answer))


def plain(text: str) -> str:
    """A text as it may be written to a terminal, on one line."""
    return shown(without_secrets(text))


def styled(text: str, style: str) -> Text:
    """A text in colour. Elsewhere plain strings do: markup is never read."""
    return Text(plain(text), style)


def lines(*texts: str | Text) -> Text:
    """Several lines of one cell of a table."""
    written = [text if isinstance(text, Text) else Text(plain(text)) for text in texts]
    return Text("\n").join(written)


class PlainConsole(Console):
    """A Rich console for strangers' texts: no markup, no emoji codes, no control characters."""

    def __init__(self, *, err: bool = False, **options: Any) -> None:
        super().__init__(stderr=err, highlight=False, markup=False, emoji=False, **options)

    def print_whole(self, table: Table) -> None:
        """Print a table that is rather wider than the terminal than that a cell is cut."""
        boundless = self.options.update(width=UNBOUND_CELLS)
        table.width = self.measure(table, options=boundless).maximum
        self.print(table, crop=False)

    def render_str(self, text: str, **options: Any) -> Text:
        """Read a string, of one line, as it stands."""
        return super().render_str(plain(text), **options)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render, and see that nothing but Rich itself controls the terminal."""
        for segment in super().render(renderable, options):
            if segment.control or segment.text == "\n":
                yield segment
            else:
                yield segment._replace(text="\n".join(map(shown, segment.text.split("\n"))))
