"""Where a command finds the stack that it speaks to."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path

from segue.catalogues import DEFAULT_CATALOGUE
from segue.cli.chosen_catalogue import chosen_catalogue
from segue.cli.client import SegueClient
from segue.cli.patience import Patience
from segue.exposure import is_loopback
from segue.owner_token import token_of
from segue.secret_file import read_secret
from segue.settings import AccessSettings, from_environment
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
    token
        Of the stack's owner; empty when this user is a guest there.
    catalogue
        That is meant; empty: the default one.
    """

    address: str
    state: StackState | None
    timeout_seconds: float
    words: tuple[str, ...] = ()
    token: str = field(default="", repr=False)
    catalogue: str = DEFAULT_CATALOGUE

    def client(self, patience: Patience | None = None) -> SegueClient:
        """A client of the stack; close it after use."""
        return SegueClient(
            self.address,
            timeout_seconds=self.timeout_seconds,
            patience=patience,
            token=self.token,
            catalogue=self.catalogue,
        )

    def command(self, *words: str) -> str:
        """A ``segue`` command that speaks to this stack, as a person types it."""
        return shlex.join(("segue", *words, *self.words))

    @property
    def on_this_machine(self) -> bool:
        """Whether the stack runs on this machine, as far as its address says."""
        if self.state is not None:
            return True
        host = self.address.removeprefix("ipv4:").removeprefix("ipv6:").rpartition(":")[0]
        return is_loopback(host)

    @property
    def reads_files(self) -> bool:
        """Whether the stack can be expected to read this user's files by their paths.

        It has to be on this machine, and this user its owner: a stack reads no files of its
        machine for guests.
        """
        return self.on_this_machine and (self.state is not None or bool(self.token))


def find_stack(address: str | None, data: Path | None, timeout_seconds: float) -> StackAddress:
    """The stack of ``--address``, else the one that runs in the data folder.

    Raises
    ------
    StackNotFound
        When no address is given and no stack runs in the folder.
    SecretFileUnusable
        When the token that the environment names, or the folder's, cannot be read.
    """
    folder = data_folder(data)
    catalogue = chosen_catalogue()
    chosen = ("--catalogue", catalogue) if catalogue else ()
    if address:
        token = _token_for(address, folder)
        words = ("--address", address, *chosen)
        return StackAddress(address, None, timeout_seconds, words, token, catalogue)
    state = folder.running()
    words = chosen if data is None else ("--data", str(data), *chosen)
    token = read_secret(folder.owner_token_file)
    return StackAddress(state.address, state, timeout_seconds, words, token, catalogue)


def _token_for(address: str, folder: DataFolder) -> str:
    """The token for an address: the folder's own is shown to its own stack only."""
    given = token_of(from_environment(AccessSettings))
    state = None if given else folder.read_state()
    if state is None or state.address != address or not folder.held():
        return given
    return read_secret(folder.owner_token_file)


def data_folder(data: Path | None) -> DataFolder:
    """The folder of ``--data``, else the default one."""
    return DataFolder(data.expanduser().resolve()) if data is not None else DataFolder.default()
