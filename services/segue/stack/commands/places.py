"""Where a command finds the stack that it speaks to."""

from __future__ import annotations

import ipaddress
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from segue.stack.client import SegueClient
from segue.stack.folder import DataFolder, StackState
from segue.stack.patience import RETRY_SECONDS, Patience

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Place:
    """A stack's address.

    Attributes
    ----------
    state
        What the stack's folder says, when it is an embedded stack of this machine.
    words
        Options by which another command finds the same stack.
    """

    address: str
    state: StackState | None
    timeout_seconds: float
    words: tuple[str, ...] = ()

    def client(self, patience: Patience | None = None) -> SegueClient:
        """A client of the stack; close it after use."""
        return SegueClient(self.address, timeout_seconds=self.timeout_seconds, patience=patience)

    def command(self, *words: str) -> str:
        """A ``segue`` command that speaks to this stack, as a person types it."""
        return shlex.join(("segue", *words, *self.words))

    @property
    def same_machine(self) -> bool:
        """Whether the stack can be expected to read this machine's files."""
        if self.state is not None:
            return True
        host = self.address.removeprefix("ipv4:").removeprefix("ipv6:").rpartition(":")[0]
        try:
            return ipaddress.ip_address(host.strip("[]")).is_loopback
        except ValueError:
            return host == "localhost"


def find_place(address: str | None, data: Path | None, timeout_seconds: float) -> Place:
    """The stack of ``--address``, else the one that runs in the data folder.

    Raises
    ------
    StackNotFound
        When no address is given and no stack runs in the folder.
    """
    if address:
        return Place(address, None, timeout_seconds, ("--address", address))
    state = data_folder(data).running()
    words = () if data is None else ("--data", str(data))
    return Place(state.address, state, timeout_seconds, words)


def data_folder(data: Path | None) -> DataFolder:
    """The folder of ``--data``, else the default one."""
    return DataFolder(data.expanduser().resolve()) if data is not None else DataFolder.default()


def data_option(command: F) -> F:
    """Add ``--data``."""
    return click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        help="Data folder of the embedded stack.  [default: $SEGUE_DATA, else "
        "$XDG_DATA_HOME/segue, else ~/.local/share/segue]",
    )(command)


def json_option(command: F) -> F:
    """Add ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, errors too.")(command)


def retry_option(command: F) -> F:
    """Add ``--retry-seconds``."""
    return click.option(
        "--retry-seconds",
        type=click.FloatRange(min=0),
        default=RETRY_SECONDS,
        show_default=True,
        help="How long to try again while the stack does not answer.",
    )(command)


def place_options(command: F) -> F:
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
