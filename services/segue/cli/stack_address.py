"""Where a command finds the stack that it speaks to."""

from __future__ import annotations

import ipaddress
import shlex
from dataclasses import dataclass
from pathlib import Path

from segue.cli.client import SegueClient
from segue.cli.patience import Patience
from segue.stack.folder import DataFolder, StackState


@dataclass(frozen=True, slots=True)
class StackAddress:
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


def find_stack(address: str | None, data: Path | None, timeout_seconds: float) -> StackAddress:
    """The stack of ``--address``, else the one that runs in the data folder.

    Raises
    ------
    StackNotFound
        When no address is given and no stack runs in the folder.
    """
    if address:
        return StackAddress(address, None, timeout_seconds, ("--address", address))
    state = data_folder(data).running()
    words = () if data is None else ("--data", str(data))
    return StackAddress(state.address, state, timeout_seconds, words)


def data_folder(data: Path | None) -> DataFolder:
    """The folder of ``--data``, else the default one."""
    return DataFolder(data.expanduser().resolve()) if data is not None else DataFolder.default()
