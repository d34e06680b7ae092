"""Options that several commands have in common."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from segue.cli.patience import RETRY_SECONDS
from segue.command import json_option
from segue.tracks import DEFAULT_PROBABILITIES, LEAST_PROBABILITY, LabelSource

F = TypeVar("F", bound=Callable[..., Any])


def data_option(command: F) -> F:
    """Add ``--data``."""
    return click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        help="Data folder of the embedded stack.  [default: $SEGUE_DATA, else "
        "$XDG_DATA_HOME/segue, else ~/.local/share/segue]",
    )(command)


def retry_option(command: F) -> F:
    """Add ``--retry-seconds``."""
    return click.option(
        "--retry-seconds",
        type=click.FloatRange(min=0),
        default=RETRY_SECONDS,
        show_default=True,
        help="How long to try again while the stack does not answer.",
    )(command)


def label_source_options(command: F) -> F:
    """Add ``--labels`` and ``--probability``: which genres and moods filters look at."""
    command = click.option(
        "--probability",
        type=click.FloatRange(LEAST_PROBABILITY, 1),
        help="From where on a predicted label counts.  [default: "
        + ", ".join(f"{least:g} for {name}" for name, least in DEFAULT_PROBABILITIES.items())
        + "]",
    )(command)
    return click.option(
        "--labels",
        "label_source",
        type=click.Choice([source.value for source in LabelSource]),
        default=LabelSource.GIVEN.value,
        show_default=True,
        help="Which genres and moods (and tempo and key) are meant: those given with the tracks "
        "and in their tags, those that are heard, or either.",
    )(command)


def stack_options(command: F) -> F:
    """Add ``--address``, ``--data``, ``--timeout`` and ``--json``."""
    command = json_option(command)
    command = click.option(
        "--timeout",
        "timeout_seconds",
        type=click.FloatRange(min=0.1),
        default=30.0,
        show_default=True,
        help="Seconds to wait for one answer.",
    )(command)
    command = data_option(command)
    return click.option(
        "--address",
        envvar="SEGUE_ADDRESS",
        metavar="HOST:PORT",
        help="A stack elsewhere, instead of the one in the data folder.  [env: SEGUE_ADDRESS]",
    )(command)
