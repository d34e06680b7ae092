"""Options that several commands have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from segue.cli.chosen_catalogue import catalogue_option
from segue.cli.patience import RETRY_SECONDS
from segue.command import json_option
from segue.kept_names import is_digest, kept_uri
from segue.library.names import is_playlist
from segue.object_names import ObjectName, is_object_uri
from segue.texts import shown_uri
from segue.tracks import DEFAULT_PROBABILITIES, LEAST_PROBABILITY, LabelSource

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class KeptSource:
    """An upload that is kept, by its SHA-256; all of them where that is empty."""

    sha256: str


class SourceType(click.ParamType["Path | ObjectName | KeptSource"]):
    """Where audio lies: a path, ``s3://bucket/key``, or ``kept://`` with or without a SHA-256.

    Parameters
    ----------
    objects
        Whether the last two are taken; else they are refused in words of their own.
    """

    name = "source"

    def __init__(self, *, objects: bool) -> None:
        self._objects = objects

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path | ObjectName | KeptSource:
        if isinstance(value, (Path, ObjectName, KeptSource)):
            return value
        if value.startswith(kept_uri("")):
            return self._kept(value.removeprefix(kept_uri("")), param, ctx)
        if not is_object_uri(value):
            if not self._objects and is_playlist(value) and not Path(value).is_dir():
                self.fail(
                    f"{value!r} is a playlist, not a folder; segue ingest takes what it names",
                    param,
                    ctx,
                )
            return Path(value)
        try:
            name = ObjectName.of(value)
        except ValueError as exc:
            self.fail(f"{shown_uri(value)!r} {exc}", param, ctx)
        if not self._objects:
            self.fail(
                f"{str(name)!r}: object stores are not synchronised, since they tell neither moves "
                "nor inodes; segue ingest takes what is below it, and embeds nothing twice",
                param,
                ctx,
            )
        return name

    def _kept(
        self, sha256: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> KeptSource:
        if not self._objects:
            self.fail("kept uploads are no folder; segue ingest takes them", param, ctx)
        if sha256 and not is_digest(sha256):
            self.fail(f"{sha256!r} is not the SHA-256 of an upload", param, ctx)
        return KeptSource(sha256)


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
    """Add ``--address``, ``--data``, ``--catalogue``, ``--timeout`` and ``--json``."""
    command = json_option(command)
    command = click.option(
        "--timeout",
        "timeout_seconds",
        type=click.FloatRange(min=0.1),
        default=30.0,
        show_default=True,
        help="Seconds to wait for one answer.",
    )(command)
    command = catalogue_option(command)
    command = data_option(command)
    return click.option(
        "--address",
        envvar="SEGUE_ADDRESS",
        metavar="HOST:PORT",
        help="A stack elsewhere, instead of the one in the data folder.  [env: SEGUE_ADDRESS]",
    )(command)
