"""``--catalogue``: which catalogue of a stack a command is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from segue.catalogues import DEFAULT_CATALOGUE, is_catalogue_name

F = TypeVar("F", bound=Callable[..., Any])

_CHOSEN = "segue.cli.catalogue"


def catalogue_option(command: F) -> F:
    """Add ``--catalogue``, which :func:`chosen_catalogue` tells of."""
    return click.option(
        "--catalogue",
        envvar="SEGUE_CATALOGUE",
        metavar="NAME",
        expose_value=False,
        is_eager=True,
        callback=_choose,
        help="Catalogue of the stack, where not the default one is meant.  [env: SEGUE_CATALOGUE]",
    )(command)


def chosen_catalogue() -> str:
    """The catalogue that the command which runs is about."""
    context = click.get_current_context(silent=True)
    return DEFAULT_CATALOGUE if context is None else context.meta.get(_CHOSEN, DEFAULT_CATALOGUE)


def with_catalogue(service: str) -> str:
    """A name of the service for notes that are kept between runs: each catalogue has its own."""
    catalogue = chosen_catalogue()
    return f"{service}#{catalogue}" if catalogue else service


def _choose(ctx: click.Context, parameter: click.Parameter, value: str | None) -> None:
    del parameter
    if value and not is_catalogue_name(value):
        raise click.BadParameter(f"{value!r} is no name of a catalogue")
    ctx.meta[_CHOSEN] = value or DEFAULT_CATALOGUE
